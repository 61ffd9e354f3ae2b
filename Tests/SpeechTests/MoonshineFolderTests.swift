import Foundation
import TestSupport
import Testing
import TuttiModels
import TuttiSpeech
import TuttiTensors

/// A small random Moonshine beside `transformers`, in float32: `scripts/goldens/make_tiny_senses.py` made it.
@Suite struct MoonshineFolderTests {
    static let folder = goldens("SpeechTests").appending(path: "moonshine-random")
    let step = Step(pool: ComputePool(threads: 2))
    let golden: SafetensorsGolden
    let model: Moonshine

    struct Facts: Decodable {
        let greedy_ids: [Token]
        let greedy_from: [Token]
    }

    init() throws {
        golden = try SafetensorsGolden(MoonshineFolderTests.folder.appending(path: "golden.safetensors"))
        model = try Moonshine(folder: MoonshineFolderTests.folder.path, pool: step.pool)
    }

    private func farthest(_ x: Tensor, _ name: String) throws -> Float {
        let values = try #require(golden.floats(name))
        #expect(values.count == x.count)
        return zip((0..<x.rows).flatMap { x.values(row: $0) }, values).map { abs($0 - $1) }.max() ?? 0
    }

    @Test func statesAndLogitsAgreeWithTransformers() throws {
        var memory = model.encoder.makeMemory()
        let states = model.encoder(try #require(golden.floats("input_values")), &memory, step)
        #expect(try farthest(states, "encoder_output") < 1e-4)
        let ids = try #require(golden.words("decoder_input_ids")).enumerated().filter { $0.offset % 2 == 0 }
            .map { Token($0.element) }
        var heard = KeyValueMemory(model.decoder.layout), own = KeyValueMemory(model.decoder.layout)
        model.decoder.hear(states, into: &heard, step)
        let batch = Batch(
            sequences: [SequenceRows(rows: 0..<ids.count, start: 0, pages: [own.pages(tokens: ids.count)])],
            outputs: [],
            layout: model.decoder.layout)
        let looking = [SequenceRows(0..<ids.count, lookingAt: states.rows, in: heard.pages(tokens: states.rows))]
        let logits = model.decoder.logits(model.decoder(ids, batch, heard: looking, step), step)
        #expect(try farthest(logits, "logits") < 1e-4)
        withExtendedLifetime(step) {}
    }

    @Test func greedyTokensAreThoseOfTransformers() throws {
        let facts = try JSONDecoder().decode(
            Facts.self, from: Data(contentsOf: MoonshineFolderTests.folder.appending(path: "golden.json")))
        var memory = model.encoder.makeMemory()
        let states = model.encoder(try #require(golden.floats("input_values")), &memory, step)
        var heard = KeyValueMemory(model.decoder.layout), own = KeyValueMemory(model.decoder.layout)
        model.decoder.hear(states, into: &heard, step)
        // Token by token over the cache.
        var tokens: [Token] = [], next = facts.greedy_from, start = 0
        while tokens.count < facts.greedy_ids.count {
            let rows = 0..<next.count
            let batch = Batch(
                sequences: [SequenceRows(rows: rows, start: start, pages: [own.pages(tokens: start + next.count)])],
                outputs: [], layout: model.decoder.layout)
            let looking = [SequenceRows(rows, lookingAt: states.rows, in: heard.pages(tokens: states.rows))]
            let logits = model.decoder.logits(model.decoder(next, batch, heard: looking, step), step)
            let scores = logits.values(row: next.count - 1)
            start += next.count
            let likeliest = scores.indices.max { scores[$0] < scores[$1] } ?? 0
            next = [Token(likeliest)]
            tokens += next
        }
        #expect(tokens == facts.greedy_ids)
        withExtendedLifetime(step) {}
    }

    @Test func whatIsNoMoonshineIsRefused() throws {
        let scratch = try ScratchFolder()
        for name in ["config.json", "model.safetensors"] {
            let bytes = try Data(contentsOf: MoonshineFolderTests.folder.appending(path: name))
            try bytes.write(to: scratch.url.appending(path: name))
        }
        let config = scratch.url.appending(path: "config.json")
        let text = try String(contentsOf: config, encoding: .utf8)
        for (key, value) in [
            ("\"hidden_size\": 32", "\"hidden_size\": 48"), ("\"hidden_size\": 32", "\"hidden_size\": 31"),
            ("\"vocab_size\": 256", "\"vocab_size\": 255"), ("\"intermediate_size\": 48", "\"intermediate_size\": 0"),
            ("\"encoder_num_hidden_layers\": 2", "\"encoder_num_hidden_layers\": 3"),
            ("\"model_type\": \"moonshine\"", "\"model_type\": \"whisper\""),
            ("\"decoder_start_token_id\": 1", "\"decoder_start_token_id\": 256"),
        ] {
            let other = text.replacingOccurrences(of: key, with: value)
            #expect(other != text)
            try other.write(to: config, atomically: true, encoding: .utf8)
            #expect(throws: (any Error).self) { try Moonshine(folder: scratch.url.path, pool: step.pool) }
        }
    }
}
