import Foundation
import Testing
import TuttiServer

@Suite struct SettingsTests {
    private func file(_ text: String) throws -> String {
        let file = try TestServer.folder().appending(path: "server.json")
        try Data(text.utf8).write(to: file)
        return file.path
    }

    @Test func flagsComeBeforeTheEnvironmentAndThatBeforeTheFile() async throws {
        let file = try file(
            #"{"port": 1, "host": "localhost", "maxSequences": 5, "model": ["a", "b"], "alias": ["x=y"]}"#)
        let (settings, ledger) = try await ServerSettings.read(
            flags: [.port: .int(3)], environment: ["TUTTI_PORT": "2", "TUTTI_HOST": "127.0.0.2", "TUTTI_DATA": "/d"],
            file: file)
        #expect(settings.port == 3 && settings.host == "127.0.0.2" && settings.maximumSequences == 5)
        #expect(settings.models == ["a", "b"] && settings.aliases == ["x": "y"])
        #expect(settings.dataFolder?.path == "/d" && settings.maximumWaiting == 256)
        let sources = Dictionary(ledger.entries.map { ($0.key, $0.source) }, uniquingKeysWith: { $1 })
        #expect(sources["port"] == "flag --port" && sources["host"] == "environment TUTTI_HOST")
        #expect(sources["maxSequences"] == "file \(file)" && sources["maxWaiting"] == "default")
        #expect(Set(sources.keys) == Set(SettingKey.allCases.map(\.rawValue)))
    }

    @Test func aKeyIsNeverShown() async throws {
        let (settings, ledger) = try await ServerSettings.read(
            flags: [:], environment: ["TUTTI_API_KEY": "sk-very-secret"], file: nil)
        #expect(settings.apiKey == "sk-very-secret")
        #expect(!ledger.entries.contains { $0.value.contains("very") })
        #expect(ledger.entries.contains { $0.key == "apiKey" && $0.value == "(set, not shown)" })
    }

    @Test func emptyVariablesAreNotSet() async throws {
        let settings = try await ServerSettings.read(
            flags: [:], environment: ["TUTTI_API_KEY": "", "TUTTI_PORT": ""], file: nil
        ).settings
        #expect(settings.apiKey == nil && settings.port == 8080)
    }

    @Test(arguments: [
        (["TUTTI_PORT": "many"], "`port` has to be a whole number, but is not (environment TUTTI_PORT)."),
        (["TUTTI_PORT": "70000"], "`port` cannot be so: it is 70000, but has to be from 0 to 65535."),
        (["TUTTI_FETCH_URLS": "perhaps"], "`fetchUrls` has to be true or false"),
        (["TUTTI_LOG_FORMAT": "xml"], "`logFormat` cannot be so: it is `xml`"),
        (["TUTTI_ALIAS": "x"], "`alias` cannot be so: `x` is not of the form NAME=MODEL."),
        (["TUTTI_TLS_KEY": "k.pem"], "TLS needs both"), (["TUTTI_API_KEY": "a b c d e f"], "no white space"),
        (["TUTTI_CORS": "app.example"], "is no origin such as"),
    ])
    func whatCannotBeIsNamed(environment: [String: String], message: String) async throws {
        let error = await #expect(throws: SettingsError.self) {
            try await ServerSettings.read(flags: [:], environment: environment, file: nil)
        }
        #expect("\(error!)".contains(message), "\(error!)")
    }

    @Test(arguments: [
        (#"{"prot": 1}"#, "sets `prot`, which is not known"), ("{", "cannot be used"), ("[]", "holds no JSON object"),
        (#"{"port": "x"}"#, "`port` has to be a whole number"),
    ])
    func whatIsWrongWithAFileIsSaid(text: String, message: String) async throws {
        let file = try file(text)
        let error = await #expect(throws: SettingsError.self) {
            try await ServerSettings.read(flags: [:], environment: [:], file: file)
        }
        #expect("\(error!)".contains(message) && "\(error!)".contains(file), "\(error!)")
    }

    @Test func aFileThatIsNotThereIsSaid() async {
        await #expect(throws: SettingsError.badFile("/no/such/file", reason: "it cannot be read")) {
            try await ServerSettings.read(flags: [:], environment: [:], file: "/no/such/file")
        }
    }
}
