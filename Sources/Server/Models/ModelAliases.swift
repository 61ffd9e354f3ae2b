/// OpenAI's own names of models, so that programs written to them run unchanged.
enum ModelAliases {
    /// Names that stand for the default chat model.
    static let chat = [
        "gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "gpt-4-turbo", "gpt-4", "gpt-3.5-turbo",
        "gpt-3.5-turbo-instruct", "gpt-5", "gpt-5-mini", "gpt-5-nano", "chatgpt-4o-latest", "o1", "o1-mini", "o3",
        "o3-mini", "o4-mini", "gpt-4o-audio-preview", "gpt-4o-mini-audio-preview", "gpt-audio", "gpt-audio-mini",
    ]
    /// Names that stand for the default embedding model.
    static let embedding = ["text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002"]

    /// Names that stand for the default model that hears.
    static let hearing = ["whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe"]
    /// Names that stand for the default model that speaks.
    static let speaking = ["tts-1", "tts-1-hd", "gpt-4o-mini-tts"]

    /// The names that stand for the default model of a kind.
    static func names(_ kind: ModelKind) -> [String] {
        switch kind {
        case .language: chat
        case .embedding: embedding
        case .hearing: hearing
        case .speaking: speaking
        case .seeing: []
        }
    }

    /// The list's name for a dated one: `gpt-4o-2024-08-06` is `gpt-4o`, `gpt-3.5-turbo-0125` is `gpt-3.5-turbo`.
    static func withoutDate(_ name: String) -> String {
        name.replacing(/-(\d{4}-\d{2}-\d{2}|\d{4})$/, with: "")
    }
}
