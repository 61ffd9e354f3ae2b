import Foundation
import TestSupport
import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// A small random checkpoint and what `transformers` says of it (scripts/goldens/make_tiny.py).
struct TinyModel {
    let folder: URL
    let golden: SafetensorsGolden
    let prompt: [Token]
    let greedy: [Token]

    private struct Facts: Decodable { let greedy_ids: [Token] }

    init(_ name: String) throws {
        folder = goldens("ModelsTests").appending(path: "tiny/\(name)")
        golden = try SafetensorsGolden(folder.appending(path: "golden.safetensors"))
        // Ids are stored as i64: every second word is zero.
        prompt = (golden.words("input_ids") ?? []).enumerated().filter { $0.offset % 2 == 0 }.map { Token($0.element) }
        let facts = try Data(contentsOf: folder.appending(path: "golden.json"))
        greedy = try JSONDecoder().decode(Facts.self, from: facts).greedy_ids
    }

    /// The largest distance between `logits`, the rows of the prompt one after the other, and the golden's.
    func distance(_ logits: [Float]) -> Float {
        let wanted = golden.floats("logits") ?? []
        guard wanted.count == logits.count, !wanted.isEmpty else { return .infinity }
        return zip(wanted, logits).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    /// A folder of its own with this model's weights and one of its two styles of config.json.
    func copy(config: String, into scratch: ScratchFolder) throws -> String {
        for (source, target) in [("model.safetensors", "model.safetensors"), (config, "config.json")] {
            try FileManager.default.copyItem(
                at: folder.appending(path: source), to: scratch.url.appending(path: target))
        }
        return scratch.url.path
    }
}

/// A decoder driven by hand: one sequence, exact arithmetic, float32 keys and values.
struct BareDecoder {
    let decoder: any Decoder
    private let step: Step
    private let layout: KeyValueLayout
    private var pages: [KeyValuePage] = []
    private var count = 0

    /// Ids below this stand for padding, ends and places; the goldens never choose them.
    static let firstOrdinary = 16

    init(_ decoder: any Decoder, pool: ComputePool) {
        self.decoder = decoder
        step = Step(pool: pool, exact: true)
        layout = decoder.shape.layout(.f32)
    }

    /// The logits of every one of `tokens`, which go on where the last call ended.
    mutating func logits(_ tokens: [Token]) -> [Float] {
        let start = count
        count += tokens.count
        while pages.count * KeyValueLayout.pageTokens < count { pages.append(KeyValuePage(layout)) }
        step.reset()
        let rows = SequenceRows(rows: 0..<tokens.count, start: start, pages: pages)
        let batch = Batch(sequences: [rows], outputs: Array(0..<tokens.count), layout: layout)
        let logits = decoder(decoder.embed(tokens, step), batch, step)
        return (0..<tokens.count).flatMap { logits.values(row: $0) }
    }

    /// Continues `prompt` by `count` tokens, each the likeliest that is ordinary.
    mutating func greedy(_ prompt: [Token], count: Int) -> [Token] {
        var next = prompt, chosen: [Token] = []
        for _ in 0..<count {
            let last = logits(next).suffix(decoder.shape.vocabulary)
            let best = last.enumerated().dropFirst(BareDecoder.firstOrdinary).max { $0.element < $1.element }
            guard let best else { return chosen }
            chosen.append(Token(best.offset))
            next = [Token(best.offset)]
        }
        return chosen
    }
}
