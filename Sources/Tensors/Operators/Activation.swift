import CKernels

/// The function that a gated feed-forward layer puts on its gate.
public enum Activation: Sendable {
    /// x · σ(x): SwiGLU.
    case silu
    /// The tanh form of the Gaussian error linear unit: GeGLU as Gemma has it.
    case geluTanh
    /// g · σ(alpha · g) · (u + 1), the gate cut off at `limit` and the other side at ±`limit`: GPT-OSS.
    case clampedSwiGLU(alpha: Float, limit: Float)

    /// `y[i] = activation(gate[i]) · up[i]`, where y may lie on either; what these held may be lost.
    @unsafe func gate(
        _ y: UnsafeMutablePointer<Float>, _ gate: UnsafeMutablePointer<Float>, _ up: UnsafeMutablePointer<Float>,
        _ count: Int
    ) {
        switch self {
        case .silu: unsafe tutti_silu_gate_f32(y, gate, up, count)
        case .geluTanh: unsafe tutti_gelu_gate_f32(y, gate, up, count)
        case .clampedSwiGLU(let alpha, let limit):
            // silu(alpha · g) · (u + 1) / alpha is the same.
            for i in 0..<count {
                unsafe gate[i] = alpha * min(gate[i], limit)
                unsafe up[i] = (max(-limit, min(up[i], limit)) + 1) / alpha
            }
            unsafe tutti_silu_gate_f32(y, gate, up, count)
        }
    }
}

extension Step {
    /// `y = gelu(y)` in place, by the error function itself: BERT's and Whisper's.
    /// - SeeAlso: Hendrycks and Gimpel 2016, arXiv:1606.08415.
    public func gelu(_ y: Tensor) {
        split(y.rows, width: y.width) { rows in
            unsafe tutti_gelu_f32(y.base + rows.lowerBound * y.width, rows.count * y.width)
        }
    }

    /// `y = y · σ(y)`, in place.
    /// - SeeAlso: Elfwing et al. 2017, arXiv:1702.03118.
    public func silu(_ y: Tensor) {
        let ones = scratch(1, y.width)
        unsafe ones.base.update(repeating: 1, count: y.width)
        split(y.rows, width: y.width) { rows in
            for r in rows { unsafe tutti_silu_gate_f32(y.row(r), y.row(r), ones.base, y.width) }
        }
    }

    /// `y = tanh(y)`, in place.
    public func tanh(_ y: Tensor) {
        split(y.rows, width: y.width) { rows in
            unsafe tutti_tanh_f32(y.base + rows.lowerBound * y.width, rows.count * y.width)
        }
    }

    /// `y = tanh(a) · σ(b)` of rows that hold `a` and `b` side by side: WaveNet's gate.
    /// - Parameter x: `[rows, 2 · width]`.
    /// - Returns: `[rows, width]`, in this step's arena.
    /// - SeeAlso: van den Oord et al. 2016, arXiv:1609.03499, equation 2.
    public func tanhGated(_ x: Tensor) -> Tensor {
        precondition(x.width % 2 == 0, "tanhGated: no halves of width \(x.width)")
        let y = scratch(x.rows, x.width / 2)
        split(x.rows, width: x.width) { rows in
            for r in rows { unsafe tutti_tanh_gate_f32(y.row(r), x.row(r), x.row(r) + y.width, y.width) }
        }
        return y
    }

    /// `y = activation(gate) · up`, over `gate`'s memory; what `up` held may be lost.
    /// - SeeAlso: Shazeer 2020, arXiv:2002.05202.
    public func gated(_ gate: Tensor, _ up: Tensor, _ activation: Activation) -> Tensor {
        precondition(gate.rows == up.rows && gate.width == up.width, "gated: shapes differ")
        split(gate.rows, width: gate.width) { rows in
            let gates = unsafe gate.row(rows.lowerBound), ups = unsafe up.row(rows.lowerBound)
            unsafe activation.gate(gates, gates, ups, rows.count * gate.width)
        }
        return gate
    }
}
