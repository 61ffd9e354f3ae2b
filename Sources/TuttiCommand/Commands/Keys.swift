import ArgumentParser
import Foundation
import Tutti
import TuttiServer

struct Keys: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, list and revoke the server's keys.",
        discussion: """
            A running server heeds changes within a second. Only hashes are stored: a key is shown once.

            Examples:
              tutti keys create --name laptop
              tutti keys create --name batch-job --scope files --scope inference --days 30
              tutti keys create --name shop --project shop
              tutti keys list
              tutti keys revoke 3fZk0aQw81Lm
            """,
        subcommands: [Create.self, List.self, Revoke.self])

    struct DataOptions: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "The server's data folder (default: `server` in the model store).", valueName: "folder"),
            completion: .directory)
        var data: String?

        func store() async throws -> KeyStore {
            let flags: [SettingKey: SettingValue] = data.map { [.data: .string($0)] } ?? [:]
            let environment = ProcessInfo.processInfo.environment.filter { $0.key == "TUTTI_DATA" }
            let (settings, _) = try await ServerSettings.read(flags: flags, environment: environment, file: nil)
            return KeyStore(try ServerDatabase(folder: settings.folder(home: try ModelStore().home)))
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key and show it, once.",
            discussion: """
                Scopes: all; read (every GET); inference (chat, responses, completions, embeddings); files (files, \
                uploads, batches); metrics.

                Example:
                  tutti keys create --name laptop --scope inference --days 90
                """)

        @Option(help: ArgumentHelp("Whose it is, for the list.", valueName: "text"))
        var name = ""

        @Option(help: ArgumentHelp("What it may do; may be repeated (default: all).", valueName: "scope"))
        var scope: [KeyScope] = []

        @Option(
            help: ArgumentHelp(
                "Whose files, conversations and the rest it uses: keys of one project share them (default: default).",
                valueName: "name"))
        var project = Project.standard

        @Option(help: ArgumentHelp("It expires after so many days (default: never).", valueName: "n"))
        var days: Int?

        @OptionGroup var data: DataOptions

        func validate() throws {
            if let days { try require(days, "--days", in: 1...36_500) }
        }

        func run() async throws {
            let made = try await data.store().create(
                name: name, scopes: scope.isEmpty ? [.all] : Set(scope), project: project,
                lifetime: days.map { Double($0) * 86_400 })
            try Output.line(made.key)
            Output.note("This is the only time that it is shown. Its id is \(made.record.id).")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the keys, without their secrets.",
            discussion: """
                Example:
                  tutti keys list
                """)

        @Flag(help: "Write one JSON document in place of the table.")
        var json = false

        @OptionGroup var data: DataOptions

        func run() async throws {
            let records = try await data.store().list()
            if json { return try Output.document(.array(records.map(Keys.json))) }
            var table = Table("ID", "NAME", "PROJECT", "SCOPES", "CREATED", "LAST USED", "STATE")
            for record in records {
                table.append(
                    record.id, record.name, record.project.rawValue,
                    record.scopes.map(\.rawValue).sorted().joined(separator: ","), Keys.text(record.created),
                    record.lastUsed.map(Keys.text) ?? "never", Keys.state(record))
            }
            try Output.line(table.text)
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key useless.",
            discussion: """
                Example:
                  tutti keys revoke 3fZk0aQw81Lm
                """)

        @OptionGroup var data: DataOptions

        @Argument(help: "The key's id, as `tutti keys list` shows it.")
        var id: String

        func run() async throws {
            guard try await data.store().revoke(id) else {
                throw Failure("there is no key `\(id)` that could be revoked. `tutti keys list` shows them.")
            }
            try Output.line("\(id) is revoked.")
        }
    }

    private static func text(_ date: Date) -> String { date.formatted(.iso8601) }

    private static func state(_ record: KeyRecord) -> String {
        if let revoked = record.revoked { return "revoked \(text(revoked))" }
        guard let expires = record.expires else { return "valid" }
        return (expires < .now ? "expired " : "valid until ") + text(expires)
    }

    private static func json(_ record: KeyRecord) -> JSON {
        [
            "id": .string(record.id), "name": .string(record.name), "project": .string(record.project.rawValue),
            "scopes": .array(record.scopes.map(\.rawValue).sorted().map { .string($0) }),
            "created": .string(text(record.created)), "expires": record.expires.map { .string(text($0)) } ?? .null,
            "last_used": record.lastUsed.map { .string(text($0)) } ?? .null,
            "revoked": record.revoked.map { .string(text($0)) } ?? .null,
        ]
    }
}

extension KeyScope: ExpressibleByArgument {}

extension Project: ExpressibleByArgument {
    package init?(argument: String) { self.init(name: argument) }
}
