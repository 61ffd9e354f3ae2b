import TuttiOpenAI

/// OpenAI's names of voices, and the speakers of a model that answer to them.
struct VoiceNames: Sendable {
    /// A name that can be asked for.
    struct Voice: Sendable, Equatable {
        let name: String
        /// The model's own speaker.
        let speaker: String
    }

    static let openAI = [
        "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer",
        "verse",
    ]

    /// The speakers' own names, then OpenAI's, which are dealt out among the speakers in order.
    let voices: [Voice]

    init(speakers: [String]) {
        let own = speakers.map { Voice(name: $0, speaker: $0) }
        let dealt = Self.openAI.enumerated().compactMap { index, name -> Voice? in
            guard !speakers.isEmpty, !speakers.contains(name) else { return nil }
            return Voice(name: name, speaker: speakers[index % speakers.count])
        }
        voices = own + dealt
    }

    /// - Parameter param: The field that named the voice.
    /// - Throws: `APIError` 400 for a name that nobody answers to.
    func speaker(_ name: String, param: String) throws(APIError) -> String {
        if let voice = voices.first(where: { $0.name == name.lowercased() || $0.name == name }) { return voice.speaker }
        let known = voices.map(\.name).joined(separator: ", ")
        throw .invalid(
            "Invalid '\(param)': there is no voice '\(name.prefix(80))'. There are: \(known).", param: param,
            code: "invalid_value")
    }
}
