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
