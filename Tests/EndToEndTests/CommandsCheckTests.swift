import Foundation
import TestSupport
import Testing

/// The commands that look inside a model, against the goldens of other implementations.
@Suite struct CommandsCheckTests {
    /// The tokens of a committed text, as llama.cpp cuts it.
    private struct PerplexityGolden: Decodable {
        struct Measure: Decodable { let window: Int, scored: Int, perplexity: Double }
        struct Text: Decodable { let ids: [Int], exact: [Measure] }
        let models: [String: [String: Text]]

        static func english() throws -> Text {
            let file = goldens("ModelsTests").appending(path: "perplexity.json")
            let golden = try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
            return try #require(golden.models["smollm2"]?["english"])
        }
    }

    private static let english = repository.appending(path: "scripts/goldens/inputs/english.txt").path

    @Test func tokenizeCutsATextAsTheGoldenDoes() async throws {
        let outcome = try await Tutti.run("tokenize", "-m", Tutti.model, "--json", Self.english)
        #expect(outcome.status == 0)
        #expect(try outcome.json()["ids"] as? [Int] == (try PerplexityGolden.english().ids))
    }

    @Test func tokenizeAnswersALineALine() async throws {
        let file = try Tutti.file("texts.jsonl", "{\"text\":\"Hi\"}\n{\"text\":\"\"}\n{\"text\":\"Hi<|im_end|>\"}\n")
        let plain = try await Tutti.run("tokenize", "-m", Tutti.model, "--json", file.path).jsonLines()
        let special = try await Tutti.run("tokenize", "-m", Tutti.model, "--special", "--json", file.path).jsonLines()
        #expect(plain.count == 3 && special.count == 3)
        #expect(plain[1]["ids"] as? [Int] == [])
        #expect(try #require(plain[2]["ids"] as? [Int]).count > 3)
        #expect(try #require(special[2]["ids"] as? [Int]).last == 2)
        let pieces = try await Tutti.run("tokenize", "-m", Tutti.model, "-", input: "Hi there")
        #expect(pieces.output.split(separator: "\n").count == 2)
    }

    @Test func aBadLineIsNamed() async throws {
        let file = try Tutti.file("texts.jsonl", "{\"text\":\"Hi there\"}\n\n{\"words\":1}\n")
        for command in [["tokenize", "-m", Tutti.model, "--json"], ["score", "-m", Tutti.model, "--json"]] {
            let outcome = try await Tutti.program().run(command + [file.path])
            #expect(outcome.status == 1)
            #expect(outcome.error.hasPrefix("tutti: "))
            #expect(outcome.error.contains("line 3"))
        }
    }

