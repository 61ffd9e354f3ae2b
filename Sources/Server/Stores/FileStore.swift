import GRDB
package import TuttiOpenAI

/// A project's files: what is known of them in the database, their bytes on the disk.
package struct FileStore: Sendable {
    package let database: ServerDatabase
    package let contents: FileContents
    package let project: Project

    package init(database: ServerDatabase, contents: FileContents, project: Project) {
        self.database = database
        self.contents = contents
        self.project = project
    }

    static func register(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("files") { db in
            try db.execute(
                sql: """
                    CREATE TABLE file (
                        position INTEGER PRIMARY KEY AUTOINCREMENT,
                        id TEXT NOT NULL UNIQUE,
                        byte_count INTEGER NOT NULL,
                        created_at INTEGER NOT NULL,
                        expires_at INTEGER,
                        filename TEXT NOT NULL,
                        purpose TEXT NOT NULL
                    );
                    CREATE INDEX file_expiry ON file (expires_at);
                    """)
        }
    }

    /// Stores a file: first its bytes, then what is known of it.
    package func add(_ staged: StagedFile, filename: String, purpose: String, lifetimeSeconds: Int?) async throws
        -> FileObject
    {
        let id = Identifier.make("file-"), now = Clock.now
        let file = FileObject(
            id: id, byteCount: staged.byteCount, createdAt: now, expiresAt: lifetimeSeconds.map { now + $0 },
            filename: filename, purpose: purpose)
        try await contents.place(staged, as: id, .files)
        do {
            try await database.write { db in try Self.insert(file, of: project, db) }
        } catch {
            await contents.remove([id], .files)
            throw error
        }
        return file
    }

    static func insert(_ file: FileObject, of project: Project, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO file (id, project, byte_count, created_at, expires_at, filename, purpose)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [file.id, project, file.byteCount, file.createdAt, file.expiresAt, file.filename, file.purpose])
    }

    /// - Throws: `APIError` 404 if there is none, or it has expired.
    package func file(_ id: String) async throws -> FileObject {
        let file = try await database.read { db in try self.file(id, db) }
        guard let file else { throw APIError.notFound("No such File object: \(id)", param: "id") }
        return file
    }

    func file(_ id: String, _ db: Database) throws -> FileObject? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM file WHERE id = ? AND project = ? AND (expires_at IS NULL OR expires_at > ?)",
            arguments: [id, project, Clock.now]
        ).map { FileObject($0) }
    }

    package func list(_ query: ListQuery, purpose: String?) async throws -> ListPage {
        try await database.read { db in
            let condition = "project = ? AND (expires_at IS NULL OR expires_at > ?) AND (? IS NULL OR purpose = ?)"
            let (rows, hasMore) = try query.rows(
                db, of: "file", where: condition, [project, Clock.now, purpose, purpose])
            return ListPage(items: rows.map { FileObject($0).json }, hasMore: hasMore)
        }
    }

    /// - Throws: `APIError` 404 if there is none.
    package func delete(_ id: String) async throws {
        let isThere = try await database.write { db in
            try db.execute(sql: "DELETE FROM file WHERE id = ? AND project = ?", arguments: [id, project])
            return db.changesCount > 0
        }
        guard isThere else { throw APIError.notFound("No such File object: \(id)", param: "id") }
        await contents.remove([id], .files)
    }

    /// Removes files whose time is over, of every project.
    package func expire() async throws {
        let ids = try await database.write { db in
            try String.fetchAll(
                db, sql: "DELETE FROM file WHERE expires_at <= ? RETURNING id", arguments: [Clock.now])
        }
        await contents.remove(ids, .files)
    }

    /// Removes bytes that no file is known for: those of a process that ended between the two steps of ``add``.
    package func sweep() async throws {
        let known = try await database.read { db in try Set(String.fetchAll(db, sql: "SELECT id FROM file")) }
        await contents.remove(contents.earlierNames(.files).filter { !known.contains($0) }, .files)
    }
}

extension FileObject {
    init(_ row: Row) {
        self.init(
            id: row["id"], byteCount: row["byte_count"], createdAt: row["created_at"], expiresAt: row["expires_at"],
            filename: row["filename"], purpose: row["purpose"])
    }
}
