import TuttiTensors

/// The gated feed-forward layer: `down(activation(gate(x)) · up(x))`. SwiGLU with `silu`, GeGLU with `geluTanh`.
struct GatedMLP: Sendable {
    let gate: Linear
    let up: Linear
    let down: Linear
    let activation: Activation

    init(_ weights: WeightReader, _ prefix: String, _ shape: DecoderShape, _ activation: Activation) throws {
        gate = try weights.linear("\(prefix).ffn_gate", rows: shape.feedForward, columns: shape.hidden)
        up = try weights.linear("\(prefix).ffn_up", rows: shape.feedForward, columns: shape.hidden)
        down = try weights.linear("\(prefix).ffn_down", rows: shape.hidden, columns: shape.feedForward)
        self.activation = activation
    }

    func callAsFunction(_ x: Tensor, _ step: Step) -> Tensor {
        let parts = Linear.together([gate, up], x, step)
        return down(step.gated(parts[0], parts[1], activation), step)
    }
}