    @Test func templateRendersByteForByte() async throws {
        let golden = try JSONSerialization.jsonObject(
            with: try Data(contentsOf: goldens("TextTests").appending(path: "templates.json")))
        let families = try #require((golden as? [String: Any])?["families"] as? [[String: Any]])
        let family = try #require(families.first { $0["name"] as? String == "smollm2" })
        let template = try Tutti.file("template.jinja", try #require(family["template"] as? String))
        for golden in try #require(family["cases"] as? [[String: Any]]) {
            guard let output = golden["output"] as? String else { continue }
            let inputs = try JSONSerialization.data(withJSONObject: try #require(golden["inputs"]))
            let input = try Tutti.file("input.json", String(decoding: inputs, as: UTF8.self))
            let own = try await Tutti.run("template", "-m", Tutti.model, "--now", "2025-03-04T15:09:26", input.path)
            #expect(own.output == output)
            let given = try await Tutti.run("template", "--template", template.path, input.path)
            #expect(given.output == output)
        }
        let clock = try Tutti.file("clock.jinja", "{{ strftime_now('%d %b %Y %H:%M') }}")
        let now = try await Tutti.run(
            "template", "--template", clock.path, "--now", "2025-03-04T15:09", "-", input: "{}")
        #expect(now.output == "04 Mar 2025 15:09")
    }

    @Test func aTemplateThatRefusesIsQuoted() async throws {
        let template = try Tutti.file("template.jinja", "a\n{{ raise_exception('no messages here') }}")
        let outcome = try await Tutti.run("template", "--template", template.path, "-", input: "{}")
        #expect(outcome.status == 1)
        #expect(outcome.error.contains("no messages here") && outcome.error.contains("line 2"))
        let broken = try await Tutti.run("template", "--template", template.path, "-", input: "[1")
        #expect(broken.status == 1)
        #expect(broken.error.hasPrefix("tutti: "))
    }

    @Test func scoreAnswersEveryLineFromTheSecondToken() async throws {
        let lines = "{\"text\":\"The cat sat on the mat.\"}\n{\"ids\":[504,2644]}\n{\"ids\":[504]}\n{\"ids\":[]}\n"
        let outcome = try await Tutti.run(
            "score", "-m", Tutti.model, "--exact", "--top", "3", "--json", "-", input: lines)
        #expect(outcome.status == 0)
        #expect(outcome.error == "")
        let answers = try outcome.jsonLines().map { $0["tokens"] as? [[String: Any]] ?? [] }
        #expect(answers.map(\.count) == [6, 1, 0, 0])
        let first = try #require(answers.first?.first)
        #expect(first["id"] as? Int == 2644)
        // The same two tokens in another line: the same number.
        let alone = try #require(answers[1].first?["logprob"] as? Double)
        #expect(abs(try #require(first["logprob"] as? Double) - alone) < 1e-3)
        for token in answers[0] {
            let top = try #require(token["top"] as? [[String: Any]]).compactMap { $0["logprob"] as? Double }
            #expect(top.count == 3 && top == top.sorted(by: >))
            #expect(try #require(top.first) >= (try #require(token["logprob"] as? Double)) - 1e-9)
        }
        let unknown = try await Tutti.run("score", "-m", Tutti.model, "--json", "-", input: "{\"ids\":[1,99999999]}")
        #expect(unknown.status == 1)
        #expect(unknown.error.contains("line 1"))
    }

    @Test func perplexityAgreesWithTheExactGolden() async throws {
        let golden = try #require(try PerplexityGolden.english().exact.first { $0.window == 256 })
        let outcome = try await Tutti.run("perplexity", "-m", Tutti.model, "--json", Self.english)
        #expect(outcome.status == 0)
        let answer = try outcome.json()
        #expect(answer["tokens"] as? Int == golden.scored)
        let perplexity = try #require(answer["perplexity"] as? Double)
        #expect(abs(perplexity / golden.perplexity - 1) < 0.005)
    }

    @Test func benchKeepsItsContract() async throws {
        let outcome = try await Tutti.run(
            "bench", "-m", Tutti.model, "--prefill", "16,32", "--decode", "8", "--depth", "0,40", "--threads", "1",
            "--parallel", "1,2", "--rounds", "2", "--json")
        #expect(outcome.status == 0)
        #expect(outcome.error == "")
        let report = try outcome.json()
        #expect(report["model"] as? String == Tutti.model)
        #expect(report["threads"] as? Int == 1)
        #expect(try #require(report["load_seconds"] as? Double) > 0)
        #expect(try #require(report["peak_memory_bytes"] as? Int) > 50_000_000)
        let cpu = try #require(report["cpu"] as? [String: Any])
        #expect(cpu["features"] is [String])
        #expect(try #require(cpu["name"] as? String) != "")
        let file = try #require(report["file"] as? String)
        #expect(FileManager.default.fileExists(atPath: file))
        let results = try #require(report["results"] as? [[String: Any]])
        #expect(results.count == 12)
        for result in results {
            let rounds = try #require(result["rounds"] as? [Double]),
                rate = try #require(
                    result["tokens_per_second"] as? Double)
            #expect(rounds.count == 2)
            #expect(rate > 0 && rate >= rounds.min() ?? .infinity && rate <= rounds.max() ?? 0)
        }
        #expect(Set(results.compactMap { $0["kind"] as? String }) == ["prefill", "decode"])
        #expect(Set(results.compactMap { $0["depth"] as? Int }) == [0, 40])
        #expect(Set(results.compactMap { $0["parallel"] as? Int }) == [1, 2])
    }

    @Test func benchUnderLoadKeepsItsContract() async throws {
        let outcome = try await Tutti.run(
            "bench", "-m", Tutti.model, "--conversations", "1,3", "--prefill", "40", "--decode", "6", "--threads", "1",
            "--rounds", "2", "--price", "3.6", "--json")
        #expect(outcome.status == 0)
        #expect(outcome.error == "")
        let report = try outcome.json()
        #expect(report["price_per_hour"] as? Double == 3.6)
        let results = try #require(report["results"] as? [[String: Any]])
        #expect(results.compactMap { $0["conversations"] as? Int } == [1, 3])
        #expect(results.compactMap { $0["requests"] as? Int } == [2, 6])
        for result in results {
            let rate = try #require(result["tokens_per_second"] as? Double)
            let seconds = try #require(result["seconds"] as? Double)
            let requests = try #require(result["requests"] as? Int)
            #expect(abs(rate * seconds - Double(requests * 6)) < 1e-6)
            // 3.6 an hour is 0.001 a second.
            let cost = try #require(result["cost_per_million_tokens"] as? Double)
            #expect(abs(cost * rate - 1000) < 1e-6)
            for (name, count) in [("first_token_seconds", requests), ("between_tokens_seconds", requests * 5)] {
                let times = try #require(result[name] as? [String: Any])
                let all = try #require(times["all"] as? [Double])
                #expect(all.count == count && all == all.sorted() && all[0] >= 0)
                #expect(times["p50"] as? Double == all[(count + 1) / 2 - 1])
                #expect(try #require(times["p95"] as? Double) >= all[(count + 1) / 2 - 1])
            }
        }
    }

    @Test func benchSaysWhatTokensCost() async throws {
        let outcome = try await Tutti.run(
            "bench", "-m", Tutti.model, "--prefill", "8", "--decode", "0", "--rounds", "1", "--price", "2.5")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("at 2.50 an hour (--price): a million tokens of prompts cost "))
        #expect(!outcome.output.contains("of answers cost"))
        #expect(!outcome.output.contains("\ndecode"))
    }
}
