import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// BERT against `transformers` on a small random checkpoint (scripts/goldens/make_tiny_senses.py).
@Suite struct BertTests {
    @Test(arguments: [false, true])
    func agreesWithTransformers(asGGUF: Bool) async throws {
        let folder = goldens("ModelsTests").appending(path: "tiny/bert")
        let golden = try SafetensorsGolden(folder.appending(path: "golden.safetensors"))
        let ids = (golden.words("input_ids") ?? []).enumerated().filter { $0.offset % 2 == 0 }.map { Token($0.element) }
        let mask = (golden.words("attention_mask") ?? []).enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        let wanted = golden.floats("sentence") ?? []
        let width = wanted.count / 2, length = ids.count / 2
        // The golden pads its second text; here texts have just their own tokens.
        let texts = (0..<2).map { text in
            (0..<length).filter { mask[text * length + $0] == 1 }.map { ids[text * length + $0] }
        }
        #expect(texts.map(\.count) == [24, 15])

        let pool = ComputePool(threads: 2)
        let scratch = try ScratchFolder()
        var checkpoint = try Registry.open(folder.path)
        if asGGUF {
            let file = scratch.url.appending(path: "bert.gguf").path
            try Quantization(checkpoint, as: .f32).write(to: file, pool: pool)
            checkpoint = try Registry.open(file)
        }
        let encoder = try Registry.encoder(checkpoint, pool: pool)
        let exact = try await EmbeddingEngine(encoder: encoder, pool: pool, isExact: true).embed(texts)
        for (text, vector) in exact.enumerated() {
            let golden = wanted[text * width..<(text + 1) * width]
            #expect(zip(vector, golden).allSatisfy { abs($0 - $1) < 1e-5 })
        }
    }

    @Test func textsDoNotSeeEachOther() async throws {
        let folder = goldens("ModelsTests").appending(path: "tiny/bert"), pool = ComputePool(threads: 2)
        let engine = EmbeddingEngine(
            encoder: try Registry.encoder(try Registry.open(folder.path), pool: pool), pool: pool)
        let texts: [[Token]] = (1...60).map { length in (0..<length).map { Token(16 + ($0 * 7 + length) % 200) } }
        let together = try await engine.embed(texts)
        for text in [0, 31, 32, 59] { #expect(try await engine.embed([texts[text]])[0] == together[text]) }
        await #expect(throws: EngineError.self) { try await engine.embed([[]]) }
        await #expect(throws: EngineError.self) { try await engine.embed([[256]]) }
        await #expect(throws: EngineError.self) { try await engine.embed([[Token](repeating: 20, count: 65)]) }
    }
}
