/// Weights of a whole vocabulary, e^((score − maximum) · scale), summed in blocks of 64.
///
/// A block is summed in 16 independent lanes, so that the loop becomes SIMD; blocks are added in double precision, so
/// that 260,000 small weights are not lost beside a large one. A block of which all is below e^−40 adds nothing and is
/// skipped.
struct Weights {
    let maximum: Float, scale: Float

    private static let negligible: Float = -40

    @inline(__always)
    private func weight(_ score: Float) -> Float { exponential((score - maximum) * scale) }

    /// The sum of all weights. `sums`, if its count is not 0, takes the sum of each block.
    func total(_ scores: Span<Float>, blockMaxima: Span<Float>, sums: inout MutableSpan<Double>) -> Double {
        var total = 0.0
        for block in blockMaxima.indices {
            var sum = 0.0
            if (blockMaxima[block] - maximum) * scale >= Self.negligible {
                let start = block * blockLength
                sum =
                    start + blockLength <= scores.count
                    ? sumOfBlock(scores.extracting(start..<(start + blockLength)))
                    : sumOfRest(scores.extracting(start..<scores.count))
            }
            if !sums.isEmpty { sums[block] = sum }
            total += sum
        }
        return total
    }

    @inline(__always)
    private func sumOfBlock(_ scores: Span<Float>) -> Double {
        var lanes: InlineArray<16, Float> = .init(repeating: 0)
        for row in 0..<4 { for lane in 0..<16 { lanes[lane] += weight(scores[row * 16 + lane]) } }
        var sum: Float = 0
        for lane in 0..<16 { sum += lanes[lane] }
        return Double(sum)
    }

    private func sumOfRest(_ scores: Span<Float>) -> Double {
        var sum = 0.0
        for i in scores.indices { sum += Double(weight(scores[i])) }
        return sum
    }

    /// The first token at which the running sum of weights exceeds `target`, which lies in `0..<total`.
    func token(at target: Double, _ scores: Span<Float>, sums: Span<Double>) -> Int {
        var rest = target, last = 0
        for block in sums.indices where sums[block] > 0 {
            if rest >= sums[block] {
                rest -= sums[block]
                last = block
                continue
            }
            return token(at: rest, scores, block: block)
        }
        // Rounding has carried the target past the end: the last token that has a weight.
        return token(at: .infinity, scores, block: last)
    }

    private func token(at target: Double, _ scores: Span<Float>, block: Int) -> Int {
        var rest = target, last = block * blockLength
        for i in block * blockLength..<min(scores.count, (block + 1) * blockLength) {
            let weight = Double(weight(scores[i]))
            guard weight > 0 else { continue }
            if rest < weight { return i }
            rest -= weight
            last = i
        }
        return last
    }

    /// The sum of all weights, and the sum of weight · (score − maximum) · scale.
    func moments(_ scores: Span<Float>, blockMaxima: Span<Float>) -> (total: Double, weighted: Double) {
        var total = 0.0, weighted = 0.0
        for block in blockMaxima.indices where (blockMaxima[block] - maximum) * scale >= Self.negligible {
            let start = block * blockLength, end = min(start + blockLength, scores.count)
            let scores = scores.extracting(start..<end)
            var sums: InlineArray<16, Float> = .init(repeating: 0), products = sums
            for row in 0..<scores.count / 16 {
                for lane in 0..<16 { add(scores[row * 16 + lane], &sums[lane], &products[lane]) }
            }
            for i in scores.count / 16 * 16..<scores.count { add(scores[i], &sums[0], &products[0]) }
            for lane in 0..<16 {
                total += Double(sums[lane])
                weighted += Double(products[lane])
            }
        }
        return (total, weighted)
    }

    @inline(__always)
    private func add(_ score: Float, _ sum: inout Float, _ product: inout Float) {
        let exponent = (score - maximum) * scale
        let weight = exponential(exponent)
        sum += weight
        // −∞ · 0 would be no number; below −87 the weight is 0 anyway.
        product += weight * (exponent < -87 ? -87 : exponent)
    }
}
