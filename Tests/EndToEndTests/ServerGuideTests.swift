import Foundation
import TestSupport
import Testing

/// The guides about the server: their blocks run, against a server as they start it.
@Suite(.serialized) struct ServerGuideTests {
    private func blocks(_ guide: String, _ language: String) throws -> [String] {
        let text = try String(contentsOf: repository.appending(path: "docs/guides/\(guide)"), encoding: .utf8)
        return text.components(separatedBy: "```\(language)\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
    }

    private static let address = "http://127.0.0.1:8080"

    /// One after the other, as a reader would type them.
    @Test(arguments: [
        "api-chat.md", "api-responses.md", "files-and-batches.md", "moving-from-openai.md", "moving-from-ollama.md",
        "speech.md",
    ])
    func thePythonRuns(guide: String) async throws {
        let url = try await Served.shared.url()
        let blocks = try blocks(guide, "python")
        #expect(blocks.count >= 1)
        // What they write stays in a folder of its own.
        let place = "import os, tempfile\nos.chdir(tempfile.mkdtemp())\n"
        let program = place + blocks.joined(separator: "\n").replacingOccurrences(of: Self.address, with: url)
        let file = try Tutti.file("guide.py", program)
        let outcome = try await Served.shared.python().run([file.path], seconds: 300)
        #expect(outcome.status == 0, "\(outcome.error.suffix(2000))")
        #expect(outcome.output.split(separator: "\n").count >= blocks.count)
    }

    @Test(arguments: [
        "api-chat.md", "api-responses.md", "files-and-batches.md", "moving-from-openai.md", "moving-from-ollama.md",
        "serve.md",
    ])
    func theCommandsRun(guide: String) async throws {
        let url = try await Served.shared.url()
        // A server runs already, and models were fetched before the tests.
        for block in try blocks(guide, "sh") where block.contains("curl") {
            let script = "set -e\n" + block.replacingOccurrences(of: Self.address, with: url)
            let outcome = try await Program(URL(filePath: "/bin/sh")).run(["-c", script])
            #expect(outcome.status == 0, "\(outcome.error)")
            let answer = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            // A response tells that it has no error.
            #expect(answer != nil && (answer?["error"] == nil || answer?["error"] is NSNull))
        }
    }

    @Test func theSwiftIsTheExampleAndRuns() async throws {
        let example = try String(
            contentsOf: repository.appending(path: "Examples/ChatOverHTTP/main.swift"), encoding: .utf8)
        #expect(try blocks("api-chat.md", "swift") == [example])
        let question = "What is the capital of France? Answer in one word."
        let outcome = try await Program.built("ChatOverHTTP").run([question, try await Served.shared.url()])
        #expect(outcome.status == 0 && outcome.output.contains("Paris"))
    }
}
