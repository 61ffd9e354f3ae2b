import CKernels

/// The function between the two layers of a feed-forward part that has no gate.
public enum PointActivation: Sendable, Equatable {
    /// The Gaussian error linear unit, by the error function itself.
    case gelu
    /// Its tanh form: SigLIP's.
    case geluTanh
    /// x · σ(1.702 · x), which CLIP was trained with.
    case quickGelu

    /// Over `count` numbers, in place.
    @unsafe func apply(_ y: UnsafeMutablePointer<Float>, _ count: Int) {
        switch self {
        case .gelu: unsafe tutti_gelu_f32(y, count)
        case .geluTanh: unsafe tutti_gelu_tanh_f32(y, count)
        case .quickGelu: unsafe tutti_quick_gelu_f32(y, count)
        }
    }
}

extension Step {
    /// `y = activation(y)`, in place.
    /// - SeeAlso: Hendrycks and Gimpel 2016, arXiv:1606.08415, which has all three.
    public func activate(_ y: Tensor, _ activation: PointActivation) {
        split(y.rows, width: y.width) { rows in
            unsafe activation.apply(y.base + rows.lowerBound * y.width, rows.count * y.width)
        }
    }
}
