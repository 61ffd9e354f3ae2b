import GRDB
package import TuttiCheckpoints
package import TuttiOpenAI

/// A project's responses, what went into them, and the events of those that ran in the background.
package struct ResponseStore: Sendable {
    package let database: ServerDatabase
    package let project: Project
    private var conversations: ConversationStore { ConversationStore(database: database, project: project) }

    package init(database: ServerDatabase, project: Project) {
        self.database = database
        self.project = project
    }

    static func register(_ migrator: inout DatabaseMigrator) {
        migrator.registerMigration("responses") { db in
            try db.execute(
                sql: """
                    CREATE TABLE response (
                        id TEXT PRIMARY KEY NOT NULL,
                        status TEXT NOT NULL,
                        is_background INTEGER NOT NULL,
                        previous_id TEXT,
                        conversation_id TEXT,
                        conversation_end INTEGER,
                        request TEXT NOT NULL,
                        body TEXT NOT NULL
                    );
                    CREATE INDEX response_status ON response (status);
                    CREATE TABLE response_item (
                        position INTEGER PRIMARY KEY AUTOINCREMENT,
                        response_id TEXT NOT NULL REFERENCES response (id) ON DELETE CASCADE,
                        is_output INTEGER NOT NULL,
                        id TEXT NOT NULL,
                        body TEXT NOT NULL
                    );
                    CREATE INDEX response_item_response ON response_item (response_id, is_output);
                    CREATE INDEX response_item_name ON response_item (id);
                    CREATE TABLE response_event (
                        response_id TEXT NOT NULL REFERENCES response (id) ON DELETE CASCADE,
                        sequence_number INTEGER NOT NULL,
                        body TEXT NOT NULL,
                        PRIMARY KEY (response_id, sequence_number)
                    ) WITHOUT ROWID;
                    """)
        }
    }

    static func missing(_ id: String, param: String = "response_id") -> APIError {
        .notFound("Response with id '\(id)' not found.", param: param, code: "response_not_found")
    }

    /// Stores a response that was just made, with what went into it.
    ///
    /// A finished one's input and output join its conversation in the same transaction, whether it is stored or not.
    /// - Parameter events: What has been told of it.
    package func add(_ response: ResponseObject, input: [ResponseItem], events: [JSON] = []) async throws {
        let request = response.request
        let joins = request.conversationID != nil && Self.joinsConversation(response.status)
        guard request.isStored || joins else { return }
        try await database.write { db in
            if request.isStored {
                try db.execute(
                    sql: """
                        INSERT INTO response
                            (id, project, status, is_background, previous_id, conversation_id, request, body)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        response.id, project, response.status.rawValue, request.isBackground,
                        request.previousResponseID, request.conversationID, request.body.text(.compact),
                        response.json.text(.compact),
                    ])
                try Self.insert(input, of: response.id, isOutput: false, db)
                try Self.insert(response.output, of: response.id, isOutput: true, db)
                try Self.insert(events, of: response.id, db)
            }
            if joins { try join(response, input, db) }
        }
    }

    /// Notes how far a response in the background has come; what is over stays as it is.
    /// - Parameter events: The events that say so, stored with it.
    /// - Returns: Whether it was still going on.
    package func update(_ response: ResponseObject, input: [ResponseItem], events: [JSON] = []) async throws -> Bool {
        try await database.write { db in
            try db.execute(
                sql: """
                    UPDATE response SET status = ?, body = ? WHERE id = ? AND status IN ('queued', 'in_progress')
                    """,
                arguments: [response.status.rawValue, response.json.text(.compact), response.id])
            guard db.changesCount > 0 else { return false }
            try Self.insert(events, of: response.id, db)
            if response.status.isFinal {
                try Self.insert(response.output, of: response.id, isOutput: true, db)
                if Self.joinsConversation(response.status) { try join(response, input, db) }
            }
            return true
        }
    }

    /// What was said counts, also when it was cut off.
    private static func joinsConversation(_ status: ResponseObject.Status) -> Bool {
        status == .completed || status == .incomplete
    }

    private func join(_ response: ResponseObject, _ input: [ResponseItem], _ db: Database) throws {
        guard let id = response.request.conversationID,
            try conversations.append(input + response.output, to: id, db) != nil
        else { return }
        try db.execute(
            sql: "UPDATE response SET conversation_end = ? WHERE id = ?",
            arguments: [db.lastInsertedRowID, response.id])
    }

    private static func insert(_ items: [ResponseItem], of id: String, isOutput: Bool, _ db: Database) throws {
        for item in items {
            try db.execute(
                sql: "INSERT INTO response_item (response_id, is_output, id, body) VALUES (?, ?, ?, ?)",
                arguments: [id, isOutput, item.id, item.json.text(.compact)])
        }
    }

    /// The response as the API tells it.
    /// - Throws: `APIError` 404 if there is none.
    package func body(_ id: String) async throws -> JSON {
        let body = try await database.read { db in
            try String.fetchOne(
                db, sql: "SELECT body FROM response WHERE id = ? AND project = ?", arguments: [id, project])
        }
        guard let body else { throw Self.missing(id) }
        return try JSON(parsing: body)
    }

    package func delete(_ id: String) async throws {
        let isThere = try await database.write { db in
            try db.execute(sql: "DELETE FROM response WHERE id = ? AND project = ?", arguments: [id, project])
            return db.changesCount > 0
        }
        guard isThere else { throw Self.missing(id) }
    }

    package func inputItems(_ id: String, _ query: ListQuery) async throws -> ListPage {
        try await database.read { db in
            let isThere = try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM response WHERE id = ? AND project = ?)",
                arguments: [id, project])
            guard isThere == true else { throw Self.missing(id) }
            return try query.page(db, of: "response_item", where: "response_id = ? AND is_output = 0", [id])
        }
    }

    /// All that was said up to the end of a response, oldest first: through the responses that it followed, back to the
    /// first one or to a conversation.
    /// - Throws: `APIError` 404 if one of them is not there any more, 400 if one is not finished.
    package func context(of id: String) async throws -> [ResponseItem] {
        try await database.read { db in
            var runs: [[ResponseItem]] = []
            var next: String? = id
            while let name = next {
                let row = try Row.fetchOne(
                    db,
                    sql: """
                        SELECT status, previous_id, conversation_id, conversation_end FROM response
                        WHERE id = ? AND project = ?
                        """,
                    arguments: [name, project])
                guard let row else {
                    guard name == id else {
                        throw APIError.notFound(
                            "The response '\(id)' follows '\(name)', which is not there any more, so what was said is not known. Send it as 'input'.",
                            param: "previous_response_id", code: "previous_response_not_found")
                    }
                    throw APIError.notFound(
                        "Previous response with id '\(id)' not found.", param: "previous_response_id",
                        code: "previous_response_not_found")
                }
                guard ResponseObject.Status(rawValue: row["status"])?.isFinal == true else {
                    throw APIError.invalid(
                        "The response '\(name)' is still \(row["status"] as String): wait until it has ended.",
                        param: "previous_response_id", code: "previous_response_not_finished")
                }
                if let conversation = row["conversation_id"] as String?, let end = row["conversation_end"] as Int64? {
                    let items = try ConversationStore.items(conversation, upTo: end, db)
                    if !items.isEmpty {
                        runs.append(items)
                        break
                    }
                }
                runs.append(
                    try ResponseItem.fetch(
                        db, "SELECT body FROM response_item WHERE response_id = ? ORDER BY is_output, position", [name])
                )
                next = row["previous_id"]
            }
            return Array(runs.reversed().joined())
        }
    }

    /// An item that a stored response or a conversation holds, by its name.
    package func item(_ id: String) async throws -> ResponseItem? {
        try await database.read { db in
            try ResponseItem.fetch(
                db,
                """
                SELECT body FROM (
                    SELECT item.body FROM response_item AS item JOIN response ON response.id = item.response_id
                    WHERE item.id = ? AND project = ?
                    UNION ALL
                    SELECT item.body FROM conversation_item AS item
                    JOIN conversation ON conversation.id = item.conversation_id
                    WHERE item.id = ? AND project = ?
                ) LIMIT 1
                """, [id, project, id, project]
            ).first
        }
    }
}

// What runs in the background.
extension ResponseStore {
    /// A response that was not finished when the server ended.
    package struct Unfinished: Sendable {
        package let id: String
        package let project: Project
        package let status: ResponseObject.Status
        package let request: JSON
        package let body: JSON
    }

    /// Of every project.
    package static func unfinished(_ database: ServerDatabase) async throws -> [Unfinished] {
        try await database.read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, project, status, request, body FROM response WHERE status IN ('queued', 'in_progress')
                    """
            ).compactMap { row in
                guard let status = ResponseObject.Status(rawValue: row["status"]) else { return nil }
                return Unfinished(
                    id: row["id"], project: row["project"], status: status,
                    request: try JSON(parsing: row["request"] as String), body: try JSON(parsing: row["body"] as String)
                )
            }
        }
    }

    /// What went into a stored response.
    package func input(of id: String) async throws -> [ResponseItem] {
        try await database.read { db in
            try ResponseItem.fetch(
                db, "SELECT body FROM response_item WHERE response_id = ? AND is_output = 0 ORDER BY position", [id])
        }
    }

    /// Ends a response that goes on: as cancelled, or as failed with an event that says so.
    /// - Returns: The response as the API tells it; nil if it was over already.
    package func end(_ id: String, as status: ResponseObject.Status, error: APIError? = nil) async throws -> JSON? {
        try await database.write { db in
            let stored = try String.fetchOne(
                db,
                sql: "SELECT body FROM response WHERE id = ? AND project = ? AND status IN ('queued', 'in_progress')",
                arguments: [id, project])
            guard let stored else { return nil }
            var body = try JSON(parsing: stored)
            body.set("status", .string(status.rawValue))
            if let error { body.set("error", ResponseObject.error(error)) }
            try db.execute(
                sql: "UPDATE response SET status = ?, body = ? WHERE id = ?",
                arguments: [status.rawValue, body.text(.compact), id])
            if status == .failed {
                let last = try Int.fetchOne(
                    db, sql: "SELECT max(sequence_number) FROM response_event WHERE response_id = ?", arguments: [id])
                if let last {
                    try Self.insert(
                        [ResponseEvent.response("failed", body).json(number: last + 1)], of: id, db)
                }
            }
            return body
        }
    }

    package func append(_ events: [JSON], to id: String) async throws {
        try await database.write { db in try Self.insert(events, of: id, db) }
    }

    private static func insert(_ events: [JSON], of id: String, _ db: Database) throws {
        for event in events {
            try db.execute(
                sql: "INSERT OR IGNORE INTO response_event (response_id, sequence_number, body) VALUES (?, ?, ?)",
                arguments: [id, event["sequence_number"]?.int ?? 0, event.text(.compact)])
        }
    }

    /// The events of a response after a sequence number, in order, a thousand at most.
    package func events(of id: String, after number: Int) async throws -> [JSON] {
        try await database.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT body FROM response_event WHERE response_id = ? AND sequence_number > ?
                    ORDER BY sequence_number LIMIT 1000
                    """,
                arguments: [id, number]
            ).map { try JSON(parsing: $0) }
        }
    }
}
