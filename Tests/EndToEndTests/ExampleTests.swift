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
