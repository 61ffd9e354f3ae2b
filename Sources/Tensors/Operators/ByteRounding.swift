import CKernels

extension Step {
    /// Numbers rounded to bytes with one scale and zero point for all, by which they reach just as far as the numbers
    /// and
    /// zero do: `x ≈ scale · (value - zero)`.
    /// - SeeAlso: ONNX's operator DynamicQuantizeLinear.
    public func rounded(_ x: [Float]) -> (values: [UInt8], scale: Float, zero: UInt8) {
        let total = x.count, chunk = 1 << 14, chunks = (total + chunk - 1) / chunk
        guard total > 0 else { return ([], 1, 0) }
        return unsafe x.withUnsafeBufferPointer { x in
            guard let x = x.baseAddress else { return ([], 1, 0) }
            var lows = [Float](repeating: 0, count: chunks), highs = lows
            unsafe lows.withUnsafeMutableBufferPointer { lows in
                unsafe highs.withUnsafeMutableBufferPointer { highs in
                    guard let lows = lows.baseAddress, let highs = highs.baseAddress else { return }
                    pool.run(chunks) { index, _ in
                        let count = min(chunk, total - index * chunk)
                        unsafe tutti_range_f32(x + index * chunk, count, lows + index, highs + index)
                    }
                }
            }
            let low = lows.reduce(0, min), high = highs.reduce(0, max)
            let scale = high > low ? (high - low) / 255 : 1
            // With an infinity among the numbers there is no sensible zero point; the results are none anyhow.
            let zero = scale.isFinite ? max(0, min(255, (-low / scale).rounded(.toNearestOrEven))) : 0
            // The kernel fills up to a multiple of four.
            let values = unsafe [UInt8](unsafeUninitializedCapacity: total + 3) { values, initialized in
                if let base = values.baseAddress {
                    pool.run(chunks) { index, _ in
                        let count = min(chunk, total - index * chunk), to = unsafe base + index * chunk
                        unsafe to.withMemoryRebound(to: Int8.self, capacity: count) { signed in
                            _ = unsafe tutti_round_bytes(x + index * chunk, count, scale, Int32(zero) - 128, signed)
                        }
                        for place in 0..<count { unsafe to[place] ^= 0x80 }
                    }
                }
                initialized = total
            }
            return (values, scale, UInt8(zero))
        }
    }
}
