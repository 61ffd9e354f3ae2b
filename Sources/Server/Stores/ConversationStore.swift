import GRDB
package import TuttiCheckpoints
package import TuttiOpenAI

/// A project's conversations and their items, in the order in which they were added.
package struct ConversationStore: Sendable {
    package let database: ServerDatabase
    package let project: Project

    package init(database: ServerDatabase, project: Project) {
        self.database = database
        self.project = project
    }

    static func register(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("conversations") { db in
            try db.execute(
                sql: """
                    CREATE TABLE conversation (
                        id TEXT PRIMARY KEY NOT NULL,
                        created_at INTEGER NOT NULL,
                        metadata TEXT NOT NULL
                    );
                    CREATE TABLE conversation_item (
                        position INTEGER PRIMARY KEY AUTOINCREMENT,
                        conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
                        id TEXT NOT NULL,
                        body TEXT NOT NULL,
                        UNIQUE (conversation_id, id)
                    );
                    CREATE INDEX conversation_item_name ON conversation_item (id);
                    """)
        }
    }

    package func create(metadata: JSON, items: [ResponseItem]) async throws -> ConversationObject {
        let conversation = ConversationObject(
            id: Identifier.make("conv_"), createdAt: Clock.now, metadata: metadata)
        try await database.write { db in
            try db.execute(
                sql: "INSERT INTO conversation (id, project, created_at, metadata) VALUES (?, ?, ?, ?)",
                arguments: [conversation.id, project, conversation.createdAt, metadata.text(.compact)])
            _ = try self.append(items, to: conversation.id, db)
        }
        return conversation
    }

    static func missing(_ id: String, param: String) -> APIError {
        .notFound("Conversation with id '\(id)' not found.", param: param, code: "conversation_not_found")
    }

    /// - Throws: `APIError` 404 if there is none.
    package func conversation(_ id: String) async throws -> ConversationObject {
        let conversation = try await database.read { db in try self.conversation(id, db) }
        guard let conversation else { throw Self.missing(id, param: "conversation_id") }
        return conversation
    }

    private func conversation(_ id: String, _ db: Database) throws -> ConversationObject? {
        try Row.fetchOne(
            db, sql: "SELECT * FROM conversation WHERE id = ? AND project = ?", arguments: [id, project]
        ).map {
            ConversationObject(
                id: $0["id"], createdAt: $0["created_at"], metadata: try JSON(parsing: $0["metadata"] as String))
        }
    }

    package func update(_ id: String, metadata: JSON) async throws -> ConversationObject {
        let conversation = try await database.write { db in
            try db.execute(
                sql: "UPDATE conversation SET metadata = ? WHERE id = ? AND project = ?",
                arguments: [metadata.text(.compact), id, project])
            return try self.conversation(id, db)
        }
        guard let conversation else { throw Self.missing(id, param: "conversation_id") }
        return conversation
    }

    package func delete(_ id: String) async throws {
        let isThere = try await database.write { db in
            try db.execute(sql: "DELETE FROM conversation WHERE id = ? AND project = ?", arguments: [id, project])
            return db.changesCount > 0
        }
        guard isThere else { throw Self.missing(id, param: "conversation_id") }
    }

    /// Adds items at the end, all or none.
    /// - Returns: The items with the names that they have there: one whose name is taken gets a fresh one.
    package func append(_ items: [ResponseItem], to id: String) async throws -> [ResponseItem] {
        let added = try await database.write { db in try self.append(items, to: id, db) }
        guard let added else { throw Self.missing(id, param: "conversation_id") }
        return added
    }

    /// Adds items within a transaction; nil if there is no such conversation.
    func append(_ items: [ResponseItem], to id: String, _ db: Database) throws -> [ResponseItem]? {
        guard try self.conversation(id, db) != nil else { return nil }
        return try items.map { item in
            var item = item
            let isTaken =
                try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM conversation_item WHERE conversation_id = ? AND id = ?)",
                    arguments: [id, item.id]) ?? false
            if isTaken { item.id = item.freshID }
            try db.execute(
                sql: "INSERT INTO conversation_item (conversation_id, id, body) VALUES (?, ?, ?)",
                arguments: [id, item.id, item.json.text(.compact)])
            return item
        }
    }

    package func list(_ id: String, _ query: ListQuery) async throws -> ListPage {
        try await database.read { db in
            guard try self.conversation(id, db) != nil else { throw Self.missing(id, param: "conversation_id") }
            return try query.page(db, of: "conversation_item", where: "conversation_id = ?", [id])
        }
    }

    /// Everything in it, oldest first.
    package func items(_ id: String) async throws -> [ResponseItem] {
        try await database.read { db in
            guard try self.conversation(id, db) != nil else { throw Self.missing(id, param: "conversation") }
            return try Self.items(id, upTo: .max, db)
        }
    }

    /// What was in it up to a position.
    static func items(_ id: String, upTo position: Int64, _ db: Database) throws -> [ResponseItem] {
        try ResponseItem.fetch(
            db, "SELECT body FROM conversation_item WHERE conversation_id = ? AND position <= ? ORDER BY position",
            [id, position])
    }

    package func item(_ item: String, in id: String) async throws -> JSON {
        let body = try await database.read { db in
            guard try self.conversation(id, db) != nil else { throw Self.missing(id, param: "conversation_id") }
            return try String.fetchOne(
                db, sql: "SELECT body FROM conversation_item WHERE conversation_id = ? AND id = ?",
                arguments: [id, item])
        }
        guard let body else { throw Self.missing(item, of: id) }
        return try JSON(parsing: body)
    }

    package func delete(_ item: String, from id: String) async throws -> ConversationObject {
        let conversation = try await conversation(id)
        let isThere = try await database.write { db in
            try db.execute(
                sql: "DELETE FROM conversation_item WHERE conversation_id = ? AND id = ?", arguments: [id, item])
            return db.changesCount > 0
        }
        guard isThere else { throw Self.missing(item, of: id) }
        return conversation
    }

    private static func missing(_ item: String, of id: String) -> APIError {
        .notFound("The conversation '\(id)' has no item '\(item)'.", param: "item_id")
    }
}

extension ResponseItem {
    /// Reads items from the rows of a query whose one column is their JSON.
    static func fetch(_ db: Database, _ sql: String, _ arguments: StatementArguments) throws -> [ResponseItem] {
        try String.fetchAll(db, sql: sql, arguments: arguments).compactMap { body in
            guard case .item(let item) = try ResponseInput(Fields(JSON(parsing: body))) else { return nil }
            return item
        }
    }
}
