#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
public import TuttiTensors

extension Whisper {
    /// Where some heads of a layer of the decoder look in the sound.
    /// - Parameters:
    ///   - queries: As `observe` is handed them, `[rows, shape.text.hidden]`.
    ///   - states: What ``encode(_:_:)`` gave, as far as there is sound, `[frames, shape.audio.hidden]`.
    /// - Returns: For each head the weights of all frames, `[rows, frames]`, row after row; each row adds up to 1.
    public func attentionWeights(
        _ queries: Tensor, layer: Int, heads: [Int], _ states: Tensor, _ step: Step
    ) -> [[Float]] {
        let attention = decoder.blocks[layer].sound, width = shape.text.headWidth
        var results = heads.map { _ in [Float]() }
        step.frame {
            let keys = attention.key(states, step)
            for (place, head) in heads.enumerated() where head < shape.text.heads {
                // The keys of one head are a matrix that queries are multiplied with.
                let columns = head * width..<(head + 1) * width
                let own = (0..<states.rows).flatMap { keys.values(row: $0)[columns] }
                let matrix = unsafe own.withUnsafeBytes {
                    unsafe PackedMatrix($0, dtype: .f32, rows: states.rows, columns: width, pool: step.pool)
                }
                let asked = step.scratch(queries.rows, width)
                asked.fill(from: (0..<queries.rows).flatMap { queries.values(row: $0)[columns] })
                let scores = step.linear(asked, matrix)
                step.scale(scores, by: attention.shape.scale)
                var weights: [Float] = []
                for row in 0..<scores.rows {
                    let row = scores.values(row: row), all = row.span.logSumExp
                    weights += row.map { exp($0 - all) }
                }
                results[place] = weights
            }
        }
        return results
    }
}
