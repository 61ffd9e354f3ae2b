import TuttiTensors

/// Root-mean-square normalisation with a gain.
struct RMSNorm: Sendable {
    let weight: [Float]
    let epsilon: Float

    func callAsFunction(_ x: Tensor, _ step: Step) -> Tensor { step.rmsNorm(x, weight, epsilon: epsilon) }

    /// Over every head by itself, in place.
    func overHeads(_ x: Tensor, _ step: Step) { step.rmsNormHeads(x, weight, epsilon: epsilon) }
}
