import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

/// The same small checkpoints as GGUF files: written by llama.cpp's own package, and by us.
@Suite struct TinyGGUFTests {
    private static let folder = goldens("ModelsTests").appending(path: "tiny-gguf")

    /// Families of which llama.cpp cannot be told everything: their files are of a model that it does know, and it said
    /// what the logits are (scripts/goldens/make_tiny_gguf.py).
    static let variants = ["mistral", "qwen3_moe", "gemma3_text", "phi3", "smollm3", "gpt_oss"]

    @Test(arguments: TinyModel.decoders) func readsWhatLlamaCppReads(name: String) throws {
        let model = try TinyModel(name), pool = ComputePool(threads: 2)
        let file = try GGUFFile(path: TinyGGUFTests.folder.appending(path: "\(name).gguf").path)
        let decoder = try Registry.decoder(file, pool: pool)
        var scorer = BareDecoder(decoder, pool: pool)
        guard TinyGGUFTests.variants.contains(name) else {
            #expect(model.distance(scorer.logits(model.prompt)) < 1e-4)
            var writer = BareDecoder(decoder, pool: pool)
            #expect(writer.greedy(model.prompt, count: model.greedy.count) == model.greedy)
            return
        }
        let theirs = try SafetensorsGolden(TinyGGUFTests.folder.appending(path: "llama.cpp.safetensors"))
        let wanted = try #require(theirs.floats(name))
        // Its longrope is the one of long sequences throughout.
        let logits = scorer.logits(name == "phi3" ? model.prompt + model.greedy : model.prompt)
        #expect(logits.count == wanted.count)
        #expect(zip(logits, wanted).allSatisfy { abs($0 - $1) < 1e-3 })
    }

    /// A folder written as GGUF by us says what the folder says.
    @Test(arguments: TinyModel.decoders) func convertedFilesSayTheSame(name: String) throws {
        let model = try TinyModel(name), scratch = try ScratchFolder(), pool = ComputePool(threads: 2)
        let path = try model.converted(into: scratch)
        let decoder = try Registry.decoder(try GGUFFile(path: path), pool: pool)
        var scorer = BareDecoder(decoder, pool: pool)
        #expect(model.distance(scorer.logits(model.prompt)) < 1e-4)
        var greedy = BareDecoder(decoder, pool: pool)
        #expect(greedy.greedy(model.prompt, count: model.greedy.count) == model.greedy)
    }
}
