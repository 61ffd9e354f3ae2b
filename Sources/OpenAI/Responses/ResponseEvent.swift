public import TuttiCheckpoints

/// One event of a response's stream, before it has its number.
public struct ResponseEvent: Sendable, Hashable {
    /// Such as `response.output_text.delta`.
    public let type: String
    private let members: JSON

    public init(_ type: String, _ members: JSON) {
        self.type = "response.\(type)"
        self.members = members
    }

    /// An event that tells the whole response: `created`, `queued`, `in_progress`, `completed`, `incomplete`, `failed`.
    public static func response(_ state: String, _ response: JSON) -> ResponseEvent {
        ResponseEvent(state, ["response": response])
    }

    /// The event as it is sent.
    /// - Parameter number: Its place in the stream, from 0.
    public func json(number: Int) -> JSON {
        var json: JSON = ["type": .string(type), "sequence_number": JSON(number)]
        for (name, value) in members.members ?? [:] { json.set(name, value) }
        return json
    }
}
