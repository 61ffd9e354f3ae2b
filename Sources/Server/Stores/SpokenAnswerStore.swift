import Foundation
import GRDB
import TuttiOpenAI

/// What a project's spoken answers said, for the time in which a conversation may name them by their ids.
struct SpokenAnswerStore: Sendable {
    private let database: ServerDatabase
    private let project: Project

    /// How long an id stands for its answer.
    static let lifetimeSeconds = 24 * 3600

    init(database: ServerDatabase, project: Project) {
        self.database = database
        self.project = project
    }

    static func register(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("spoken answers") { db in
            try db.create(table: "spokenAnswer") { table in
                table.primaryKey("id", .text)
                table.column("project", .text).notNull()
                table.column("expiresAt", .integer).notNull().indexed()
                table.column("transcript", .text).notNull()
            }
        }
    }

    func insert(_ answer: SpokenAnswer) async throws {
        try await database.write { db in
            try db.execute(
                sql: "INSERT INTO spokenAnswer (id, project, expiresAt, transcript) VALUES (?, ?, ?, ?)",
                arguments: [answer.id, project, answer.expiresAt, answer.transcript])
        }
    }

    /// What an answer said.
    /// - Parameter param: The field that named it.
    /// - Throws: `APIError` 400 for an id that stands for nothing, or not any more.
    func transcript(_ id: String, param: String) async throws -> String {
        let now = Int(Date().timeIntervalSince1970)
        let transcript = try await database.read { db in
            try String.fetchOne(
                db, sql: "SELECT transcript FROM spokenAnswer WHERE id = ? AND project = ? AND expiresAt > ?",
                arguments: [id, project, now])
        }
        guard let transcript else {
            throw APIError.invalid(
                "Invalid '\(param)': there is no spoken answer '\(id.prefix(80))' (any more: they are kept for \(Self.lifetimeSeconds / 3600) hours). Send what it said as 'content'.",
                param: param, code: "audio_not_found")
        }
        return transcript
    }

    /// Forgets all answers, of every project, whose time is over.
    func expire() async throws {
        let now = Int(Date().timeIntervalSince1970)
        try await database.write { db in
            try db.execute(sql: "DELETE FROM spokenAnswer WHERE expiresAt <= ?", arguments: [now])
        }
    }
}
