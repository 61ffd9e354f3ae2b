import TuttiModels
import TuttiTensors

/// A decoder whose answers can be worked out by hand, and depend on every token before: the next token is the sum of all
/// tokens so far, modulo the vocabulary. The sum is read from the cached pages by attention, so a wrong, missing or
/// foreign page shows.
struct MockDecoder: Decoder {
    static let vocabulary = 97
    static let context = 2048

    let shape = DecoderShape(
        architecture: "mock", layers: 1, hidden: 16, feedForward: 16, heads: 1, keyValueHeads: 1, headWidth: 16,
        vocabulary: vocabulary, context: context)

    func embed(_ tokens: [Token], _ step: Step) -> Tensor {
        let x = step.scratch(tokens.count, 16)
        x.fill(from: tokens.flatMap { token in (0..<16).map { $0 == 0 ? Float(token) : 0 } })
        return x
    }

    func callAsFunction(_ x: Tensor, _ batch: Batch, _ step: Step) -> Tensor {
        let nothing = step.scratch(x.rows, 16)
        nothing.fill(from: [Float](repeating: 0, count: x.rows * 16))
        step.store(nothing, x, layer: 0, in: batch.sequences, batch.layout)
        // Equal scores: attention gives the mean of all tokens.
        let means = step.attention(
            nothing, layer: 0, over: batch.sequences, batch.layout, AttentionShape(heads: 1, scale: 1))
        let logits = step.scratch(batch.outputs.count, MockDecoder.vocabulary)
        logits.fill(
            from: batch.outputs.flatMap { row -> [Float] in
                let sum = means.values(row: row)[0] * Float(batch.positions[row] + 1)
                let next = Int(sum.rounded()) % MockDecoder.vocabulary
                return (0..<MockDecoder.vocabulary).map { $0 == next ? 10 : 0 }
            })
        return logits
    }

    /// What an engine must answer.
    static func answer(to prompt: [Token], count: Int) -> [Token] {
        var sum = prompt.reduce(0) { $0 + Int($1) }
        return (0..<count).map { _ in
            let next = sum % vocabulary
            sum += next
            return Token(next)
        }
    }
}
