public import TuttiCheckpoints

/// `audio` of a chat completion's request: that and how the answer is spoken.
public struct SpokenOutput: Sendable, Hashable {
    public var voice: String
    public var format: SoundFormat

    public init(_ fields: Fields) throws(APIError) {
        voice = try fields.voice()
        guard let format = try SoundFormat(fields, "format") else { throw fields.missing("format") }
        self.format = format
    }
}

/// `message.audio` of a chat completion: an answer as it was spoken.
public struct SpokenAnswer: Sendable, Hashable {
    public var id: String
    /// Unix time in seconds, after which the id stands for nothing.
    public var expiresAt: Int
    public var transcript: String
    /// A file of the format that was asked for.
    public var data: [UInt8]

    public init(id: String, expiresAt: Int, transcript: String = "", data: [UInt8] = []) {
        self.id = id
        self.expiresAt = expiresAt
        self.transcript = transcript
        self.data = data
    }

    public var json: JSON {
        [
            "id": .string(id), "expires_at": JSON(expiresAt), "transcript": .string(transcript),
            "data": .string(data.base64),
        ]
    }
}
