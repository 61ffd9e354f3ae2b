public import TuttiCheckpoints

/// A conversation that the server keeps.
public struct ConversationObject: Sendable, Hashable {
    public let id: String
    /// Seconds since 1970.
    public let createdAt: Int
    public var metadata: JSON

    public init(id: String, createdAt: Int, metadata: JSON) {
        self.id = id
        self.createdAt = createdAt
        self.metadata = metadata
    }

    public var json: JSON {
        [
            "id": .string(id), "object": "conversation", "created_at": JSON(createdAt), "metadata": metadata,
        ]
    }
}
