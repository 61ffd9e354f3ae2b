import GRDB
import OrderedCollections
import TuttiCheckpoints
import TuttiOpenAI

/// A project's chat completions, those that their requests wanted stored.
struct ChatCompletionStore: Sendable {
    private let database: ServerDatabase
    private let project: Project

    init(database: ServerDatabase, project: Project) {
        self.database = database
        self.project = project
    }

    static func register(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("chat completions") { db in
            try db.create(table: "chatCompletion") { table in
                table.autoIncrementedPrimaryKey("place")
                table.column("id", .text).notNull().unique()
                table.column("model", .text).notNull()
                table.column("object", .text).notNull()
                table.column("messages", .text).notNull()
            }
            try db.create(table: "chatCompletionMetadata") { table in
                table.column("place", .integer).notNull().references("chatCompletion", onDelete: .cascade)
                table.column("name", .text).notNull()
                table.column("value", .text).notNull()
                table.primaryKey(["place", "name"])
            }
            try db.create(
                index: "chatCompletionMetadataByValue", on: "chatCompletionMetadata", columns: ["name", "value"])
        }
    }

    func insert(_ completion: StoredChatCompletion) async throws {
        try await database.write { db in
            try db.execute(
                sql: "INSERT INTO chatCompletion (id, project, model, object, messages) VALUES (?, ?, ?, ?, ?)",
                arguments: [
                    completion.id, project, completion.model, completion.json.text(.compact),
                    JSON.array(completion.messages).text(.compact),
                ])
            try Self.write(completion.json["metadata"], place: db.lastInsertedRowID, db)
        }
    }

    /// - Throws: `APIError` 404.
    func completion(_ id: String) async throws -> JSON {
        try await database.read { db in try row(id, db).object }
    }

    /// Replaces the metadata of a completion.
    /// - Returns: The completion as it is then.
    func update(_ id: String, metadata: JSON) async throws -> JSON {
        try await database.write { db in
            var (place, object) = try row(id, db)
            object.set("metadata", metadata)
            try db.execute(
                sql: "UPDATE chatCompletion SET object = ? WHERE place = ?", arguments: [object.text(.compact), place])
            try db.execute(sql: "DELETE FROM chatCompletionMetadata WHERE place = ?", arguments: [place])
            try Self.write(metadata, place: place, db)
            return object
        }
    }

    func delete(_ id: String) async throws {
        try await database.write { db in
            let (place, _) = try row(id, db)
            try db.execute(sql: "DELETE FROM chatCompletionMetadata WHERE place = ?", arguments: [place])
            try db.execute(sql: "DELETE FROM chatCompletion WHERE place = ?", arguments: [place])
        }
    }

    /// - Parameters:
    ///   - model: Only completions of this model.
    ///   - metadata: Only completions that have all of these.
    func list(_ query: ListQuery, model: String?, metadata: [String: String]) async throws -> ListPage {
        try await database.read { db in
            var conditions = ["project = ?"], arguments: StatementArguments = [project]
            if let after = query.after {
                conditions.append("place \(query.isAscending ? ">" : "<") ?")
                arguments += [try row(after, db, param: "after").place]
            }
            if let model {
                conditions.append("model = ?")
                arguments += [model]
            }
            for (name, value) in metadata {
                conditions.append(
                    """
                    EXISTS (SELECT 1 FROM chatCompletionMetadata AS item
                    WHERE item.place = chatCompletion.place AND item.name = ? AND item.value = ?)
                    """)
                arguments += [name, value]
            }
            arguments += [query.limit + 1]
            let objects = try String.fetchAll(
                db,
                sql: """
                    SELECT object FROM chatCompletion WHERE \(conditions.joined(separator: " AND "))
                    ORDER BY place \(query.isAscending ? "ASC" : "DESC") LIMIT ?
                    """, arguments: arguments)
            return ListPage(
                items: try objects.prefix(query.limit).map { try JSON(parsing: $0) },
                hasMore: objects.count > query.limit)
        }
    }

    /// The messages of the request that a completion answers.
    func messages(of id: String, _ query: ListQuery) async throws -> ListPage {
        let text = try await database.read { db in
            let (place, _) = try row(id, db)
            return try String.fetchOne(
                db, sql: "SELECT messages FROM chatCompletion WHERE place = ?", arguments: [place])
        }
        var messages = try JSON(parsing: text ?? "[]").array ?? []
        if !query.isAscending { messages.reverse() }
        if let after = query.after {
            guard let place = messages.firstIndex(where: { $0["id"]?.string == after }) else {
                throw APIError.notFound("There is no message '\(after)' in this completion.", param: "after")
            }
            messages.removeFirst(place + 1)
        }
        return ListPage(items: Array(messages.prefix(query.limit)), hasMore: messages.count > query.limit)
    }

    private func row(
        _ id: String, _ db: Database, param: String? = nil
    ) throws -> (place: Int64, object: JSON) {
        let row = try Row.fetchOne(
            db, sql: "SELECT place, object FROM chatCompletion WHERE id = ? AND project = ?", arguments: [id, project])
        guard let row else {
            throw APIError.notFound(
                "There is no stored chat completion '\(id)'. Only those are kept whose request has \"store\": true.",
                param: param)
        }
        return (row["place"], try JSON(parsing: row["object"] as String))
    }

    private static func write(_ metadata: JSON?, place: Int64, _ db: Database) throws {
        for (name, value) in metadata?.object ?? [:] {
            try db.execute(
                sql: "INSERT INTO chatCompletionMetadata (place, name, value) VALUES (?, ?, ?)",
                arguments: [place, name.text, value.string ?? ""])
        }
    }
}
