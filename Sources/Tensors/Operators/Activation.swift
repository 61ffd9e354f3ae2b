import CKernels

/// The function that a gated feed-forward layer puts on its gate.
public enum Activation: Sendable {
    /// x · σ(x): SwiGLU.
    case silu
    /// The tanh form of the Gaussian error linear unit: GeGLU as Gemma has it.
    case geluTanh
}

extension Step {
    /// `y = gelu(y)` in place, by the error function itself: BERT's and Whisper's.
    /// - SeeAlso: Hendrycks and Gimpel 2016, arXiv:1606.08415.
    public func gelu(_ y: Tensor) {
        split(y.rows, width: y.width) { rows in
            unsafe tutti_gelu_f32(y.base + rows.lowerBound * y.width, rows.count * y.width)
        }
    }

    /// `y = activation(gate) · up`, over `gate`'s memory.
    /// - SeeAlso: Shazeer 2020, arXiv:2002.05202.
    public func gated(_ gate: Tensor, _ up: Tensor, _ activation: Activation) -> Tensor {
        precondition(gate.rows == up.rows && gate.width == up.width, "gated: shapes differ")
        split(gate.rows, width: gate.width) { rows in
            let from = rows.lowerBound * gate.width, count = rows.count * gate.width
            switch activation {
            case .silu: unsafe tutti_silu_gate_f32(gate.base + from, gate.base + from, up.base + from, count)
            case .geluTanh: unsafe tutti_gelu_gate_f32(gate.base + from, gate.base + from, up.base + from, count)
            }
        }
        return gate
    }
}
