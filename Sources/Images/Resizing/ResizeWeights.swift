/// For each pixel of a resized row or column: which pixels it is made of, and how much of each.
struct ResizeWeights {
    /// The first pixel of each.
    let starts: [Int]
    let counts: [Int]
    /// `[starts.count, stride]`: the weights in fixed point, zeros behind each one's count.
    private let weights: [Int32]
    private let stride: Int

    /// Bits behind the point: 32 less 8 of a value and 2 for what overshoots.
    private static let fraction: Int32 = 22

    /// - Parameters:
    ///   - start: Where the part of the source begins that is resized, and `end` where it ends.
    ///   - size: Pixels of the source.
    ///   - count: Pixels of the result.
    init(_ filter: ResizeFilter, from start: Double, to end: Double, of size: Int, count: Int) {
        let scale = (end - start) / Double(count), stretch = max(scale, 1)
        let support = filter.support * stretch
        stride = Int(support.rounded(.up)) * 2 + 1
        var starts: [Int] = [], counts: [Int] = [], weights = [Int32](repeating: 0, count: count * stride)
        for index in 0..<count {
            let center = start + (Double(index) + 0.5) * scale
            let first = max(0, Int(center - support + 0.5))
            let last = min(size, Int(center + support + 0.5))
            let exact = (first..<last).map { filter.weight((Double($0) - center + 0.5) / stretch) }
            let sum = exact.reduce(0, +)
            for (place, weight) in exact.enumerated() {
                let scaled = (sum == 0 ? weight : weight / sum) * Double(1 << Self.fraction)
                weights[index * stride + place] = Int32(scaled + (scaled < 0 ? -0.5 : 0.5))
            }
            starts.append(first)
            counts.append(last - first)
        }
        (self.starts, self.counts, self.weights) = (starts, counts, weights)
    }

    private static func clipped(_ sum: Int32) -> UInt8 { UInt8(truncatingIfNeeded: max(0, min(255, sum >> fraction))) }

    /// Resizes rows. `pixels`: `[height, width, 3]`; returns `[rows.count, starts.count, 3]`.
    func applied(across pixels: [UInt8], width: Int, rows: Range<Int>) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: rows.count * starts.count * 3)
        var target = result.mutableSpan, place = 0
        let source = pixels.span, weights = weights.span, starts = starts.span, counts = counts.span
        let half: Int32 = 1 << (Self.fraction - 1)
        for row in rows {
            let row = source.extracting(row * width * 3..<(row + 1) * width * 3)
            for index in starts.indices {
                var (red, green, blue) = (half, half, half)
                var from = 3 * starts[index], weight = index * stride
                for _ in 0..<counts[index] {
                    let factor = weights[weight]
                    red &+= factor &* Int32(row[from])
                    green &+= factor &* Int32(row[from + 1])
                    blue &+= factor &* Int32(row[from + 2])
                    from += 3
                    weight += 1
                }
                target[place] = Self.clipped(red)
                target[place + 1] = Self.clipped(green)
                target[place + 2] = Self.clipped(blue)
                place += 3
            }
        }
        return result
    }

    /// Resizes columns. `pixels`: rows of `rowBytes`, the first of them number `firstRow`; returns `[starts.count, rowBytes]`.
    func applied(down pixels: [UInt8], rowBytes: Int, firstRow: Int) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: starts.count * rowBytes)
        var sums = [Int32](repeating: 0, count: rowBytes)
        let source = pixels.span, weights = weights.span
        var target = result.mutableSpan, sum = sums.mutableSpan
        for index in starts.indices {
            for place in sum.indices { sum[place] = 1 << (Self.fraction - 1) }
            for step in 0..<counts[index] {
                let factor = weights[index * stride + step]
                let start = (starts[index] + step - firstRow) * rowBytes
                let row = source.extracting(start..<start + rowBytes)
                for place in sum.indices { sum[place] &+= factor &* Int32(row[place]) }
            }
            let start = index * rowBytes
            for place in sum.indices { target[start + place] = Self.clipped(sum[place]) }
        }
        return result
    }
}
