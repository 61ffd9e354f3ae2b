import CKernels

/// The function between the two layers of a feed-forward part that has no gate.
public enum PointActivation: Sendable, Equatable {
    /// The Gaussian error linear unit, by the error function itself.
    case gelu
    /// Its tanh form: SigLIP's.
    case geluTanh
    /// x · σ(1.702 · x), which CLIP was trained with.
    case quickGelu
}

extension Step {
    /// `y = activation(y)`, in place.
    /// - SeeAlso: Hendrycks and Gimpel 2016, arXiv:1606.08415, which has all three.
    public func activate(_ y: Tensor, _ activation: PointActivation) {
        switch activation {
        case .gelu: gelu(y)
        case .geluTanh: unsafe eachStretch(y, up: 1) { unsafe tutti_gelu_gate_f32($0, $0, $1, $2) }
        case .quickGelu:
            // silu(a · y) / a is the same.
            let slope: Float = 1.702
            unsafe eachStretch(y, up: 1 / slope) { at, up, count in
                unsafe tutti_scale_f32(at, slope, count)
                unsafe tutti_silu_gate_f32(at, at, up, count)
            }
        }
    }

    /// Calls `body` with every stretch of `y`, as many numbers that are all `up`, and how many there are.
    private func eachStretch(
        _ y: Tensor, up: Float,
        _ body: @escaping (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int) -> Void
    ) {
        let length = 2048, ups = scratch(1, length)
        unsafe ups.base.update(repeating: up, count: length)
        split(y.rows, width: y.width) { rows in
            let end = rows.upperBound * y.width
            for first in stride(from: rows.lowerBound * y.width, to: end, by: length) {
                unsafe body(y.base + first, ups.base, min(length, end - first))
            }
        }
    }
}
