import Foundation
import TestSupport

/// A server that tests share, and the Python that speaks to it through other people's libraries.
actor Served {
    static let shared = Served()
    static let model = "qwen2.5-coder-0.5b"

    private var server: Task<(program: RunningProgram, url: String), any Error>?
    private var client: Task<Program, any Error>?

    /// The address of a server without a key, which stays for the tests to come.
    func url() async throws -> String {
        let task =
            server
            ?? Task {
                let folder = try Tutti.folder()
                let program = try RunningProgram(
                    try Tutti.program(), ["serve", "--port", "0", "--data", folder.path, "--log-level", "warning"])
                return (program, try await program.waitForError("listens on (http://[0-9.:]+)"))
            }
        server = task
        return try await task.value.url
    }

    /// The Python of scripts/clients.sh; the first time it is made, which takes a minute or two.
    func python() async throws -> Program {
        let task =
            client
            ?? Task {
                let script = Program(repository.appending(path: "scripts/clients.sh"))
                let outcome = try await script.run([], seconds: 900)
                guard outcome.status == 0 else { throw NoClients(reason: outcome.error) }
                var python = Program(URL(filePath: outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)))
                python.environment["PYTHONDONTWRITEBYTECODE"] = "1"
                python.environment["TUTTI_MODEL"] = Self.model
                return python
            }
        client = task
        return try await task.value
    }

    struct NoClients: Error, CustomStringConvertible {
        let reason: String
        var description: String { "scripts/clients.sh could not install the clients: \(reason)" }
    }

    /// Runs a file of Clients against the server.
    func run(_ file: String, _ arguments: [String] = [], seconds: Double = 600) async throws -> Program.Outcome {
        var python = try await python()
        python.environment["TUTTI_URL"] = try await url()
        let path = repository.appending(path: "Tests/EndToEndTests/Clients/\(file)").path
        return try await python.run([path] + arguments, seconds: seconds)
    }
}
