import Foundation
import TestSupport
import TuttiModels
import TuttiTensors

/// A decoder whose distribution of the next token can be worked out by hand: the sums of the tokens that its layers see
/// choose one of a few rows of logits. Few rows, so that texts repeat themselves and guesses are sometimes right; sums
/// read from the cache, so that a wrong or missing page shows.
struct DiceDecoder: Decoder {
    static let vocabulary = 6, kinds = 5

    let shape: DecoderShape
    /// The logits of each kind of sum.
    let table: [[Float]]

    /// - Parameters:
    ///   - seed: Of the table.
    ///   - spread: How far its logits reach from 0.
    init(
        seed: UInt64 = 1, spread: Float = 2, windows: [Int?] = [nil], context: Int = 2048,
        vocabulary: Int = DiceDecoder.vocabulary
    ) {
        shape = DecoderShape(
            architecture: "dice", layers: windows.count, hidden: 16, feedForward: 16, heads: 1, keyValueHeads: 1,
            headWidth: 16, vocabulary: vocabulary, context: context, windows: windows)
        var random = Random(seed: seed)
        table = (0..<DiceDecoder.kinds).map { _ in
            (0..<vocabulary).map { _ in Float.random(in: -spread...spread, using: &random) }
        }
    }

    func embed(_ tokens: [Token], _ step: Step) -> Tensor {
        let x = step.scratch(tokens.count, 16)
        x.fill(from: tokens.flatMap { token in (0..<16).map { $0 == 0 ? Float(token) : 0 } })
        return x
    }

    /// A state is the sum that its row's logits are about.
    func states(_ x: Tensor, _ batch: Batch, _ step: Step) -> Tensor {
        let nothing = step.scratch(x.rows, 16)
        nothing.fill(from: [Float](repeating: 0, count: x.rows * 16))
        var sums = [Int](repeating: 0, count: batch.outputs.count)
        for (layer, window) in shape.windows.enumerated() {
            step.store(nothing, x, layer: layer, in: batch.sequences, batch.layout)
            let means = step.attention(
                nothing, layer: layer, over: batch.sequences, batch.layout, AttentionShape(heads: 1, scale: 1))
            for (place, row) in batch.outputs.enumerated() {
                let count = min(Int(batch.positions[row]) + 1, window ?? .max)
                sums[place] += (layer + 1) * Int((means.values(row: row)[0] * Float(count)).rounded())
            }
        }
        let states = step.scratch(batch.outputs.count, 16)
        states.fill(from: sums.flatMap { sum in (0..<16).map { $0 == 0 ? Float(sum) : 0 } })
        return states
    }

    func logits(_ states: Tensor, _ step: Step) -> Tensor {
        let logits = step.scratch(states.rows, shape.vocabulary)
        logits.fill(
            from: (0..<states.rows).flatMap { table[Int(states.values(row: $0)[0]) % DiceDecoder.kinds] })
        return logits
    }

    /// The probability of each next token at temperature 1.
    func distribution(after tokens: [Token]) -> [Double] {
        let sums = shape.windows.enumerated().map { layer, window in
            (layer + 1) * tokens.suffix(window ?? .max).reduce(0) { $0 + Int($1) }
        }
        let weights = table[sums.reduce(0, +) % DiceDecoder.kinds].map { exp(Double($0)) }
        return weights.map { $0 / weights.reduce(0, +) }
    }
}
