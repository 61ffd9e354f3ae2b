public import TuttiTensors

/// The part of a block that computes every row by itself: `[rows, hidden]` to the same.
public protocol FeedForward: Sendable {
    func callAsFunction(_ x: Tensor, _ step: Step) -> Tensor
}
