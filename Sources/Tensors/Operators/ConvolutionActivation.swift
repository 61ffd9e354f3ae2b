import CKernels

/// What becomes of a convolution's sums before they are written.
public enum ConvolutionActivation: Sendable, Equatable {
    case none, relu
    /// Negative ones are multiplied by a slope from 0 to 1.
    case leaky(Float)
    /// min(max(x, low), high): 0 and 6 make ReLU6.
    case clip(Float, Float)
    /// x · min(max(x / 6 + ½, 0), 1)
    case hardSwish
    /// min(max(alpha · x + beta, 0), 1)
    case hardSigmoid(alpha: Float, beta: Float)
    case sigmoid
    /// x · σ(x)
    case silu
    /// By the error function itself.
    case gelu

    /// A kernel's call that does this, and nothing else yet.
    @unsafe var call: tutti_convolution {
        var call = unsafe tutti_convolution()
        unsafe call.slope = 1
        unsafe call.activation = TUTTI_LEAKY
        switch self {
        case .none: break
        case .relu: unsafe call.slope = 0
        case .leaky(let slope): unsafe call.slope = slope
        case .clip(let low, let high):
            unsafe call.activation = TUTTI_CLIP
            unsafe (call.low, call.high) = (low, high)
        case .hardSwish: unsafe call.activation = TUTTI_HARD_SWISH
        case .hardSigmoid(let alpha, let beta):
            unsafe call.activation = TUTTI_HARD_SIGMOID
            unsafe (call.low, call.high) = (alpha, beta)
        case .sigmoid: unsafe call.activation = TUTTI_SIGMOID
        case .silu: unsafe call.activation = TUTTI_SILU
        case .gelu: unsafe call.activation = TUTTI_GELU
        }
        return unsafe call
    }
}

extension Step {
    /// `y = activation(y)`, in place.
    public func activate(_ y: Tensor, _ activation: ConvolutionActivation) {
        if activation == .none { return }
        split(y.rows, width: y.width) { rows in
            var call = unsafe activation.call
            unsafe tutti_activate_f32(&call, y.base + rows.lowerBound * y.width, rows.count * y.width)
        }
    }
}
