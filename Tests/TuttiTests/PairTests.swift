import Foundation
import TestSupport
import Testing
import Tutti
import TuttiImages

/// GGUF models with projectors as a program opens them: from messages with pictures to answers.
@Suite struct PairTests {
    private static let families = ["idefics3", "qwen2_vl", "qwen2_5_vl", "llava", "gemma3"]

    private func file(_ family: String) -> URL {
        goldens("ModelsTests").appending(path: "pairs/\(family)/\(family).gguf")
    }

    private var picture: PicturePart {
        let pixels = (0..<60 * 40 * 3).map { UInt8(truncatingIfNeeded: $0 * 31) }
        return PicturePart(Picture(width: 60, height: 40, pixels: pixels))
    }

    @Test(arguments: families) func aPictureIsSeen(family: String) async throws {
        let model = try await LanguageModel.load(file: file(family))
        let eyes = try #require(model.eyes)
        #expect(model.checkpoint.paths.count == 2)
        let messages = [Message(.user, parts: [.picture(picture), .text("what is this?")])]
        let layout = try eyes.processor.layout(width: 60, height: 40, detail: .auto)
        let tokens = try model.promptTokens(TurnRequest(messages))
        #expect(tokens.count { $0 < 0 } == layout.rowCount)
        let options = AnswerOptions(sampling: .greedy, maximumTokens: 4)
        var count = 0
        for try await delta in try model.answer(messages, options) { count += delta.choices.count }
        #expect(count > 0)
        #expect(try model.tokenCount(of: picture) >= layout.rowCount)
    }

    /// LLaVA's vocabulary has no token for a picture's rows, and its template no place for pictures.
    @Test func whatKnowsNoPicturesIsToldOfThem() async throws {
        let model = try await LanguageModel.load(file: file("llava"))
        #expect(try model.vocabulary.token(for: "<image>") == nil)
        let messages = [Message(.user, parts: [.text("a"), .picture(picture), .text("b <unk> <image>")])]
        let tokens = try model.promptTokens(TurnRequest(messages))
        let rows = tokens.indices.filter { tokens[$0] < 0 }
        #expect(rows.count == 16 && rows.last == rows[0] + 15)
        let before = try #require(try model.vocabulary.token(for: "a"))
        #expect(tokens[rows[0] - 1] == before)
    }

    @Test func aProjectorIsNamedOrLeftOut() async throws {
        let scratch = try ScratchFolder()
        let alone = scratch.url.appending(path: "idefics3.gguf")
        try FileManager.default.copyItem(at: file("idefics3"), to: alone)
        #expect(try await LanguageModel.load(file: alone).eyes == nil)
        var options = LoadOptions()
        options.projector = goldens("ModelsTests").appending(path: "pairs/idefics3-q8_0/mmproj-idefics3-q8_0.gguf").path
        #expect(try await LanguageModel.load(file: alone, options: options).eyes != nil)
        options.projector = goldens("ModelsTests").appending(path: "pairs/qwen2_vl/mmproj-qwen2_vl-f32.gguf").path
        await #expect(throws: CheckpointError.self) { try await LanguageModel.load(file: alone, options: options) }
        var blind = LoadOptions()
        blind.visionFamilies = []
        #expect(try await LanguageModel.load(file: file("idefics3"), options: blind).eyes == nil)
    }

    @Test func itsCardSaysWhatItSeesWith() throws {
        let card = try ModelCard(file: file("qwen2_5_vl").path)
        #expect(card.sees && card.problem == nil)
        #expect(card.projector?.summary == "qwen2.5vl_merger, an encoder of 3 layers, 32 wide")
        let scratch = try ScratchFolder(), names = ["mmproj-a-f16.gguf", "mmproj-a-f32.gguf"]
        let alone = scratch.url.appending(path: "a.gguf")
        try FileManager.default.copyItem(at: file("llava"), to: alone)
        #expect(try !ModelCard(file: alone.path).sees)
        for name in names {
            try FileManager.default.copyItem(
                at: goldens("ModelsTests").appending(path: "pairs/llava/mmproj-model-f32.gguf"),
                to: scratch.url.appending(path: name))
        }
        let problem = try #require(try ModelCard(file: alone.path).problem)
        #expect(problem.contains("several projectors"))
    }
}
