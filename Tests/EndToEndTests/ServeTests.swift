import Foundation
import TestSupport
import Testing
import TuttiCheckpoints

/// `tutti serve` as a process: how it starts and how it stops.
@Suite(.serialized) struct ServeTests {
    @Test func saysWhatIsInForceAndWhereItCameFrom() async throws {
        var tutti = try Tutti.program()
        tutti.environment["TUTTI_API_KEY"] = "sk-very-secret"
        tutti.environment["TUTTI_MAX_SEQUENCES"] = "3"
        let outcome = try await tutti.run(["serve", "--port", "1234", "--print-config"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains(/port +1234 +flag --port\n/))
        #expect(outcome.output.contains(/maxSequences +3 +environment TUTTI_MAX_SEQUENCES\n/))
        #expect(outcome.output.contains(/host +127.0.0.1 +default\n/))
        #expect(!outcome.output.contains("very-secret"))
    }

    @Test(arguments: [
        (["--host", "0.0.0.0"], "without a key"), (["--cors", "*"], "needs a key"), (["--port", "70000"], "`port`"),
        (["--model", "no-such-model"], "no model `no-such-model`"), (["--config", "/no/such"], "cannot be read"),
        (["--tls-certificate", "a.pem"], "TLS needs both"), (["--log-level", "loud"], "`logLevel`"),
    ])
    func whatCannotBeServedIsSaid(arguments: [String], message: String) async throws {
        var tutti = try Tutti.program()
        tutti.environment["TUTTI_API_KEY"] = nil
        let outcome = try await tutti.run(
            ["serve", "--port", "0", "--data", try Tutti.folder().path] + arguments, seconds: 20)
        #expect(outcome.status != 0 && !outcome.timedOut)
        #expect(outcome.error.contains(message), "\(outcome.error)")
    }

    @Test func runningRequestsEndBeforeTheServerDoes() async throws {
        let server = try await OwnServer()
        let line = try server.begin(OwnServer.story(stream: true, tokens: 300))
        #expect(line.read(seconds: 20, until: "data:").text.contains("200 OK"))
        server.program.send(SIGTERM)
        _ = try await server.program.waitForError("stopping when 1 running")
        let refused = try server.begin(OwnServer.story(stream: false))
        let answer = refused.read(seconds: 10, until: "}}").text
        #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.lowercased().contains("retry-after: "), "\(answer)")
        #expect(try server.get("/health/ready").hasPrefix("HTTP/1.1 503 "))
        let (rest, isClosed) = line.read(seconds: 30)
        #expect(rest.contains("[DONE]") && isClosed)
        #expect(try await server.program.waitForEnd() == 0)
    }

    @Test func theWaitForRunningRequestsIsBounded() async throws {
        let server = try await OwnServer(["--drain-seconds", "1"])
        let line = try server.begin(OwnServer.story(stream: true))
        #expect(line.read(seconds: 20, until: "data:").text.contains("200 OK"))
        let start = ContinuousClock.now
        server.program.send(SIGTERM)
        #expect(try await server.program.waitForEnd(seconds: 15) == 0)
        #expect((.seconds(1)...(.seconds(8))).contains(ContinuousClock.now - start))
    }

    @Test func keysAreMadeListedAndRevoked() async throws {
        let data = try Tutti.folder()
        let made = try await Tutti.run(
            "keys", "create", "--name", "laptop", "--scope", "inference", "--days", "2", "--data", data.path)
        #expect(made.status == 0)
        let key = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
        let id = try #require(key.split(separator: "-").dropFirst(2).first.map(String.init))
        let listed = try await Tutti.run("keys", "list", "--data", data.path)
        #expect(listed.output.contains("laptop") && listed.output.contains(id) && listed.output.contains("valid until"))
        #expect(!listed.output.contains(key))
        #expect(try await Tutti.run("keys", "revoke", id, "--data", data.path).status == 0)
        #expect(try await Tutti.run("keys", "list", "--data", data.path).output.contains("revoked"))
        let again = try await Tutti.run("keys", "revoke", id, "--data", data.path)
        #expect(again.status == 1 && again.error.contains("no key `\(id)`"))
        #expect(try await Tutti.run("keys", "create", "--scope", "everything").status == 2)
    }

    @Test func speaksTLS() async throws {
        let folder = goldens("EndToEndTests").appending(path: "tls")
        let certificate = folder.appending(path: "certificate.pem").path
        let server = try await OwnServer([
            "--tls-certificate", certificate, "--tls-key", folder.appending(path: "key.pem").path,
        ])
        let curl = Program(URL(filePath: "/usr/bin/env"))
        let outcome = try await curl.run(
            ["curl", "-sS", "--cacert", certificate, "https://localhost:\(server.port)/health"], seconds: 20)
        #expect(outcome.status == 0 && outcome.output.contains("\"status\":\"ok\""), "\(outcome.error)")
        let plain = try await curl.run(
            ["curl", "-sS", "http://localhost:\(server.port)/health"], seconds: 20)
        #expect(plain.status != 0)
    }

    @Test func aBusyPortIsSaid() async throws {
        let server = try await OwnServer()
        let outcome = try await Tutti.program().run(
            ["serve", "--port", "\(server.port)", "--data", try Tutti.folder().path], seconds: 20)
        #expect(outcome.status == 1)
        #expect(outcome.error.contains("another program listens on 127.0.0.1:\(server.port) already"))
    }
}
