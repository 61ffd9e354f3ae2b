import Foundation
import TestSupport
import Testing

/// What the server acknowledged outlives it: scripts/crash-test.py kills it while it writes, and looks.
@Suite(.serialized) struct CrashTests {
    @Test func whatWasAcknowledgedIsThereAfterEveryKill() async throws {
        let kills = Int(ProcessInfo.processInfo.environment["KILLS"] ?? "") ?? 5
        let script = repository.appending(path: "scripts/crash-test.py").path
        let outcome = try await Program(URL(filePath: "/usr/bin/env")).run(
            ["python3", script, try Tutti.program().executable.path, "--kills", "\(kills)"],
            seconds: 300 + Double(kills) * 20)
        #expect(outcome.status == 0, "\(outcome.error.suffix(3000))")
        #expect(outcome.output.contains("\(kills) kills: "))
    }
}
