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
