public import TuttiTensors

/// A matrix of weights, and a bias where the model has one.
public struct Linear: Sendable {
    public let matrix: PackedMatrix
    public let bias: [Float]?

    public init(matrix: PackedMatrix, bias: [Float]?) { (self.matrix, self.bias) = (matrix, bias) }

    /// `x · Wᵀ + b`: `[rows, in]` to `[rows, out]`.
    public func callAsFunction(_ x: Tensor, _ step: Step) -> Tensor { Linear.together([self], x, step)[0] }

    /// Several products of one input, which cost the price of one.
    public static func together(_ layers: [Linear], _ x: Tensor, _ step: Step) -> [Tensor] {
        let outputs = step.linear(x, layers.map(\.matrix))
        for (layer, output) in zip(layers, outputs) {
            if let bias = layer.bias { step.add(bias: bias, to: output) }
        }
        return outputs
    }
}
