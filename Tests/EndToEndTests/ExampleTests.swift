import Foundation
import TestSupport
import Testing

/// The programs in Examples, run as a reader of their source would.
@Suite struct ExampleTests {
    @Test func chatInFifteenLinesAnswersEachLine() async throws {
        let program = try Program.built("ChatInFifteenLines")
        let outcome = try await program.run([Tutti.model], input: "What is your name?\nSay it again.\n")
        #expect(outcome.status == 0)
        #expect(!outcome.timedOut)
        let answers = outcome.output.components(separatedBy: "you> ")
        // Before the first prompt nothing, then two answers, then the end of the input.
        #expect(answers.count == 4)
        #expect(answers[1].count > 3 && answers[2].count > 3)
    }

    @Test func theChatIsFifteenLinesOrFewer() throws {
        let file = repository.appending(path: "Examples/ChatInFifteenLines/main.swift")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        #expect(lines.count <= 15)
    }
}

/// The guides of tools and of conversations: their code is the examples', and the examples do what the guides say.
@Suite struct TurnGuideTests {
    private func blocks(_ guide: String) throws -> [String] {
        try String(contentsOf: repository.appending(path: "docs/guides/\(guide)"), encoding: .utf8)
            .components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
    }

    private func source(_ path: String) throws -> String {
        try String(contentsOf: repository.appending(path: "Examples/\(path)"), encoding: .utf8)
    }

    @Test func theGuidesQuoteTheExamples() throws {
        #expect(try blocks("tools.md") == [source("ToolLoop/main.swift"), source("ToolLoop/Events.swift")])
        #expect(try blocks("conversations.md") == [source("LongConversation/main.swift")])
    }

    @Test func theToolIsCalledAndItsResultIsUsed() async throws {
        let outcome = try await Program.built("ToolLoop").run([], input: "What does a kilogram of plums cost?\n")
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.output.contains("call 0: get_price"), "\(outcome.output)")
        #expect(outcome.output.contains("ended by toolCalls"))
        #expect(outcome.output.contains("2.4"))
    }

    @Test func theLongConversationIsFittedAndAnswered() async throws {
        let outcome = try await Program.built("LongConversation").run([], seconds: 240)
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.output.contains("turns left the context"))
        #expect(
            outcome.output.components(separatedBy: "\n").dropLast().last?.contains("40") == true, "\(outcome.output)")
    }
}

/// The guide that adds a model: its code is the example's, and the example says what another implementation says.
@Suite struct AddAModelTests {
    private struct Golden: Decodable {
        let prompt: [Int]
        let answer: [Int]
    }

    @Test func theFamilySaysWhatItsReferenceSays() async throws {
        let folder = repository.appending(path: "Tests/EndToEndTests/Goldens/toy")
        let golden = try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: folder.appending(path: "golden.json")))
        let outcome = try await Program.built("AddAModel").run([folder.path] + golden.prompt.map(String.init))
        #expect(outcome.status == 0, "\(outcome.error)")
        #expect(outcome.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) } == golden.answer)
    }

    @Test func theGuideQuotesTheExample() throws {
        let guide = try String(contentsOf: repository.appending(path: "docs/guides/add-a-model.md"), encoding: .utf8)
        var blocks: [String] = []
        for part in guide.components(separatedBy: "```swift\n").dropFirst() {
            blocks.append(part.components(separatedBy: "```")[0])
        }
        func source(_ name: String) throws -> String {
            try String(contentsOf: repository.appending(path: "Examples/AddAModel/\(name)"), encoding: .utf8)
        }
        #expect(blocks.count == 3)
        #expect(blocks.prefix(2).joined(separator: "\n") == (try source("Toy.swift")))
        #expect(blocks.last == (try source("main.swift")))
    }
}
