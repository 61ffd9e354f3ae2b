import Foundation
import TestSupport
import Testing
import TuttiCheckpoints

/// Which projector belongs to which model, told by names alone.
@Suite struct ProjectorFileTests {
    /// What is found beside the first of `names` in a folder of all of them.
    private func found(_ names: String...) throws -> String? {
        let scratch = try ScratchFolder()
        for name in names { _ = try scratch.write([], name) }
        let path = try ProjectorFile.beside(scratch.url.appending(path: names[0]).path)
        return path.map { URL(filePath: $0).lastPathComponent }
    }

    @Test(arguments: [
        ("SmolVLM-256M-Instruct-Q8_0.gguf", "mmproj-SmolVLM-256M-Instruct-f16.gguf"),
        ("Qwen2.5-VL-3B-Instruct-Q4_K_M.gguf", "mmproj-Qwen2.5-VL-3B-Instruct-Q8_0.gguf"),
        ("gemma-3-4b-it-UD-Q4_K_XL.gguf", "mmproj-BF16.gguf"), ("ggml-model-q4_k.gguf", "mmproj-model-f16.gguf"),
        ("gemma-3-4b-it.gguf", "gemma-3-4b-it-mmproj-F16.gguf"), ("llava.gguf", "llava.mmproj-fp16.gguf"),
        ("big-Q8_0-00001-of-00003.gguf", "MMPROJ-big-F32.GGUF"), ("a.gguf", "mmproj-something-else.gguf"),
    ])
    func theOneThatLiesThereIsTaken(model: String, projector: String) throws {
        #expect(ProjectorFile.isOne(projector) && !ProjectorFile.isOne(model))
        #expect(try found(model, projector, "readme.txt") == projector)
    }

    @Test func amongOthersItIsCalledAfterItsModel() throws {
        let two = ["mmproj-one-f16.gguf", "mmproj-two-f16.gguf"]
        #expect(try found("one-Q4_0.gguf", "two-Q4_0.gguf", two[0], two[1]) == two[0])
        #expect(try found("two-Q8_0.gguf", "one-Q4_0.gguf", two[0], two[1]) == two[1])
        // One that is called after another model is that one's, and one that is called after none is anybody's.
        #expect(try found("three.gguf", "one-Q4_0.gguf", two[0]) == nil)
        #expect(try found("three.gguf", "one-Q4_0.gguf", two[0], "mmproj-F16.gguf") == "mmproj-F16.gguf")
        #expect(try found("one-Q8_0.gguf", "one-Q4_0.gguf", "mmproj-x.gguf") == "mmproj-x.gguf")
        #expect(try found("one.gguf") == nil)
        #expect(try found("mmproj-one.gguf", "mmproj-two.gguf") == nil)
    }

    @Test func severalAreNotGuessedAt() {
        let error = #expect(throws: CheckpointError.self) {
            try found("one.gguf", "mmproj-F16.gguf", "mmproj-F32.gguf")
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("mmproj-F16.gguf, mmproj-F32.gguf") && text.contains("--mmproj"), "\(text)")
    }

    @Test func aFolderOfBothIsTheModel() throws {
        let scratch = try ScratchFolder(), store = try ModelStore(home: scratch.url.appending(path: "home"))
        let file = try scratch.write([], "one-Q4_0.gguf")
        _ = try scratch.write([], "mmproj-one-f16.gguf")
        #expect(try store.resolve(scratch.url.path).path == file)
        try FileManager.default.removeItem(atPath: file)
        #expect(throws: StoreError.self) { try store.resolve(scratch.url.path) }
    }
}
