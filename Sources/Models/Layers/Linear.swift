public import TuttiTensors

/// A matrix of weights, and a bias where the model has one.
public struct Linear: Sendable {
    public let matrix: PackedMatrix
    public let bias: [Float]?

    public init(matrix: PackedMatrix, bias: [Float]?) { (self.matrix, self.bias) = (matrix, bias) }

    /// `x · Wᵀ + b`: `[rows, in]` to `[rows, out]`; `activation` of it, where there is one.
    public func callAsFunction(_ x: Tensor, _ step: Step, activation: PointActivation? = nil) -> Tensor {
        step.linear(x, matrix, LinearTail(bias: bias, activation: activation))
    }

    /// Adds `x · Wᵀ + b` to `sum`, `[rows, out]`, in place.
    public func callAsFunction(_ x: Tensor, addedTo sum: Tensor, _ step: Step) {
        _ = step.linear(x, matrix, LinearTail(bias: bias, sum: sum))
    }

    /// Several products of one input, which cost the price of one.
    public static func together(_ layers: [Linear], _ x: Tensor, _ step: Step) -> [Tensor] {
        step.linear(x, layers.map(\.matrix), layers.map { LinearTail(bias: $0.bias) })
    }
}
