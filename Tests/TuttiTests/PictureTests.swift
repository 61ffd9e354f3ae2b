import Foundation
import TestSupport
import Testing
import Tutti
import TuttiImages

/// Pictures in messages: a small model whose decoder is the golden's, with eyes that say what the golden's say.
@Suite struct PictureTests {
    private let small: SmallModel
    private let golden: SafetensorsGolden
    private let prompt: [Token]
    private let greedy: [Token]

    init() throws {
        small = try SmallModel()
        let folder = goldens("ModelsTests").appending(path: "tiny/idefics3")
        golden = try SafetensorsGolden(folder.appending(path: "golden.safetensors"))
        prompt = (golden.words("input_ids") ?? []).enumerated().filter { $0.offset % 2 == 0 }.map { Token($0.element) }
        let facts = try JSON(parsing: Data(contentsOf: folder.appending(path: "golden.json")))
        greedy = (facts["greedy_ids"]?.array ?? []).compactMap { $0.int.map { Token($0) } }
    }

    private func model(sees: Bool = true) async throws -> LanguageModel {
        let rows = try #require(golden.floats("image_features"))
        return try await small.model(seeing: sees ? rows : nil)
    }

    private func picture(_ index: UInt8, width: Int = 8, detail: PictureDetail = .auto) -> PicturePart {
        PicturePart(Picture(width: width, height: 4, red: index, green: 0, blue: 0), detail: detail)
    }

    private func words(_ tokens: some Collection<Token>) -> String {
        tokens.map { "w\($0)" }.joined(separator: " ")
    }

    /// The golden's prompt: words, a picture, words, another picture, words.
    private var parts: [Part] {
        [
            .text(words(prompt[..<2])), .picture(picture(0)), .text(words(prompt[6..<10])), .picture(picture(1)),
            .text(words(prompt[14...])),
        ]
    }

    private var sampling: SamplingOptions {
        var sampling = SamplingOptions.greedy
        for token in 0..<16 { sampling.logitBias[Token(token)] = -100 }
        return sampling
    }

    @Test func aTurnSeesThePicturesOfItsMessages() async throws {
        let model = try await model()
        var request = TurnRequest([Message(.user, parts: parts)])
        request.sampling = sampling
        request.maximumTokens = 32
        var read = prompt
        for place in 2..<6 { read[place] = -1 }
        for place in 10..<14 { read[place] = -2 }
        #expect(try model.promptTokens(request) == read)
        let first = try await model.turn(request).answer()
        #expect(first.message.text.split(separator: " ").joined(separator: " ") == words(greedy))
        #expect(first.end?.usage.promptTokens == prompt.count && first.end?.usage.cachedTokens == 0)
        // The next question about them computes the question.
        request.messages += [first.message, Message(.user, "w40 w41")]
        let next = try await model.turn(request).answer()
        #expect(next.end?.usage.cachedTokens ?? 0 > prompt.count)
        // The pictures changed places: another prompt.
        request.messages = [Message(.user, parts: [parts[0], parts[3], parts[2], parts[1], parts[4]])]
        let other = try await model.turn(request).answer()
        #expect(other.end?.usage.cachedTokens == 2 && other.message.text != first.message.text)
    }

    @Test func aTextIsContinuedWithPictures() async throws {
        let model = try await model()
        let text = [words(prompt[..<2]), words(prompt[6..<10]), words(prompt[14...])].joined(separator: "<image>")
        let options = AnswerOptions(sampling: sampling, maximumTokens: 32)
        var tokens: [Token] = []
        for try await delta in try model.complete(text, seeing: [picture(0), picture(1)], options) {
            tokens += delta.choices.map(\.token)
        }
        #expect(tokens == greedy)
        #expect(throws: LanguageModelError.self) { try model.complete(text, seeing: [picture(0)], options) }
        #expect(throws: LanguageModelError.self) { try model.complete("w20", seeing: [picture(0)], options) }
    }

    /// What somebody writes is no picture, whatever they write.
    @Test func wordsAreNotTakenForPictures() async throws {
        let model = try await model()
        let request = TurnRequest([Message(.user, parts: [.text("w30 <image> w31 "), .picture(picture(1))])])
        let tokens = try model.promptTokens(request)
        #expect(tokens.filter { $0 < 0 } == [-1, -1, -1, -1] && !tokens.contains(3))
        #expect(!(try model.promptTokens(TurnRequest([Message(.user, "w30 <image> w31")]))).contains(3))
    }

    @Test func detailSaysWhatAPictureCosts() async throws {
        let model = try await model()
        #expect(try model.tokenCount(of: picture(0)) == 4)
        #expect(try model.tokenCount(of: picture(0, detail: .low)) == 5)
        #expect(throws: VisionError.tooNarrow(width: 1000, height: 4, limit: 100)) {
            try model.tokenCount(of: picture(0, width: 1000))
        }
        #expect(picture(0) == picture(0) && picture(0) != picture(1) && picture(0) != picture(0, detail: .low))
    }

    @Test func withoutEyesPicturesAreRefused() async throws {
        let model = try await model(sees: false)
        #expect(model.eyes == nil)
        #expect(throws: LanguageModelError.noEyes(small.name)) {
            try model.turn(TurnRequest([Message(.user, parts: parts)]))
        }
    }
}
