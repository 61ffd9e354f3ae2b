import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

/// Hugging Face folders stored as GGUF files.
@Suite struct FolderToGGUFTests {
    @Test(arguments: ["llama", "qwen2", "gemma3_text"])
    func nothingIsLostInFloat32(name: String) throws {
        let scratch = try ScratchFolder(), target = scratch.url.appending(path: "\(name).gguf").path
        let folder = try Registry.open(goldens("ModelsTests").appending(path: "tiny/\(name)").path)
        let words: [String: MetadataValue] = ["tokenizer.ggml.tokens": .strings(StringTable(["a", "b"]))]
        try Quantization(folder, as: .f32, adding: words).write(to: target, pool: ComputePool(threads: 2))
        let file = try GGUFFile(path: target)
        #expect(try DecoderShape(file) == DecoderShape(folder))
        #expect(Set(file.metadata.values.keys).isSuperset(of: folder.metadata.values.keys))
        #expect(file.metadata["tokenizer.ggml.tokens"] == words["tokenizer.ggml.tokens"])
        #expect(file.tensors.map(\.name) == folder.tensors.map(\.name))
        for entry in file.tensors {
            #expect(entry.dtype == .f32)
            let original = try #require(folder.tensor(named: entry.name))
            #expect(try file.floats(of: entry) == folder.floats(of: original), "\(entry.name)")
        }
        _ = try Registry.decoder(file, pool: ComputePool(threads: 2))
    }

    @Test func aFolderIsQuantisedWhileItIsLoaded() throws {
        let folder = try Registry.open(goldens("ModelsTests").appending(path: "tiny/llama").path)
        let decoder = try Registry.decoder(folder, pool: ComputePool(threads: 2), quantization: .q8_0)
        #expect(decoder.shape.architecture == "llama")
    }
}
