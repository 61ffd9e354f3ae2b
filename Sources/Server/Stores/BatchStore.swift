import GRDB
package import TuttiCheckpoints
package import TuttiOpenAI

/// A project's batches, and the answer of each of their lines.
package struct BatchStore: Sendable {
    package let database: ServerDatabase
    package let project: Project

    package init(database: ServerDatabase, project: Project) {
        self.database = database
        self.project = project
    }

    static func register(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("batches") { db in
            try db.execute(
                sql: """
                    CREATE TABLE batch (
                        position INTEGER PRIMARY KEY AUTOINCREMENT,
                        id TEXT NOT NULL UNIQUE,
                        status TEXT NOT NULL,
                        output_lifetime INTEGER,
                        body TEXT NOT NULL
                    );
                    CREATE INDEX batch_status ON batch (status);
                    CREATE TABLE batch_answer (
                        batch_id TEXT NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
                        line INTEGER NOT NULL,
                        is_error INTEGER NOT NULL,
                        body TEXT NOT NULL,
                        PRIMARY KEY (batch_id, line)
                    ) WITHOUT ROWID;
                    """)
        }
    }

    package func add(_ batch: BatchObject) async throws {
        try await database.write { db in
            try db.execute(
                sql: "INSERT INTO batch (id, project, status, output_lifetime, body) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    batch.id, project, batch.status.rawValue, batch.outputLifetimeSeconds, batch.json.text(.compact),
                ])
        }
    }

    /// - Throws: `APIError` 404 if there is none.
    package func batch(_ id: String) async throws -> BatchObject {
        let batch = try await database.read { db in try self.batch(id, db) }
        guard let batch else { throw Self.missing(id) }
        return batch
    }

    private static func missing(_ id: String) -> APIError {
        .notFound("No batch found with id '\(id)'.", param: "batch_id", code: "batch_not_found")
    }

    private func batch(_ id: String, _ db: Database) throws -> BatchObject? {
        try Row.fetchOne(db, sql: "SELECT * FROM batch WHERE id = ? AND project = ?", arguments: [id, project]).flatMap
        {
            BatchObject(try JSON(parsing: $0["body"] as String), outputLifetimeSeconds: $0["output_lifetime"])
        }
    }

    package func list(_ query: ListQuery) async throws -> ListPage {
        try await database.read { db in try query.page(db, of: "batch", where: "project = ?", [project]) }
    }

    /// The names of batches that are not over, of every project.
    package static func unfinished(_ database: ServerDatabase) async throws -> [(id: String, project: Project)] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, project FROM batch WHERE status IN ('validating', 'in_progress', 'finalizing', 'cancelling')
                    ORDER BY position
                    """
            ).map { ($0["id"], $0["project"]) }
        }
    }

    /// Changes a batch; whatever `body` does to it is committed when this returns.
    @discardableResult
    package func update(_ id: String, _ body: @escaping @Sendable (inout BatchObject) throws -> Void) async throws
        -> BatchObject
    {
        try await database.write { db in
            guard var batch = try self.batch(id, db) else { throw Self.missing(id) }
            try body(&batch)
            try Self.save(batch, db)
            return batch
        }
    }

    private static func save(_ batch: BatchObject, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE batch SET status = ?, body = ? WHERE id = ?",
            arguments: [batch.status.rawValue, batch.json.text(.compact), batch.id])
    }

    /// Stores a line's answer and counts it, in one transaction; a line that has one keeps it.
    package func record(_ answer: JSON, line: Int, isError: Bool, of id: String) async throws {
        try await database.write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO batch_answer (batch_id, line, is_error, body) VALUES (?, ?, ?, ?)",
                arguments: [id, line, isError, answer.text(.compact)])
            guard db.changesCount > 0, var batch = try self.batch(id, db) else { return }
            if isError { batch.failedCount += 1 } else { batch.completedCount += 1 }
            if let usage = answer["response"]?["body"]?["usage"] { batch.usage.add(usage) }
            try Self.save(batch, db)
        }
    }

    /// The lines that have an answer.
    package func answeredLines(_ id: String) async throws -> Set<Int> {
        try await database.read { db in
            try Set(Int.fetchAll(db, sql: "SELECT line FROM batch_answer WHERE batch_id = ?", arguments: [id]))
        }
    }

    /// Answers after a line, in order, a hundred at most.
    package func answers(_ id: String, isError: Bool, after line: Int) async throws -> [(line: Int, body: String)] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT line, body FROM batch_answer WHERE batch_id = ? AND is_error = ? AND line > ?
                    ORDER BY line LIMIT 100
                    """,
                arguments: [id, isError, line]
            ).map { ($0["line"], $0["body"]) }
        }
    }

    /// Ends a batch: its files are known and its answers, which lie in them, are let go, in one transaction.
    package func finish(
        _ id: String, as status: BatchObject.Status, output: FileObject?, errors: FileObject?
    ) async throws {
        try await database.write { db in
            guard var batch = try self.batch(id, db), !batch.status.isFinal else { return }
            for file in [output, errors].compactMap(\.self) { try FileStore.insert(file, of: project, db) }
            batch.outputFileID = output?.id
            batch.errorFileID = errors?.id
            batch.become(status, at: Clock.now)
            try Self.save(batch, db)
            try db.execute(sql: "DELETE FROM batch_answer WHERE batch_id = ?", arguments: [id])
        }
    }
}
