import Foundation
import TestSupport
import Testing
import Tutti

/// Long prompts: what they take of memory, and whether what stands in them is found.
@Suite(.serialized) struct LongContextTests {
    private static func english() throws -> String {
        try String(contentsOf: repository.appending(path: "scripts/goldens/inputs/english.txt"), encoding: .utf8)
    }

    /// What `tutti show` foretells is enough, and no wild guess.
    @Test(arguments: ["f16", "q8_0"])
    func memoryIsAsForetold(kind: String) async throws {
        let text = try Self.english() + Self.english()
        let outcome = try await Tutti.run(
            "run", "-m", Tutti.model, "--raw", "--json", "--max-tokens", "2", "--cache-type", kind, "--threads", "2",
            input: text)
        let answer = try outcome.json()
        let peak = try #require(answer["peak_memory_bytes"] as? Int)
        let usage = try #require(answer["usage"] as? [String: Int])
        let tokens = try #require(usage["prompt_tokens"]) + 2
        #expect(tokens > 2500)
        let memory = try #require(try ModelCard(file: TestModel.path(Tutti.model).path).memory(threads: 2))
        let cache = try #require(KeyValueKind(rawValue: kind))
        let foretold = try #require(memory.totalByteCount(cache, tokens: tokens))
        #expect(peak <= foretold, "\(peak) of \(foretold)")
        #expect(Double(peak) >= 0.7 * Double(foretold), "\(peak) of \(foretold)")
    }

    @Test func windowedLayersAreForetoldToKeepTheirWindows() throws {
        let windows: [Int?] = [512, 512, 512, 512, 512, nil]
        func bytes(_ windows: [Int?], _ tokens: Int) -> Int {
            KeyValueLayout(kind: .f16, windows: windows, heads: 1, headWidth: 256)
                .byteCount(conversation: tokens, rows: 256)
        }
        let all = [Int?](repeating: nil, count: 6)
        #expect(bytes(windows, 1024) == bytes(all, 1024))
        // One layer keeps everything, five keep some windows, however long the conversation is.
        let growth = bytes(windows, 64_000) - bytes(windows, 32_000)
        #expect(growth == (bytes(all, 64_000) - bytes(all, 32_000)) / 6)
        #expect(bytes(windows, 32_000) < bytes(all, 32_000) / 4)
    }

    @Test func aContextLongerThanTheModelsIsRefused() async throws {
        let outcome = try await Tutti.run("run", "-m", Tutti.model, "--context", "9000", "Hello.")
        #expect(outcome.status == 1)
        #expect(outcome.error.contains("9000") && outcome.error.contains("8192"))
        let text = String(repeating: "again and again ", count: 100)
        let short = try await Tutti.run("run", "-m", Tutti.model, "--context", "128", text)
        #expect(short.status == 1)
        #expect(short.error.contains("128") && short.error.contains("8192"))
    }

    /// A fact at the beginning, in the middle and at the end of some 2,000 tokens.
    @Test(.enabled(if: TestModel.isFull)) func aNeedleIsFound() async throws {
        let model = try await LanguageModel.load("qwen2.5-coder-1.5b")
        let text = try Self.english()
        let sentences = (text + "\n" + text.prefix(2800)).components(separatedBy: ". ")
        for place in [0, sentences.count / 2, sentences.count] {
            var hay = sentences
            hay.insert("The secret number of the harbour is 48213", at: place)
            let question = "What is the secret number of the harbour? Answer with the number only."
            var answer = ""
            let options = AnswerOptions(sampling: .greedy, maximumTokens: 16)
            let messages = [Message(.user, hay.joined(separator: ". ") + "\n\n" + question)]
            let stream = try model.answer(messages, options)
            for try await delta in stream { answer += delta.text }
            #expect(answer.contains("48213"), "at \(place) of \(sentences.count): \(answer)")
        }
    }
}
