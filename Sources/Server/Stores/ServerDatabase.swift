package import Foundation
package import GRDB
import TuttiCheckpoints

/// The server's SQLite database: what was acknowledged is on the disk.
package struct ServerDatabase: Sendable {
    package let pool: DatabasePool
    /// The folder of the database, in which files lie too.
    package let folder: URL

    /// Opens the database of a folder, makes it if need be, and brings it up to date.
    /// - Throws: ``ServerDatabaseError``.
    package init(folder: URL) throws {
        self.folder = folder
        let file = folder.appending(path: "tutti.sqlite")
        do {
            // What is in it is for its owner's eyes.
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ServerDatabaseError.unusable(file: file.path, reason: error.localizedDescription)
        }
        var configuration = Configuration()
        configuration.label = "tutti"
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA foreign_keys = ON") }
        do {
            pool = try DatabasePool(path: file.path, configuration: configuration)
            // GRDB's write-ahead log is not flushed at each commit; an acknowledged object has to outlive the machine.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
            let migrator = Self.migrator
            if try pool.read({ try migrator.hasBeenSuperseded($0) }) {
                throw ServerDatabaseError.newer(file: file.path)
            }
            try migrator.migrate(pool)
        } catch let error as DatabaseError {
            throw ServerDatabaseError(error, file: file.path)
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        KeyStore.register(&migrator)
        IdempotencyStore.register(&migrator)
        ChatCompletionStore.register(&migrator)
        ConversationStore.register(&migrator)
        ResponseStore.register(&migrator)
        FileStore.register(&migrator)
        UploadStore.register(&migrator)
        BatchStore.register(&migrator)
        Project.register(&migrator)
        SpokenAnswerStore.register(&migrator)
        return migrator
    }

    package func read<Value: Sendable>(
        _ value: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await pool.read(value)
    }

    /// One transaction; when this returns, it is on the disk.
    package func write<Value: Sendable>(
        _ updates: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await pool.write(updates)
    }
}

/// Why the database cannot be used.
package enum ServerDatabaseError: Error, Equatable, CustomStringConvertible {
    case newer(file: String)
    case diskFull(file: String)
    case unusable(file: String, reason: String)

    init(_ error: DatabaseError, file: String) {
        self =
            error.resultCode == .SQLITE_FULL
            ? .diskFull(file: file) : .unusable(file: file, reason: error.message ?? "\(error.resultCode)")
    }

    package var description: String {
        switch self {
        case .newer(let file):
            "\(file) was written by a newer version of Tutti. Use that one, or another folder (--data)."
        case .diskFull(let file):
            "the disk is full: \(file) cannot be written. Make room and start again."
        case .unusable(let file, let reason):
            "\(file) cannot be used as a database: \(reason)."
        }
    }
}
