public import Foundation
import TuttiCheckpoints

/// What can be wrong with a conversation or a file of one.
public enum ConversationError: Error, Equatable, CustomStringConvertible {
    /// There is no message of the user.
    case nothingToAnswer
    /// A file is not JSON, or not of messages. `place` is a path such as `messages[2].role`, empty for the whole.
    case unreadable(place: String, problem: String)

    public var description: String {
        switch self {
        case .nothingToAnswer: "There is nothing to answer: the user has not said anything yet."
        case .unreadable("", let problem):
            "This is no conversation: \(problem). It should look like "
                + #"{"messages":[{"role":"user","content":"…"},…]}."#
        case .unreadable(let place, let problem): "The conversation cannot be read: \(place) \(problem)."
        }
    }
}

extension Conversation: Codable {
    private enum CodingKeys: String, CodingKey { case messages }

    /// Reads `{"messages":[…]}`, or the bare list.
    public init(from decoder: any Decoder) throws {
        if (try? decoder.unkeyedContainer()) != nil {
            messages = try [Message](from: decoder)
        } else {
            messages = try decoder.container(keyedBy: CodingKeys.self).decode([Message].self, forKey: .messages)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(messages, forKey: .messages)
    }

    /// Reads a conversation as ``json()`` writes it, or as a request to OpenAI's API holds it.
    /// - Throws: ``ConversationError/unreadable(place:problem:)``.
    public init(json: Data) throws(ConversationError) {
        do {
            self = try JSONDecoder().decode(Conversation.self, from: json)
        } catch {
            throw ConversationError(error)
        }
    }

    /// Writes `{"messages":[…]}`, indented, keys in the order of the alphabet, so that two versions can be compared.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}

extension ConversationError {
    fileprivate init(_ error: any Error) {
        guard let error = error as? DecodingError else {
            self = .unreadable(place: "", problem: "\(error)")
            return
        }
        switch error {
        case .keyNotFound(let key, let context):
            self = .unreadable(place: Self.place(context.codingPath + [key]), problem: "is missing")
        case .typeMismatch(let type, let context):
            self = .unreadable(place: Self.place(context.codingPath), problem: "must be \(Self.name(of: type))")
        case .valueNotFound(let type, let context):
            self = .unreadable(
                place: Self.place(context.codingPath), problem: "is null, and must be \(Self.name(of: type))")
        case .dataCorrupted(let context):
            // Below the top only our own words come here; at the top, those of the JSON parser.
            let cause = context.codingPath.isEmpty ? context.underlyingError.map { ", \(($0 as NSError).reason)" } : nil
            self = .unreadable(
                place: Self.place(context.codingPath),
                problem: context.codingPath.isEmpty ? "it is not JSON\(cause ?? "")" : context.debugDescription)
        @unknown default: self = .unreadable(place: "", problem: "\(error)")
        }
    }

    /// A path as in `messages[2].role`.
    private static func place(_ path: [any CodingKey]) -> String {
        path.reduce("") { place, key in
            if let index = key.intValue { return "\(place)[\(index)]" }
            return place.isEmpty ? key.stringValue : "\(place).\(key.stringValue)"
        }
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is [Any].Type: "a list"
        default: "an object"
        }
    }
}

extension NSError {
    /// The parser's words, without a full stop.
    fileprivate var reason: String {
        let words = userInfo[NSDebugDescriptionErrorKey] as? String ?? localizedDescription
        return words.trimmingCharacters(in: CharacterSet(charactersIn: ". "))
    }
}
