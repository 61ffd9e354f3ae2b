import Foundation
import TestSupport
import Testing
import Tutti

/// Other people's clients against `tutti serve` with a real model: what they ask and expect stands in Clients/*.py.
@Suite(.serialized) struct ClientTests {
    @Test(arguments: [
        "test_chat.py", "test_texts.py", "test_libraries.py", "test_responses.py", "test_files.py",
        "test_structured.py", "test_audio.py", "test_images.py", "test_documents.py",
    ])
    func theClientsTestsPass(file: String) async throws {
        let outcome = try await Served.shared.run(file, ["-v"])
        #expect(outcome.status == 0, "\(outcome.error.suffix(6000))")
        #expect(outcome.error.contains("\nOK"))
    }

    /// lm-eval's log-likelihoods over HTTP are those that the library computes directly.
    @Test func lmEvalScoresATaskAsTheLibraryDoes() async throws {
        struct Scored: Decodable {
            struct Row: Decodable {
                let question: String
                let choices: [String]
                let answer: Int
            }
            let accuracy: Double
            let likelihoods: [[Double]]
            let rows: [Row]
        }
        let outcome = try await Served.shared.run("lm_eval_task.py", [try Tutti.program().executable.path])
        try #require(outcome.status == 0, "\(outcome.error.suffix(3000))")
        let line = try #require(outcome.output.split(separator: "\n").last)
        let scored = try JSONDecoder().decode(Scored.self, from: Data(line.utf8))
        let model = try await LanguageModel.load(Served.model)
        var right = 0
        for (row, likelihoods) in zip(scored.rows, scored.likelihoods) {
            var own: [Double] = []
            for choice in row.choices {
                let context = try model.tokenizer.encode(row.question, special: true)
                let whole = try model.tokenizer.encode(row.question + choice, special: true)
                let scores = try await model.score(whole).suffix(whole.count - context.count)
                own.append(scores.reduce(0) { $0 + ($1.logProbability ?? 0) })
            }
            #expect(own.count == likelihoods.count)
            #expect(zip(own, likelihoods).allSatisfy { abs($0 - $1) < 1e-9 }, "\(row.question): \(own), \(likelihoods)")
            if own.indices.max(by: { own[$0] < own[$1] }) == row.answer { right += 1 }
        }
        #expect(abs(scored.accuracy - Double(right) / Double(scored.rows.count)) < 1e-12)
    }
}
