internal import CKernels

extension DType {
    /// Whether numbers can be stored in this format here; every format of weights can be read.
    public var canQuantize: Bool {
        switch self {
        case .f32, .f16, .bf16, .q4_0, .q4_1, .q5_0, .q5_1, .q8_0, .q4K, .q5K, .q6K, .iq4NL: true
        case .q2K, .q3K, .iq4XS, .mxfp4, .i8, .i16, .i32, .i64, .f64: false
        }
    }

    /// Stores float32 values in blocks of this format, as near to them as the format allows.
    ///
    /// Q4_0, Q5_0 and Q8_0 take their scale from the value farthest from zero, Q4_1 and Q5_1 from the least and the
    /// largest; the scales of IQ4_NL, Q4_K, Q5_K and Q6_K are searched for the least weighted square error. The same
    /// values give the same bytes on every CPU. One thread, one pass, no allocation.
    /// - Parameters:
    ///   - values: Finite numbers, whole blocks of them; those that are not finite give some block.
    ///   - blocks: Room for just those, little-endian, at any alignment.
    /// - Precondition: `canQuantize`, and `blocks.byteCount == byteCount(elements: values.count)`.
    public func quantize(_ values: Span<Float>, into blocks: inout MutableRawSpan) {
        unsafe values.withUnsafeBufferPointer { values in
            unsafe blocks.withUnsafeMutableBytes { blocks in unsafe quantize(values, into: blocks) }
        }
    }

    /// As `quantize(_:into:)` of spans, for callers that hold pointers.
    @unsafe public func quantize(_ values: UnsafeBufferPointer<Float>, into blocks: UnsafeMutableRawBufferPointer) {
        let count = values.count
        precondition(
            byteCount(elements: count) == blocks.count,
            "quantize: \(count) values into \(blocks.count) bytes of \(name)")
        guard let source = values.baseAddress, let target = blocks.baseAddress else { return }
        switch self {
        case .f32: unsafe target.copyMemory(from: source, byteCount: blocks.count)
        case .f16: unsafe tutti_quantize_f16(source, target, count)
        case .bf16: unsafe tutti_quantize_bf16(source, target, count)
        case .q4_0: unsafe tutti_quantize_q4_0(source, target, count)
        case .q4_1: unsafe tutti_quantize_q4_1(source, target, count)
        case .q5_0: unsafe tutti_quantize_q5_0(source, target, count)
        case .q5_1: unsafe tutti_quantize_q5_1(source, target, count)
        case .q8_0: unsafe tutti_quantize_q8_0(source, target, count)
        case .iq4NL: unsafe tutti_quantize_iq4_nl(source, target, count)
        case .q4K: unsafe tutti_quantize_q4_k(source, target, count)
        case .q5K: unsafe tutti_quantize_q5_k(source, target, count)
        case .q6K: unsafe tutti_quantize_q6_k(source, target, count)
        case .q2K, .q3K, .iq4XS, .mxfp4, .i8, .i16, .i32, .i64, .f64:
            preconditionFailure("numbers are not stored as \(name) here")
        }
    }

    /// Whether numbers can be stored in this format and come back as numbers: no infinity or NaN, which would spoil a
    /// whole block, and for f16 nothing above 65504.
    @unsafe package func canHold(_ values: UnsafeBufferPointer<Float>) -> Bool {
        guard let base = values.baseAddress else { return true }
        let largest: Float = self == .f16 ? 65504 : .greatestFiniteMagnitude
        return unsafe tutti_all_within(base, values.count, largest) != 0
    }
}
