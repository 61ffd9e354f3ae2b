public import TuttiTensors

/// The gated feed-forward layer: `down(activation(gate(x)) · up(x))`. SwiGLU with `silu`, GeGLU with `geluTanh`.
public struct GatedMLP: FeedForward {
    let gate: Linear
    let up: Linear
    let down: Linear
    let activation: Activation

    /// - Parameter prefix: The block's name, such as `blk.0`. Where it has no `ffn_gate`, the gate lies above `ffn_up`.
    public init(_ weights: WeightReader, _ prefix: String, _ shape: DecoderShape, _ activation: Activation) throws {
        let inner = shape.feedForward
        if weights.contains("\(prefix).ffn_gate.weight") {
            gate = try weights.linear("\(prefix).ffn_gate", rows: inner, columns: shape.hidden)
            up = try weights.linear("\(prefix).ffn_up", rows: inner, columns: shape.hidden)
        } else {
            let parts = try weights.parts("\(prefix).ffn_up", rows: [inner, inner], columns: shape.hidden)
            (gate, up) = (parts[0], parts[1])
        }
        down = try weights.linear("\(prefix).ffn_down", rows: shape.hidden, columns: inner)
        self.activation = activation
    }

    init(gate: Linear, up: Linear, down: Linear, _ activation: Activation) {
        (self.gate, self.up, self.down, self.activation) = (gate, up, down, activation)
    }

    public func callAsFunction(_ x: Tensor, _ step: Step) -> Tensor {
        down(step.gatedLinear(x, gate: gate.matrix, gate.bias, up: up.matrix, up.bias, activation), step)
    }
}
