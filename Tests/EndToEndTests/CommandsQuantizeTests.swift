import Foundation
import TestSupport
import Testing

@Suite struct CommandsQuantizeTests {
    private static let english = repository.appending(path: "scripts/goldens/inputs/english.txt").path

    @Test func aFileIsWrittenAndForetellsAsItsLoadingOnTheWay() async throws {
        let folder = try Tutti.folder(), target = folder.appending(path: "small.gguf").path
        defer { try? FileManager.default.removeItem(at: folder) }
        let outcome = try await Tutti.run("quantize", Tutti.model, target, "q4_k_m")
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("\(target): ") && outcome.output.contains("bits a weight"))
        #expect(outcome.error.contains("quantised already"))
        let file = try await Tutti.run("perplexity", "-m", target, "--json", Self.english).json()
        let loaded = try await Tutti.run(
            "perplexity", "-m", Tutti.model, "--as", "q4_k_m", "--json", Self.english
        ).json()
        let perplexity = try #require(file["perplexity"] as? Double)
        #expect(loaded["perplexity"] as? Double == perplexity)
        #expect(perplexity > 28 && perplexity < 34)

        let again = try await Tutti.run("quantize", Tutti.model, target, "Q8_0")
        #expect(again.status == 1)
        #expect(again.error.contains("--force"))
        let forced = try await Tutti.run("quantize", Tutti.model, target, "Q8_0", "--force", "--threads", "1")
        #expect(forced.status == 0)
        let itself = try await Tutti.run("quantize", target, target, "Q4_0", "--force")
        #expect(itself.status == 1)
        #expect(itself.error.contains("is being read"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["small.gguf"])
    }

    @Test(arguments: [
        ["quantize", Tutti.model, "out.gguf", "q9_z"], ["quantize", Tutti.model, "out.bin", "q8_0"],
        ["quantize", Tutti.model, "out.gguf"], ["perplexity", "--as", "nothing", "x"],
    ])
    func wrongUseIsExplained(arguments: [String]) async throws {
        let outcome = try await Tutti.program().run(arguments)
        #expect(outcome.status == 2)
        #expect(outcome.error.hasPrefix("tutti: "), "\(outcome.error)")
        #expect(!FileManager.default.fileExists(atPath: "out.gguf"))
    }

    @Test func aModelThatIsNotThereIsNotFound() async throws {
        let outcome = try await Tutti.run("quantize", "no-such-model", "out.gguf", "q8_0")
        #expect(outcome.status == 3)
    }
}
