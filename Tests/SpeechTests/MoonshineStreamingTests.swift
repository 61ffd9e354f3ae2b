import Foundation
import TestSupport
import Testing
import TuttiModels
import TuttiSpeech
import TuttiTensors

/// A small random streaming Moonshine beside `transformers`, in float32: `scripts/goldens/make_tiny_senses.py` made it.
@Suite struct MoonshineStreamingTests {
    static let folder = goldens("SpeechTests").appending(path: "moonshine-streaming")
    let step = Step(pool: ComputePool(threads: 2))
    let golden: SafetensorsGolden
    let model: MoonshineStreaming
    let samples: [Float]

    struct Facts: Decodable {
        let greedy_ids: [Token]
        let greedy_from: [Token]
    }

    init() throws {
        golden = try SafetensorsGolden(Self.folder.appending(path: "golden.safetensors"))
        model = try MoonshineStreaming(folder: Self.folder.path, pool: step.pool)
        samples = try #require(golden.floats("input_values"))
    }

    private func rows(_ x: Tensor) -> [Float] { (0..<x.rows).flatMap { x.values(row: $0) } }

    private func farthest(_ values: [Float], _ name: String) throws -> Float {
        let wanted = try #require(golden.floats(name))
        #expect(values.count == wanted.count)
        return zip(values, wanted).map { abs($0 - $1) }.max() ?? 0
    }

    @Test func framesAgreeWithTransformers() throws {
        var stream = MoonshineStreamingEncoder.Stream(model.encoder)
        #expect(try farthest(rows(stream.append(samples, isLast: true, step)), "encoder_output") < 1e-4)
        // A window that is not whole is silence, as where a mask ends within it.
        var ragged = MoonshineStreamingEncoder.Stream(model.encoder)
        #expect(try farthest(rows(ragged.append(Array(samples[..<7030]), isLast: true, step)), "ragged_output") < 1e-4)
        #expect(model.frames(samples: 7030) == 22 && model.frames(samples: 8000) == 25)
    }

    @Test(arguments: [1, 79, 80, 333, 1600, 7999]) func soundThatComesInPiecesGivesTheSameFrames(size: Int) throws {
        var whole = MoonshineStreamingEncoder.Stream(model.encoder), frames: [Float] = []
        let wanted = rows(whole.append(samples, isLast: true, step))
        var stream = MoonshineStreamingEncoder.Stream(model.encoder)
        for first in stride(from: 0, to: samples.count, by: size) {
            frames += rows(stream.append(Array(samples[first..<min(first + size, samples.count)]), step))
            step.reset()
            // A frame of 20 ms comes with each fourth window, and the three layers wait for two, none and one.
            let windows = min(first + size, samples.count) / 80
            #expect(frames.count / 44 == max(0, (windows + 3) / 4 - 3), "after \(first + size) samples")
        }
        frames += rows(stream.append([], isLast: true, step))
        #expect(frames == wanted)
    }

    /// Logits of tokens, from `start` on.
    private func logits(
        _ tokens: [Token], _ start: Int, _ own: inout KeyValueMemory, _ heard: inout KeyValueMemory, frames: Int
    ) -> Tensor {
        let decoder = model.decoder, rows = 0..<tokens.count
        let batch = Batch(
            sequences: [SequenceRows(rows: rows, start: start, pages: [own.pages(tokens: start + tokens.count)])],
            outputs: [], layout: decoder.layout)
        let looking = [SequenceRows(rows, lookingAt: frames, in: heard.pages(tokens: frames))]
        return decoder.logits(decoder(tokens, batch, heard: looking, step), step)
    }

