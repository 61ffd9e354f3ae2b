import TuttiTensors

/// Layer normalisation with a gain and, where the model has one, a shift.
struct LayerNorm: Sendable {
    let weight: [Float]
    let bias: [Float]?
    let epsilon: Float

    /// Over `x`, `[rows, width]`, into the step's arena.
    func callAsFunction(_ x: Tensor, _ step: Step) -> Tensor {
        let y = step.scratch(x.rows, x.width)
        step.layerNorm(x, weight, bias, epsilon: epsilon, into: y)
        return y
    }

    /// Over `x`, `[rows, width]`, in place.
    func inPlace(_ x: Tensor, _ step: Step) { step.layerNorm(x, weight, bias, epsilon: epsilon, into: x) }
}

extension WeightReader {
    func layerNorm(_ name: String, width: Int, epsilon: Float) throws -> LayerNorm {
        let bias = contains("\(name).bias") ? try vector("\(name).bias", count: width) : nil
        return LayerNorm(weight: try vector("\(name).weight", count: width), bias: bias, epsilon: epsilon)
    }
}
