import Foundation
import Synchronization
import TuttiModels
import TuttiTensors

/// A decoder whose answers can be worked out by hand, and depend on every token that it may see: each layer adds up the
/// tokens in its window, and the next token is the sum of all layers' sums, each with its own factor, modulo the
/// vocabulary. The sums are read from the cached pages by attention, so a wrong, missing or foreign page shows.
struct MockDecoder: Decoder {
    static let vocabulary = 97
    static let context = 2048

    let shape: DecoderShape
    /// Holds steps back, for tests that have to come in between.
    let gate: Gate?

    /// - Parameter windows: How far back each layer sees; nil for all.
    init(windows: [Int?] = [nil], context: Int = MockDecoder.context, gate: Gate? = nil) {
        self.gate = gate
        shape = DecoderShape(
            architecture: "mock", layers: windows.count, hidden: 16, feedForward: 16, heads: 1, keyValueHeads: 1,
            headWidth: 16, vocabulary: MockDecoder.vocabulary, context: context, windows: windows)
    }

    func embed(_ tokens: [Token], _ step: Step) -> Tensor {
        let x = step.scratch(tokens.count, 16)
        x.fill(from: tokens.flatMap { token in (0..<16).map { $0 == 0 ? Float(token) : 0 } })
        return x
    }

    /// A state is the sum that its row's logits are about, and a one.
    func states(_ x: Tensor, _ batch: Batch, _ step: Step) -> Tensor {
        gate?.pass()
        let nothing = step.scratch(x.rows, 16)
        nothing.fill(from: [Float](repeating: 0, count: x.rows * 16))
        var sums = [Int](repeating: 0, count: batch.outputs.count)
        for (layer, window) in shape.windows.enumerated() {
            step.store(nothing, x, layer: layer, in: batch.sequences, batch.layout)
            // Equal scores: attention gives the mean of all tokens that the layer sees.
            let means = step.attention(
                nothing, layer: layer, over: batch.sequences, batch.layout, AttentionShape(heads: 1, scale: 1))
            for (place, row) in batch.outputs.enumerated() {
                let count = min(Int(batch.positions[row]) + 1, window ?? .max)
                sums[place] += (layer + 1) * Int((means.values(row: row)[0] * Float(count)).rounded())
            }
        }
        let states = step.scratch(batch.outputs.count, 16)
        states.fill(from: sums.flatMap { sum in (0..<16).map { $0 == 0 ? Float(sum) : $0 == 1 ? 1 : 0 } })
        return states
    }

    func logits(_ states: Tensor, _ step: Step) -> Tensor {
        let logits = step.scratch(states.rows, MockDecoder.vocabulary)
        logits.fill(
            from: (0..<states.rows).flatMap { row -> [Float] in
                let next = Int(states.values(row: row)[0]) % MockDecoder.vocabulary
                return (0..<MockDecoder.vocabulary).map { $0 == next ? 10 : 0 }
            })
        return logits
    }

    /// What an engine must answer.
    func answer(to prompt: [Token], count: Int) -> [Token] {
        var tokens = prompt
        for _ in 0..<count {
            let sums = shape.windows.enumerated().map { layer, window in
                (layer + 1) * tokens.suffix(window ?? .max).reduce(0) { $0 + Int($1) }
            }
            tokens.append(Token(sums.reduce(0, +) % MockDecoder.vocabulary))
        }
        return Array(tokens.dropFirst(prompt.count))
    }

    static func answer(to prompt: [Token], count: Int) -> [Token] { MockDecoder().answer(to: prompt, count: count) }
}

/// Lets through as many steps as a test says.
final class Gate: Sendable {
    private let permits = Mutex(0)

    /// Lets so many more through.
    func open(steps: Int) { permits.withLock { $0 += steps } }

    /// Lets all through until it is closed.
    func open() { permits.withLock { $0 = 1 << 60 } }

    func close() { permits.withLock { $0 = 0 } }

    fileprivate func pass() {
        while true {
            let isOpen = permits.withLock { permits in
                guard permits > 0 else { return false }
                permits -= 1
                return true
            }
            if isOpen { return }
            Thread.sleep(forTimeInterval: 0.0002)
        }
    }
}