    @Test func logitsAndGreedyTokensAreThoseOfTransformers() throws {
        let facts = try JSONDecoder().decode(
            Facts.self, from: Data(contentsOf: Self.folder.appending(path: "golden.json")))
        var memory = model.makeEncoderMemory()
        let states = model.states(of: samples, &memory, step)
        var heard = KeyValueMemory(model.decoder.layout), own = KeyValueMemory(model.decoder.layout)
        model.decoder.hear(states, into: &heard, step)
        // Numbers of 64 bits.
        let ids = try #require(golden.words("decoder_input_ids")).enumerated().filter { $0.offset % 2 == 0 }
            .map { Token($0.element) }
        #expect(
            try farthest(rows(logits(ids, 0, &own, &heard, frames: states.rows)), "logits") < 1e-4)
        // Token by token over the cache.
        var tokens: [Token] = [], next = facts.greedy_from, start = 0
        while tokens.count < facts.greedy_ids.count {
            let scores = logits(next, start, &own, &heard, frames: states.rows).values(row: next.count - 1)
            start += next.count
            // The first are never chosen there.
            next = [Token(scores.indices.dropFirst(16).max { scores[$0] < scores[$1] } ?? 0)]
            tokens += next
        }
        #expect(tokens == facts.greedy_ids)
        withExtendedLifetime(step) {}
    }

    @Test func framesBehindTheLastPositionAreNotLookedAt() {
        var memory = model.makeEncoderMemory()
        // 128 positions are 2.56 s.
        let long = (0..<16_000 * 3).map { sinf(Float($0) / 9) }
        let states = model.states(of: long, &memory, step)
        #expect(states.rows == 128 && model.frames(samples: long.count) == 128)
        #expect(rows(states).allSatisfy { $0.isFinite })
        withExtendedLifetime(step) {}
    }

    @Test func aFolderIsARecogniser() async throws {
        let scratch = try ScratchFolder()
        for name in ["config.json", "model.safetensors"] {
            try Data(contentsOf: Self.folder.appending(path: name)).write(to: scratch.url.appending(path: name))
        }
        let words = Dictionary(uniqueKeysWithValues: (0..<256).map { ("\u{2581}w\($0)", $0) })
        try JSONEncoder().encode(["model": ["vocab": words]]).write(to: scratch.url.appending(path: "tokenizer.json"))
        let form = try #require(SpeechModelForm(at: scratch.url))
        #expect(form == .moonshine && form.hears)
        let recognizer = try form.recognizer(
            at: scratch.url,
            voiceActivity: URL(filePath: SpeechWeights.path("silero-vad", "silero_vad.onnx")), pool: step.pool)
        // What a recogniser does with a clip, without asking whether somebody speaks in noise.
        #expect(recognizer is MoonshineRecognizer)
        var listener = MoonshineListener(model)
        let found = try listener.hear([samples, Array(samples[..<3000])], step)
        #expect(found.count == 2 && found.allSatisfy { !$0.tokens.isEmpty })
        var alone = MoonshineListener(model)
        #expect(try alone.hear([Array(samples[..<3000])], step) == [found[1]])
    }

    @Test func whatIsNoStreamingMoonshineIsRefused() throws {
        let scratch = try ScratchFolder()
        for name in ["config.json", "model.safetensors"] {
            try Data(contentsOf: Self.folder.appending(path: name)).write(to: scratch.url.appending(path: name))
        }
        let config = scratch.url.appending(path: "config.json")
        let text = try String(contentsOf: config, encoding: .utf8)
        for (key, value) in [
            ("\"hidden_size\": 44", "\"hidden_size\": 48"), ("\"hidden_size\": 32", "\"hidden_size\": 0"),
            ("\"head_dim\": 24", "\"head_dim\": 22"), ("\"head_dim\": 16", "\"head_dim\": 4000"),
            ("\"vocab_size\": 256", "\"vocab_size\": 255"), ("\"frame_ms\": 5.0", "\"frame_ms\": 10.0"),
            ("\"frame_ms\": 5.0", "\"frame_ms\": 0.0"), ("\"sample_rate\": 16000", "\"sample_rate\": 8000"),
            ("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2"),
            ("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3"), ("        6,", "        0,"),
            ("        3\n", "        -1\n"), ("\"max_position_embeddings\": 128", "\"max_position_embeddings\": 129"),
            ("\"model_type\": \"moonshine_streaming\"", "\"model_type\": \"moonshine\""),
            ("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 1"), ("\"encoder_config\"", "\"hearing\""),
            ("\"decoder_start_token_id\": 1", "\"decoder_start_token_id\": 256"),
        ] {
            let other = text.replacingOccurrences(of: key, with: value)
            #expect(other != text, "\(key)")
            try other.write(to: config, atomically: true, encoding: .utf8)
            #expect(throws: (any Error).self, "\(value)") {
                try MoonshineStreaming(folder: scratch.url.path, pool: step.pool)
            }
        }
    }
}
