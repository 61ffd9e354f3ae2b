import OrderedCollections
import TuttiCheckpoints
import TuttiOpenAI

/// A model as `GET /v1/models` tells of it.
struct ModelListing: Sendable, Equatable {
    let id: String
    let kind: ModelKind
    /// Seconds since 1970.
    let created: Int
    /// The model that answers under this name; nil where it is the model's own.
    var aliasOf: String?
    /// Tokens of the longest sequence, as far as the file tells.
    let context: Int?
    /// Whether it looks at pictures itself.
    var sees = false

    var json: JSON {
        var members: [(JSON.Key, JSON)] = [
            ("id", .string(id)), ("object", "model"), ("created", JSON(created)),
            ("owned_by", .string(aliasOf == nil ? "library" : "tutti")), ("kind", .string(kind.rawValue)),
        ]
        if let context { members.append(("context_window", JSON(context))) }
        members.append(("input_modalities", .array(kind.takes(seeing: sees).map { .string($0) })))
        if let aliasOf { members.append(("alias_of", .string(aliasOf))) }
        return .object(.init(members, uniquingKeysWith: { $1 }))
    }
}

/// What a model does.
enum ModelKind: String, Sendable, CaseIterable {
    /// Continues text, and answers if it has a chat template.
    case language
    case embedding
    /// Hears what is said.
    case hearing
    case speaking
    /// Makes out what is written in pictures and what they show.
    case seeing

    /// What such a model takes itself; what others hear or see for it does not count.
    /// - Parameter sees: Whether it looks at pictures beside that.
    func takes(seeing sees: Bool) -> [String] {
        switch self {
        case .language, .embedding: sees ? ["text", "image"] : ["text"]
        case .hearing: ["audio"]
        case .speaking: ["text"]
        case .seeing: ["image"]
        }
    }

    /// What the routes are for which it was made.
    var use: String {
        switch self {
        case .language: "writes: use it with /v1/chat/completions, /v1/responses or /v1/completions"
        case .embedding: "embeds and says nothing: use it with /v1/embeddings"
        case .hearing: "hears: use it with /v1/audio/transcriptions"
        case .speaking: "speaks: use it with /v1/audio/speech"
        case .seeing: "looks at pictures for other models: send it pictures in messages to those"
        }
    }
}
