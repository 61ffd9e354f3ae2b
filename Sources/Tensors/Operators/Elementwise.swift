import CKernels

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension Step {
    /// `y += x`, in place.
    public func add(_ x: Tensor, to y: Tensor) {
        precondition(x.rows == y.rows && x.width == y.width, "add: \(x.rows) × \(x.width) to \(y.rows) × \(y.width)")
        split(x.rows, width: x.width) { rows in
            unsafe tutti_add_f32(
                y.base + rows.lowerBound * y.width, x.base + rows.lowerBound * x.width, rows.count * x.width)
        }
    }

    /// Adds `bias` to every row of `y`, in place.
    public func add(bias: [Float], to y: Tensor) {
        precondition(bias.count == y.width, "bias of \(bias.count) for width \(y.width)")
        unsafe bias.withUnsafeBufferPointer { bias in
            guard let base = bias.baseAddress else { return }
            split(y.rows, width: y.width) { rows in
                for r in rows { unsafe tutti_add_f32(y.row(r), base, y.width) }
            }
        }
    }

    /// `y *= factor`, in place.
    public func scale(_ y: Tensor, by factor: Float) {
        split(y.rows, width: y.width) { rows in
            unsafe tutti_scale_f32(y.base + rows.lowerBound * y.width, factor, rows.count * y.width)
        }
    }

    /// `y = cap · tanh(y / cap)`, in place: scores that never leave ±cap.
    /// - SeeAlso: Gemma 2, arXiv:2408.00118, section 2.
    public func softCap(_ y: Tensor, _ cap: Float) {
        split(y.rows, width: y.width) { rows in
            unsafe tutti_soft_cap_f32(y.base + rows.lowerBound * y.width, cap, rows.count * y.width)
        }
    }
}

extension Step {
    /// Softmax of every row of `y`, in place: `exp(y[r, i]) / Σ exp(y[r])`.
    public func softmax(_ y: Tensor) {
        split(y.rows, width: y.width) { rows in
            for r in rows { unsafe tutti_softmax_f32(y.row(r), y.width) }
        }
    }

    /// `y = sin(y)`, in place, on the calling thread.
    @unsafe public static func sine(_ y: UnsafeMutableBufferPointer<Float>) {
        guard let base = y.baseAddress else { return }
        unsafe tutti_sin_f32(base, y.count)
    }
}

extension Span<Float> {
    /// The index of the greatest number, of equals the first; nil where any is not a number, or there is none.
    public var indexOfGreatest: Int? {
        let index = unsafe withUnsafeBufferPointer { unsafe tutti_argmax_f32($0.baseAddress, $0.count) }
        return index < 0 ? nil : index
    }

    /// The largest number; minus infinity where there is none.
    public var greatest: Float {
        isEmpty ? -.infinity : unsafe withUnsafeBufferPointer { unsafe tutti_max_f32($0.baseAddress, $0.count) }
    }

    /// log Σ exp(x), by which logits become logarithms of probabilities; minus infinity where all are.
    public var logSumExp: Float {
        let top = greatest
        guard top > -.infinity else { return top }
        let sum = unsafe withUnsafeBufferPointer { unsafe tutti_sum_exp_f32($0.baseAddress, top, $0.count) }
        return top + log(sum)
    }

    /// Softmax: what logits say as probabilities.
    public var probabilities: [Float] {
        let all = logSumExp
        return indices.map { exp(self[$0] - all) }
    }
}
