import Crypto
import GRDB
package import TuttiOpenAI

/// A project's uploads: files that arrive in parts.
package struct UploadStore: Sendable {
    package let files: FileStore
    private var database: ServerDatabase { files.database }
    private var contents: FileContents { files.contents }
    private var project: Project { files.project }

    package init(files: FileStore) { self.files = files }

    /// How long an upload waits for its parts.
    static let lifetimeSeconds = 3600

    static func register(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("uploads") { db in
            try db.execute(
                sql: """
                    CREATE TABLE upload (
                        position INTEGER PRIMARY KEY AUTOINCREMENT,
                        id TEXT NOT NULL UNIQUE,
                        byte_count INTEGER NOT NULL,
                        created_at INTEGER NOT NULL,
                        expires_at INTEGER NOT NULL,
                        filename TEXT NOT NULL,
                        purpose TEXT NOT NULL,
                        mime_type TEXT NOT NULL,
                        status TEXT NOT NULL,
                        file_lifetime INTEGER,
                        file_id TEXT
                    );
                    CREATE TABLE upload_part (
                        position INTEGER PRIMARY KEY AUTOINCREMENT,
                        id TEXT NOT NULL UNIQUE,
                        upload_id TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
                        created_at INTEGER NOT NULL,
                        byte_count INTEGER NOT NULL
                    );
                    CREATE INDEX upload_part_upload ON upload_part (upload_id);
                    """)
        }
    }

    package func create(_ request: UploadRequest) async throws -> UploadObject {
        let now = Clock.now
        let upload = UploadObject(
            id: Identifier.make("upload_"), byteCount: request.byteCount, createdAt: now,
            expiresAt: now + Self.lifetimeSeconds, filename: request.filename, purpose: request.purpose,
            mimeType: request.mimeType, fileLifetimeSeconds: request.lifetime?.seconds)
        try await database.write { db in
            try db.execute(
                sql: """
                    INSERT INTO upload (
                        id, project, byte_count, created_at, expires_at, filename, purpose, mime_type, status,
                        file_lifetime)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    upload.id, project, upload.byteCount, upload.createdAt, upload.expiresAt, upload.filename,
                    upload.purpose, upload.mimeType, upload.status.rawValue, upload.fileLifetimeSeconds,
                ])
        }
        return upload
    }

    /// - Throws: `APIError` 404 if there is none.
    package func upload(_ id: String) async throws -> UploadObject {
        let upload = try await database.read { db in try self.upload(id, db) }
        guard let upload else { throw APIError.notFound("No such Upload object: \(id)", param: "upload_id") }
        return upload
    }

    private func upload(_ id: String, _ db: Database) throws -> UploadObject? {
        let row = try Row.fetchOne(
            db, sql: "SELECT * FROM upload WHERE id = ? AND project = ?", arguments: [id, project])
        guard let row else { return nil }
        var upload = UploadObject(row)
        if let name = row["file_id"] as String? { upload.file = try files.file(name, db) }
        return upload
    }

    /// The upload, if it still takes parts.
    /// - Throws: `APIError` 404 if there is none, 400 if it was completed, cancelled or has expired.
    package func pending(_ id: String) async throws -> UploadObject {
        let upload = try await upload(id)
        guard upload.status == .pending else { throw Self.isOver(upload) }
        return upload
    }

    private static func isOver(_ upload: UploadObject) -> APIError {
        .invalid(
            "The upload \(upload.id) is \(upload.status.rawValue) and takes no more. Begin another one.",
            param: "upload_id", code: "upload_\(upload.status.rawValue)")
    }

    /// Stores a part: first its bytes, then what is known of it.
    package func add(_ staged: StagedFile, to upload: UploadObject) async throws -> UploadPartObject {
        let part = UploadPartObject(
            id: Identifier.make("part_"), uploadID: upload.id, createdAt: Clock.now, byteCount: staged.byteCount)
        try await contents.place(staged, as: part.id, .parts)
        do {
            try await database.write { db in
                let sum =
                    try Int.fetchOne(
                        db, sql: "SELECT sum(byte_count) FROM upload_part WHERE upload_id = ?",
                        arguments: [upload.id]) ?? 0
                // Parts may be sent again under new names: only twice the announced size is too much.
                guard sum + part.byteCount <= 2 * upload.byteCount + (64 << 20) else {
                    throw APIError.invalid(
                        "The parts of the upload have far more than the \(upload.byteCount) bytes that were announced.",
                        param: "data", code: "upload_too_large")
                }
                try db.execute(
                    sql: "INSERT INTO upload_part (id, upload_id, created_at, byte_count) VALUES (?, ?, ?, ?)",
                    arguments: [part.id, part.uploadID, part.createdAt, part.byteCount])
            }
        } catch {
            await contents.remove([part.id], .parts)
            throw error
        }
        return part
    }

    /// Joins parts, in the order in which they are named, to a file.
    /// - Throws: `APIError` 400 for a part that is not there, and for another size or checksum than announced.
    package func complete(_ id: String, parts ids: [String], md5: String?) async throws -> UploadObject {
        var upload = try await pending(id)
        let known = try await database.read { db in
            try Set(String.fetchAll(db, sql: "SELECT id FROM upload_part WHERE upload_id = ?", arguments: [id]))
        }
        for (index, part) in ids.enumerated() where !known.contains(part) {
            throw APIError.invalid(
                "The upload has no part '\(part)'.", param: "part_ids[\(index)]", code: "invalid_value")
        }
        guard Set(ids).count == ids.count else {
            throw APIError.invalid("A part is named twice.", param: "part_ids", code: "invalid_value")
        }
        let staged = try await contents.stage()
        var hash = Insecure.MD5()
        for part in ids {
            let bytes = try await contents.open(part, .parts)
            while let piece = try await bytes.next() {
                hash.update(data: piece)
                guard staged.byteCount + piece.count <= upload.byteCount else { break }
                try await staged.write(piece)
            }
        }
        let byteCount = staged.byteCount
        guard byteCount == upload.byteCount, try await size(of: ids) == byteCount else {
            throw APIError.invalid(
                "The parts have \(try await size(of: ids)) bytes, and \(upload.byteCount) were announced.",
                param: "part_ids", code: "invalid_upload_size")
        }
        let digest = hash.finalize().map { String($0, radix: 16).leftPadded(to: 2) }.joined()
        if let md5, md5.lowercased() != digest {
            throw APIError.invalid(
                "The parts have the MD5 checksum \(digest), and \(md5) was expected.", param: "md5",
                code: "checksum_mismatch")
        }
        let now = Clock.now
        let file = FileObject(
            id: Identifier.make("file-"), byteCount: byteCount, createdAt: now,
            expiresAt: upload.fileLifetimeSeconds.map { now + $0 }, filename: upload.filename,
            purpose: upload.purpose)
        try await contents.place(staged, as: file.id, .files)
        do {
            try await database.write { db in
                // Two that complete it at once: one does.
                try settle(id, .completed, db)
                try FileStore.insert(file, of: project, db)
                try db.execute(sql: "UPDATE upload SET file_id = ? WHERE id = ?", arguments: [file.id, id])
            }
        } catch {
            await contents.remove([file.id], .files)
            throw error
        }
        await removeParts(of: [id])
        upload.status = .completed
        upload.file = file
        return upload
    }

    private func size(of parts: [String]) async throws -> Int {
        try await database.read { db in
            try parts.reduce(0) { sum, id in
                sum
                    + (try Int.fetchOne(db, sql: "SELECT byte_count FROM upload_part WHERE id = ?", arguments: [id])
                        ?? 0)
            }
        }
    }

    private func settle(_ id: String, _ status: UploadObject.Status, _ db: Database) throws {
        guard let upload = try self.upload(id, db) else { throw APIError.notFound("No such Upload object: \(id)") }
        guard upload.status == .pending else { throw Self.isOver(upload) }
        try db.execute(sql: "UPDATE upload SET status = ? WHERE id = ?", arguments: [status.rawValue, id])
    }

    package func cancel(_ id: String) async throws -> UploadObject {
        var upload = try await pending(id)
        try await database.write { db in try settle(id, .cancelled, db) }
        await removeParts(of: [id])
        upload.status = .cancelled
        return upload
    }

    /// Ends uploads whose time is over, of every project.
    package func expire() async throws {
        let ids = try await database.write { db in
            try String.fetchAll(
                db,
                sql: "UPDATE upload SET status = 'expired' WHERE status = 'pending' AND expires_at <= ? RETURNING id",
                arguments: [Clock.now])
        }
        await removeParts(of: ids)
    }

    private func removeParts(of uploads: [String]) async {
        let parts = try? await database.write { db in
            try uploads.flatMap { id in
                try String.fetchAll(
                    db, sql: "DELETE FROM upload_part WHERE upload_id = ? RETURNING id", arguments: [id])
            }
        }
        await contents.remove(parts ?? [], .parts)
    }

    /// Removes bytes that no part is known for, of earlier processes.
    func sweep() async throws {
        let known = try await database.read { db in try Set(String.fetchAll(db, sql: "SELECT id FROM upload_part")) }
        await contents.remove(contents.earlierNames(.parts).filter { !known.contains($0) }, .parts)
    }
}

extension UploadObject {
    fileprivate init(_ row: Row) {
        let status = Status(rawValue: row["status"]) ?? .cancelled
        let expiresAt = row["expires_at"] as Int
        self.init(
            id: row["id"], byteCount: row["byte_count"], createdAt: row["created_at"], expiresAt: expiresAt,
            filename: row["filename"], purpose: row["purpose"], mimeType: row["mime_type"],
            status: status == .pending && expiresAt <= Clock.now ? .expired : status,
            fileLifetimeSeconds: row["file_lifetime"])
    }
}

extension String {
    fileprivate func leftPadded(to count: Int) -> String {
        String(repeating: "0", count: max(0, count - self.count)) + self
    }
}
