import CKernels

extension Step {
    /// Root-mean-square normalisation, `y[r, i] = x[r, i] / √(mean(x[r]²) + ε) · weight[i]`, summed in float32.
    /// - Parameters:
    ///   - x: `[rows, width]`.
    ///   - weight: `width` numbers.
    ///   - epsilon: The checkpoint's own value, 1e-6 to 1e-5.
    /// - Returns: `[rows, width]`, in this step's arena.
    /// - SeeAlso: Zhang and Sennrich 2019, arXiv:1910.07467, equation 4.
    public func rmsNorm(_ x: Tensor, _ weight: [Float], epsilon: Float) -> Tensor {
        precondition(weight.count == x.width, "rmsNorm: \(weight.count) weights for width \(x.width)")
        let y = scratch(x.rows, x.width)
        unsafe weight.withUnsafeBufferPointer { weight in
            split(x.rows, width: x.width) { rows in
                for r in rows {
                    unsafe tutti_rms_norm_f32(y.row(r), x.row(r), weight.baseAddress, x.width, epsilon)
                }
            }
        }
        return y
    }

    /// Layer normalisation, `y[r, i] = (x[r, i] - mean(x[r])) / √(variance(x[r]) + ε) · weight[i] + bias[i]`.
    /// - Parameters:
    ///   - x: `[rows, width]`.
    ///   - weight: `width` numbers; `bias` as many, or nil.
    ///   - epsilon: The checkpoint's own value, 1e-12 to 1e-5.
    ///   - y: Where the result goes, which may be `x`.
    /// - SeeAlso: Ba et al. 2016, arXiv:1607.06450.
    public func layerNorm(_ x: Tensor, _ weight: [Float], _ bias: [Float]?, epsilon: Float, into y: Tensor) {
        precondition(weight.count == x.width, "layerNorm: \(weight.count) weights for width \(x.width)")
        precondition(bias?.count ?? x.width == x.width, "layerNorm: a bias of another width than \(x.width)")
        precondition(y.rows == x.rows && y.width == x.width, "layerNorm: into another shape")
        unsafe weight.withUnsafeBufferPointer { weight in
            split(x.rows, width: x.width) { rows in
                for r in rows {
                    if let bias {
                        unsafe tutti_layer_norm_f32(y.row(r), x.row(r), weight.baseAddress, bias, x.width, epsilon)
                    } else {
                        unsafe tutti_layer_norm_f32(y.row(r), x.row(r), weight.baseAddress, nil, x.width, epsilon)
                    }
                }
            }
        }
    }

    /// Group normalisation with one group: one mean and one variance for all of `x`, in place.
    /// `x[r, i] = (x[r, i] - mean(x)) / √(variance(x) + ε) · gain[i] + shift[i]`, summed in double.
    /// - Parameters:
    ///   - x: `[rows, width]`, at least one row.
    ///   - gain: `width` numbers, and `shift` as many.
    /// - SeeAlso: Wu and He 2018, arXiv:1803.08494.
    public func groupNorm(_ x: Tensor, gain: [Float], shift: [Float], epsilon: Float) {
        precondition(x.count > 0 && gain.count == x.width && shift.count == x.width, "groupNorm: \(x.width) channels")
        // Of each row the sum and the sum of squares.
        let sums = scratch(x.rows, 2)
        split(x.rows, width: x.width) { rows in
            for r in rows {
                let values = unsafe x.row(r), sum = unsafe sums.row(r)
                var total = SIMD4<Float>(), squares = SIMD4<Float>()
                for i in stride(from: 0, to: x.width - 3, by: 4) {
                    let four = unsafe UnsafeRawPointer(values + i).loadUnaligned(as: SIMD4<Float>.self)
                    total += four
                    squares += four * four
                }
                unsafe sum[0] = total.sum()
                unsafe sum[1] = squares.sum()
                for i in x.width / 4 * 4..<x.width {
                    unsafe sum[0] += values[i]
                    unsafe sum[1] += values[i] * values[i]
                }
            }
        }
        var total = 0.0, squares = 0.0
        for r in 0..<x.rows {
            unsafe total += Double(sums.row(r)[0])
            unsafe squares += Double(sums.row(r)[1])
        }
        let mean = total / Double(x.count), variance = max(0, squares / Double(x.count) - mean * mean)
        let factor = 1 / (variance + Double(epsilon)).squareRoot()
        let gains = gain.map { Float(Double($0) * factor) }
        let shifts = zip(gain, shift).map { Float(Double($1) - mean * factor * Double($0)) }
        unsafe gains.withUnsafeBufferPointer { gains in
            unsafe shifts.withUnsafeBufferPointer { shifts in
                split(x.rows, width: x.width) { rows in
                    for r in rows {
                        let values = unsafe x.row(r)
                        for i in 0..<x.width { unsafe values[i] = values[i] * gains[i] + shifts[i] }
                    }
                }
            }
        }
    }

    /// The same within each head: every `weight.count` numbers of a row are normalised by themselves, in place.
    /// - SeeAlso: Dehghani et al. 2023, arXiv:2302.05442, section 2 (QK normalisation).
    public func rmsNormHeads(_ x: Tensor, _ weight: [Float], epsilon: Float) {
        let width = weight.count
        precondition(x.width % width == 0, "rmsNormHeads: heads of \(width) in width \(x.width)")
        unsafe weight.withUnsafeBufferPointer { weight in
            split(x.rows, width: x.width) { rows in
                for r in rows {
                    for head in stride(from: 0, to: x.width, by: width) {
                        let at = unsafe x.row(r) + head
                        unsafe tutti_rms_norm_f32(at, at, weight.baseAddress, width, epsilon)
                    }
                }
            }
        }
    }
}
