public import TuttiCheckpoints

/// A file that the server keeps.
public struct FileObject: Sendable, Hashable {
    public let id: String
    public let byteCount: Int
    /// Seconds since 1970.
    public let createdAt: Int
    /// When it will be removed; nil keeps it.
    public let expiresAt: Int?
    /// What its owner calls it; no part of any path here.
    public let filename: String
    public let purpose: String

    /// What a client may say that a file is for.
    public static let purposes = ["assistants", "batch", "fine-tune", "vision", "user_data", "evals"]

    public init(id: String, byteCount: Int, createdAt: Int, expiresAt: Int?, filename: String, purpose: String) {
        self.id = id
        self.byteCount = byteCount
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.filename = filename
        self.purpose = purpose
    }

    public var json: JSON {
        [
            "id": .string(id), "object": "file", "bytes": JSON(byteCount), "created_at": JSON(createdAt),
            "expires_at": JSON(expiresAt), "filename": .string(filename), "purpose": .string(purpose),
            "status": "processed", "status_details": nil,
        ]
    }
}

/// `expires_after`: how long something is kept, counted from when it was made.
public struct ExpiresAfter: Sendable, Hashable {
    /// From an hour to thirty days.
    public let seconds: Int

    public static let range = 3600...2_592_000

    public init(_ fields: Fields) throws(APIError) {
        guard try fields.word("anchor", of: ["created_at"]) != nil else { throw fields.missing("anchor") }
        guard let seconds = try fields.int("seconds", in: Self.range) else { throw fields.missing("seconds") }
        self.seconds = seconds
    }

    /// Reads the two fields of a form, which has texts only: `expires_after[anchor]` and `expires_after[seconds]`.
    public init?(form value: (String) -> String?) throws(APIError) {
        let anchor = value("expires_after[anchor]"), seconds = value("expires_after[seconds]")
        guard anchor != nil || seconds != nil else { return nil }
        var members: JSON = [:]
        if let anchor { members.set("anchor", .string(anchor)) }
        if let seconds { members.set("seconds", Int(seconds).map { JSON($0) } ?? .string(seconds)) }
        self = try ExpiresAfter(Fields(members, path: "expires_after"))
    }
}
