public import TuttiTensors

/// Root-mean-square normalisation with a gain.
public struct RMSNorm: Sendable {
    public let weight: [Float]
    public let epsilon: Float

    public init(weight: [Float], epsilon: Float) { (self.weight, self.epsilon) = (weight, epsilon) }

    public func callAsFunction(_ x: Tensor, _ step: Step) -> Tensor { step.rmsNorm(x, weight, epsilon: epsilon) }

    /// Over every head by itself, in place: over each stretch of a row that is as long as the gain.
    public func overHeads(_ x: Tensor, _ step: Step) { step.rmsNormHeads(x, weight, epsilon: epsilon) }
}
