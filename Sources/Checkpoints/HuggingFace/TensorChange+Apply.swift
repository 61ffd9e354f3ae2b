import TuttiTensors

extension TensorChange {
    /// Writes the changed tensor: `byteCount` bytes from `target` on.
    /// - Parameters:
    ///   - sources: The tensors that it is made of, all of one `shape` and `dtype`, which are plain numbers
    ///     (for `mxfp4` the nibbles, whose shape it is, and the exponents).
    ///   - byteCount: What the changed tensor takes; that of `plusOne` is of float32.
    /// - Precondition: The shapes fit, as `TranslatedCheckpoint` has checked.
    @unsafe func apply(
        to sources: [TensorContents], shape: [Int], dtype: DType, into target: UnsafeMutableRawPointer, byteCount: Int
    ) {
        let size = dtype.blockBytes, source = unsafe sources[0].bytes
        guard byteCount > 0, let base = source.baseAddress else { return }
        defer { withExtendedLifetime(sources) {} }
        switch self {
        case .none: unsafe target.copyMemory(from: base, byteCount: byteCount)
        case .stacked, .joined:
            for (index, source) in sources.enumerated() {
                guard let base = unsafe source.bytes.baseAddress else { continue }
                let count = unsafe source.bytes.count
                unsafe (target + index * count).copyMemory(from: base, byteCount: count)
            }
        case .frames:
            let planeBytes = shape[2] * shape[3] * size
            for (frame, source) in sources.enumerated() {
                guard let base = unsafe source.bytes.baseAddress else { continue }
                for plane in 0..<shape[0] * shape[1] {
                    let to = (plane * sources.count + frame) * planeBytes
                    unsafe (target + to).copyMemory(from: base + plane * planeBytes, byteCount: planeBytes)
                }
            }
        case .rows(let range):
            let rowBytes = source.count / max(1, shape[0])
            unsafe target.copyMemory(from: base + range.lowerBound * rowBytes, byteCount: byteCount)
        case .neighbouringPairs(let heads):
            let rows = shape[0], rowBytes = source.count / rows, width = rows / heads
            for row in 0..<rows {
                let head = row / width, place = row % width
                // Row 2i comes from the first half, row 2i + 1 from the second.
                let from = head * width + place / 2 + (place % 2) * (width / 2)
                unsafe (target + row * rowBytes).copyMemory(from: base + from * rowBytes, byteCount: rowBytes)
            }
        case .transposed(let first, let step):
            let inputs = shape[1], outputs = shape[2] / step
            for expert in 0..<shape[0] {
                for output in 0..<outputs {
                    for input in 0..<inputs {
                        let from = (expert * inputs + input) * shape[2] + output * step + first
                        let to = (expert * outputs + output) * inputs + input
                        unsafe (target + to * size).copyMemory(from: base + from * size, byteCount: size)
                    }
                }
            }
        case .columns(let first, let step):
            for index in 0..<byteCount / size {
                unsafe (target + index * size).copyMemory(from: base + (index * step + first) * size, byteCount: size)
            }
        case .mxfp4(let first, let step):
            guard sources.count == 2, let scales = unsafe sources[1].bytes.baseAddress else { return }
            let blocks = shape[2], rows = shape[1] / step, half = 8
            for expert in 0..<shape[0] {
                for row in 0..<rows {
                    let from = (expert * shape[1] + row * step + first) * blocks, to = (expert * rows + row) * blocks
                    for block in 0..<blocks {
                        let nibbles = unsafe base + (from + block) * 2 * half
                        let out = unsafe target + (to + block) * (1 + 2 * half)
                        let scale = unsafe scales.load(fromByteOffset: from + block, as: UInt8.self)
                        unsafe out.storeBytes(of: scale, as: UInt8.self)
                        // Byte j holds numbers 2j and 2j + 1 there, and j and j + 16 here.
                        for j in 0..<half {
                            let low = unsafe nibbles.load(fromByteOffset: j, as: UInt8.self)
                            let high = unsafe nibbles.load(fromByteOffset: j + half, as: UInt8.self)
                            let even = low & 15 | high << 4, odd = low >> 4 | high & 0xf0
                            unsafe out.storeBytes(of: even, toByteOffset: 1 + 2 * j, as: UInt8.self)
                            unsafe out.storeBytes(of: odd, toByteOffset: 2 + 2 * j, as: UInt8.self)
                        }
                    }
                }
            }
        case .plusOne:
            let count = byteCount / MemoryLayout<Float>.size
            let values = unsafe target.bindMemory(to: Float.self, capacity: count)
            unsafe dtype.dequantize(source, into: UnsafeMutableBufferPointer(start: values, count: count))
            for index in 0..<count { unsafe values[index] += 1 }
        }
    }
}
