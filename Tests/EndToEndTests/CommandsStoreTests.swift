import Foundation
import TestSupport
import Testing

/// The commands around the model store, with a store of their own and a model that is a small file.
@Suite struct CommandsStoreTests {
    /// "toy", 12 bytes, which a catalog of the store's own takes from a file of the store's folder.
    private static func toyStore() throws -> Program {
        let home = try Tutti.folder()
        try Data("hello, tutti".utf8).write(to: home.appending(path: "origin.bin"))
        let catalog = """
            {"models": [{
              "name": "toy", "description": "A toy.", "licence": "CC0-1.0",
              "files": [{"file": "toy.gguf", "byteCount": 12, "sha256": "\(toySHA256)"}],
              "sources": [{"kind": "file", "path": "origin.bin"}]
            }]}
            """
        try Data(catalog.utf8).write(to: home.appending(path: "catalog.json"))
        var program = try Tutti.program()
        program.environment["TUTTI_HOME"] = home.path
        return program
    }

    private static let toySHA256 = "3413ba46554ee37fd9001378458bc54f98af500f4945c8b446e2d6d32792647e"

    @Test func aModelComesAndGoes() async throws {
        let tutti = try Self.toyStore()
        let before = try await tutti.run(["list", "--json"]).json()
        let models = try #require(before["models"] as? [[String: Any]])
        #expect(models.first { $0["name"] as? String == "toy" }?["here"] as? Bool == false)
        #expect(before["default"] as? String == "qwen2.5-coder-0.5b")

        let pulled = try await tutti.run(["pull", "toy"])
        #expect(pulled.status == 0)
        #expect(pulled.output.hasPrefix("toy is here: ") && pulled.output.hasSuffix("toy.gguf\n"))
        let again = try await tutti.run(["pull", "toy"])
        #expect(again.output == pulled.output)
        #expect(again.error == "")

        let list = try await tutti.run(["list"])
        #expect(list.output.contains("toy"))
        let removed = try await tutti.run(["rm", "toy"])
        #expect(removed.status == 0)
        #expect(removed.output == "removed toy, 12 bytes\n")
        let gone = try await tutti.run(["rm", "toy"])
        #expect(gone.status == 3)
        #expect(gone.error.contains("tutti pull toy"))
    }

    @Test func aFileOfTheUsersIsCheckedBeforeItIsTaken() async throws {
        let tutti = try Self.toyStore()
        let good = try Tutti.file("mine.gguf", "hello, tutti"), bad = try Tutti.file("mine.gguf", "hello, world")
        let refused = try await tutti.run(["pull", "toy", "--file", bad.path])
        #expect(refused.status == 1)
        #expect(refused.error.contains("SHA-256"))
        let taken = try await tutti.run(["pull", "toy", "--file", good.path])
        #expect(taken.status == 0)
        let missing = try await tutti.run(["pull", "toi"])
        #expect(missing.status == 3)
        #expect(missing.error.contains("`toy`"))
    }

    @Test func doctorNamesWhatIsMissingAndTheRemedy() async throws {
        var tutti = try Self.toyStore()
        let folder = try Tutti.folder()
        tutti.environment["PATH"] = folder.path
        let outcome = try await tutti.run(["doctor"])
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("unzip is missing"))
        #expect(outcome.output.contains("install"))
        #expect(outcome.output.contains("tutti pull qwen2.5-coder-0.5b"))
        let report = try await tutti.run(["doctor", "--json"]).json()
        #expect(report["ok"] as? Bool == false)
        #expect(try #require(report["problems"] as? [[String: String]]).count >= 3)
    }

    @Test func doctorFindsADamagedModel() async throws {
        let tutti = try Self.toyStore()
        _ = try await tutti.run(["pull", "toy"])
        let whole = try await tutti.run(["doctor", "--verify", "--json"]).json()
        let models = try #require(whole["models"] as? [[String: Any]])
        #expect(models.count == 1 && models[0]["whole"] as? Bool == true)
        let home = try #require(tutti.environment["TUTTI_HOME"])
        try Data("hello, world".utf8).write(to: URL(filePath: "\(home)/models/toy/toy.gguf"))
        let unread = try await tutti.run(["doctor", "--json"]).json()
        #expect((unread["models"] as? [[String: Any]])?.first?["whole"] as? Bool == true)
        let verified = try await tutti.run(["doctor", "--verify"])
        #expect(verified.status == 1)
        #expect(verified.output.contains("tutti rm toy && tutti pull toy"))
    }

    @Test func showTellsWhatAModelIs() async throws {
        let outcome = try await Tutti.run("show", Tutti.model, "--json")
        #expect(outcome.status == 0)
        let card = try outcome.json()
        #expect(card["architecture"] as? String == "llama")
        #expect(card["usable"] as? Bool == true)
        #expect(card["vocabulary"] as? Int == 49152)
        #expect(card["parameters"] as? Int == 134_515_008)
        let shape = try #require(card["shape"] as? [String: Any])
        #expect(shape["layers"] as? Int == 30 && shape["context"] as? Int == 8192)
        let memory = try #require(card["memory"] as? [String: Any])
        let conversations = try #require(memory["conversations"] as? [[String: Any]])
        #expect(conversations.map { $0["tokens"] as? Int } == [8192])
        let cache = try #require(conversations[0]["cache"] as? [String: Int])
        let total = try #require(conversations[0]["total"] as? [String: Int])
        let f16 = try #require(cache["f16"]), q8 = try #require(cache["q8_0"])
        // Of every token 30 layers keep 3 heads of 64 numbers for keys and for values, 2 bytes each.
        let numbers = 30 * 3 * 64 * 2
        #expect(f16 >= 8192 * numbers * 2 && f16 <= 8224 * numbers * 2)
        #expect(q8 < f16)
        #expect(try #require(total["f16"]) > f16 + (try #require(memory["weights"] as? Int)))
        let text = try await Tutti.run("show", Tutti.model)
        #expect(text.output.contains("text: native") && text.output.contains("Apache-2.0"))
        let template = try await Tutti.run("show", Tutti.model, "--template")
        #expect(template.output == card["template"] as? String)
    }

    @Test func showSaysThatAnArchitectureIsNotKnown() async throws {
        let file = try Tutti.folder().appending(path: "odd.gguf")
        // A header alone: the magic, version 3, no tensors, one key.
        var bytes = Data("GGUF".utf8)
        func number<T: FixedWidthInteger>(_ value: T) { withUnsafeBytes(of: value.littleEndian) { bytes += Data($0) } }
        number(UInt32(3))
        number(UInt64(0))
        number(UInt64(1))
        let key = "general.architecture", value = "perceptron"
        number(UInt64(key.utf8.count))
        bytes += Data(key.utf8)
        number(UInt32(8))
        number(UInt64(value.utf8.count))
        bytes += Data(value.utf8)
        bytes += Data(count: 64)
        try bytes.write(to: file)
        let outcome = try await Tutti.run("show", file.path)
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("perceptron"))
        #expect(outcome.error.contains("does not know yet"))
        let run = try await Tutti.run("run", "-m", file.path, "x")
        #expect(run.status == 1)
        #expect(run.error.hasPrefix("tutti: "))
    }
}
