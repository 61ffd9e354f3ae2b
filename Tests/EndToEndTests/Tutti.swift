import Foundation
import TestSupport

/// The built program `tutti`, as a person in a shell has it.
enum Tutti {
    static let model = "smollm2-135m"

    static func program() throws -> Program { try Program.built("tutti") }

    /// Runs a command and waits for it.
    static func run(_ arguments: String..., input: String? = nil, seconds: Double = 120) async throws -> Program.Outcome
    {
        try await program().run(arguments, input: input, seconds: seconds)
    }

    /// A file with this content that lies in a folder of its own.
    static func file(_ name: String, _ content: String) throws -> URL {
        let file = try folder().appending(path: name)
        try Data(content.utf8).write(to: file)
        return file
    }

    /// A fresh folder among the system's temporary ones.
    static func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tutti-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }
}
