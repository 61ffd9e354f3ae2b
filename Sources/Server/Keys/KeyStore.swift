package import Foundation
import GRDB
import TuttiOpenAI

/// The keys in the database.
package struct KeyStore: Sendable {
    private let database: ServerDatabase

    package init(_ database: ServerDatabase) { self.database = database }

    static func register(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("keys-1") { database in
            try database.create(table: "apiKey") { table in
                table.primaryKey("id", .text)
                table.column("name", .text).notNull()
                table.column("hash", .blob).notNull()
                table.column("scopes", .text).notNull()
                table.column("created", .double).notNull()
                table.column("expires", .double)
                table.column("lastUsed", .double)
                table.column("revoked", .double)
            }
        }
    }

    /// Makes a key.
    /// - Parameters:
    ///   - project: Whose objects it uses.
    ///   - lifetime: Seconds after which it expires; nil for never.
    /// - Returns: The key, which is not stored and cannot be shown again, and its record.
    package func create(
        name: String, scopes: Set<KeyScope>, project: Project = .standard, lifetime: TimeInterval? = nil,
        now: Date = .now
    ) async throws -> (key: String, record: KeyRecord) {
        let secret = KeySecret.make(), now = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded())
        let record = KeyRecord(
            id: secret.id, name: name, hash: KeySecret.hash(secret.key), scopes: scopes, project: project,
            created: now, expires: lifetime.map { now.addingTimeInterval($0) })
        try await database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO apiKey (id, name, hash, scopes, project, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    record.id, record.name, Data(record.hash),
                    record.scopes.map(\.rawValue).sorted().joined(separator: ","), record.project,
                    record.created.timeIntervalSince1970, record.expires?.timeIntervalSince1970,
                ])
        }
        return (secret.key, record)
    }

    /// Every key, the oldest first; revoked ones too.
    package func list() async throws -> [KeyRecord] { try await database.read { try Self.all($0) } }

    /// As ``list()``, on the calling thread.
    func listNow() throws -> [KeyRecord] { try database.pool.read { try Self.all($0) } }

    private static func all(_ database: Database) throws -> [KeyRecord] {
        try Row.fetchAll(database, sql: "SELECT * FROM apiKey ORDER BY created, id").map { row in
            let hash: Data = row["hash"], scopes: String = row["scopes"]
            let dates = ["expires", "lastUsed", "revoked"].map { name -> Date? in
                let seconds: Double? = row[name]
                return seconds.map { Date(timeIntervalSince1970: $0) }
            }
            return KeyRecord(
                id: row["id"], name: row["name"], hash: Array(hash),
                scopes: Set(scopes.split(separator: ",").compactMap { KeyScope(rawValue: String($0)) }),
                project: row["project"], created: Date(timeIntervalSince1970: row["created"]), expires: dates[0],
                lastUsed: dates[1],
                revoked: dates[2])
        }
    }

    /// Makes a key useless at once.
    /// - Returns: Whether there was such a key that was not revoked before.
    package func revoke(_ id: String, now: Date = .now) async throws -> Bool {
        try await database.write { database in
            try database.execute(
                sql: "UPDATE apiKey SET revoked = ? WHERE id = ? AND revoked IS NULL",
                arguments: [now.timeIntervalSince1970, id])
            return database.changesCount > 0
        }
    }

    func noteUse(of id: String, at date: Date) async throws {
        try await database.write { database in
            try database.execute(
                sql: "UPDATE apiKey SET lastUsed = ? WHERE id = ?", arguments: [date.timeIntervalSince1970, id])
        }
    }
}
