internal import CKernels

extension DType {
    /// The bytes of `count` elements, or nil where `count` is negative, breaks a block, or the product overflows.
    public func byteCount(elements count: Int) -> Int? {
        guard count >= 0, count.isMultiple(of: blockElements) else { return nil }
        let (bytes, overflow) = (count / blockElements).multipliedReportingOverflow(by: blockBytes)
        return overflow ? nil : bytes
    }

    /// Writes the float32 values that stored numbers stand for, bit for bit as the formats define them.
    ///
    /// Integers and f64 are rounded to the nearest float. One thread, one pass, no allocation.
    /// - Parameters:
    ///   - blocks: Whole blocks of this format, little-endian, at any alignment.
    ///   - values: As many elements as `blocks` holds.
    /// - Precondition: `blocks.byteCount == byteCount(elements: values.count)`. The loader has checked what comes from
    ///   files; a mismatch here traps.
    public func dequantize(_ blocks: RawSpan, into values: inout MutableSpan<Float>) {
        unsafe blocks.withUnsafeBytes { blocks in
            unsafe values.withUnsafeMutableBufferPointer { values in unsafe dequantize(blocks, into: values) }
        }
    }

    /// As `dequantize(_:into:)` of spans, for callers that hold pointers.
    @unsafe public func dequantize(_ blocks: UnsafeRawBufferPointer, into values: UnsafeMutableBufferPointer<Float>) {
        let count = values.count
        precondition(
            byteCount(elements: count) == blocks.count,
            "dequantize: \(blocks.count) bytes of \(name) for \(count) values"
        )
        guard let source = blocks.baseAddress, let target = values.baseAddress else { return }
        switch self {
        case .f32: unsafe UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: blocks.count)
        case .f16: unsafe tutti_dequantize_f16(source, target, count)
        case .bf16: unsafe tutti_dequantize_bf16(source, target, count)
        case .q4_0: unsafe tutti_dequantize_q4_0(source, target, count)
        case .q4_1: unsafe tutti_dequantize_q4_1(source, target, count)
        case .q5_0: unsafe tutti_dequantize_q5_0(source, target, count)
        case .q5_1: unsafe tutti_dequantize_q5_1(source, target, count)
        case .q8_0: unsafe tutti_dequantize_q8_0(source, target, count)
        case .mxfp4: unsafe tutti_dequantize_mxfp4(source, target, count)
        case .q2K: unsafe tutti_dequantize_q2_k(source, target, count)
        case .q3K: unsafe tutti_dequantize_q3_k(source, target, count)
        case .q4K: unsafe tutti_dequantize_q4_k(source, target, count)
        case .q5K: unsafe tutti_dequantize_q5_k(source, target, count)
        case .q6K: unsafe tutti_dequantize_q6_k(source, target, count)
        case .iq4NL: unsafe tutti_dequantize_iq4_nl(source, target, count)
        case .iq4XS: unsafe tutti_dequantize_iq4_xs(source, target, count)
        case .i8: unsafe convert(blocks, Int8.self, values) { Float($0) }
        case .i16: unsafe convert(blocks, Int16.self, values) { Float(Int16(littleEndian: $0)) }
        case .i32: unsafe convert(blocks, Int32.self, values) { Float(Int32(littleEndian: $0)) }
        case .i64: unsafe convert(blocks, Int64.self, values) { Float(Int64(littleEndian: $0)) }
        case .f64: unsafe convert(blocks, UInt64.self, values) { Float(Double(bitPattern: UInt64(littleEndian: $0))) }
        }
    }

    private func convert<Stored: BitwiseCopyable>(
        _ blocks: UnsafeRawBufferPointer, _: Stored.Type, _ values: UnsafeMutableBufferPointer<Float>,
        _ value: (Stored) -> Float
    ) {
        for i in 0..<values.count {
            let stored = unsafe blocks.loadUnaligned(fromByteOffset: i * MemoryLayout<Stored>.size, as: Stored.self)
            unsafe values[i] = value(stored)
        }
    }
}
