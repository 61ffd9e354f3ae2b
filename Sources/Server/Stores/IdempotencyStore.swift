package import Foundation
import GRDB

/// Answers that are given again to requests with the same `Idempotency-Key`.
package struct IdempotencyStore: Sendable {
    /// What a request is recognised by.
    package struct Name: Sendable, Hashable {
        /// Whose: the key's id, or nothing.
        package let owner: String
        /// The method and the path.
        package let request: String
        package let key: String

        package init(owner: String, request: String, key: String) {
            (self.owner, self.request, self.key) = (owner, request, key)
        }
    }

    /// An answer as it was given.
    package struct Answer: Sendable, Equatable {
        /// SHA-256 of the request's body.
        package let bodyHash: Data
        package let status: Int
        package let contentType: String
        package let body: Data

        package init(bodyHash: Data, status: Int, contentType: String, body: Data) {
            (self.bodyHash, self.status, self.contentType, self.body) = (bodyHash, status, contentType, body)
        }
    }

    private let database: ServerDatabase
    private let lifetime: TimeInterval

    package init(_ database: ServerDatabase, lifetime: TimeInterval) {
        self.database = database
        self.lifetime = lifetime
    }

    static func register(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("idempotency-1") { database in
            try database.create(table: "idempotentAnswer") { table in
                table.column("owner", .text).notNull()
                table.column("request", .text).notNull()
                table.column("key", .text).notNull()
                table.column("bodyHash", .blob).notNull()
                table.column("status", .integer).notNull()
                table.column("contentType", .text).notNull()
                table.column("body", .blob).notNull()
                table.column("created", .double).notNull().indexed()
                table.primaryKey(["owner", "request", "key"])
            }
        }
    }

    package func answer(_ name: Name, now: Date = .now) async throws -> Answer? {
        let oldest = now.timeIntervalSince1970 - lifetime
        return try await database.read { database in
            try Row.fetchOne(
                database,
                sql: "SELECT * FROM idempotentAnswer WHERE owner = ? AND request = ? AND key = ? AND created > ?",
                arguments: [name.owner, name.request, name.key, oldest]
            ).map {
                Answer(bodyHash: $0["bodyHash"], status: $0["status"], contentType: $0["contentType"], body: $0["body"])
            }
        }
    }

    /// Keeps an answer, and forgets those whose time is over.
    package func keep(_ answer: Answer, for name: Name, now: Date = .now) async throws {
        let oldest = now.timeIntervalSince1970 - lifetime
        try await database.write { database in
            try database.execute(sql: "DELETE FROM idempotentAnswer WHERE created <= ?", arguments: [oldest])
            try database.execute(
                sql: "INSERT OR REPLACE INTO idempotentAnswer VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    name.owner, name.request, name.key, answer.bodyHash, answer.status, answer.contentType, answer.body,
                    now.timeIntervalSince1970,
                ])
        }
    }
}
