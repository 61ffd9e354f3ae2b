public import TuttiCheckpoints

/// The body of `POST /v1/audio/speech`.
public struct SpeechRequest: Sendable, Hashable {
    public var model: String
    public var input: String
    public var voice: String
    public var format: SoundFormat
    public var speed: Double
    /// Whether bytes come as events rather than as a file.
    public var isEvents: Bool

    /// The most characters of a text.
    public static let maximumCharacters = 4096

    /// - Throws: `APIError` 400 that names the first field that is wrong.
    public init(_ body: JSON) throws(APIError) {
        let fields = try Fields(body)
        model = try fields.requiredString("model")
        input = try fields.requiredString("input")
        guard !input.allSatisfy(\.isWhitespace) else { throw fields.wrongValue("input", "there are no words in it") }
        guard input.count <= Self.maximumCharacters else {
            throw fields.wrongValue(
                "input", "it has \(input.count) characters, and \(Self.maximumCharacters) are the most")
        }
        voice = try fields.voice()
        format = try SoundFormat(fields, "response_format") ?? .mp3
        speed = try fields.double("speed", in: 0.25...4) ?? 1
        isEvents = try fields.word("stream_format", of: ["audio", "sse"]) == "sse"
        // What a voice can follow it shows by itself; there is none yet that can be told how to speak.
        _ = try fields.string("instructions")
    }
}

/// What sound is sent as.
public enum SoundFormat: String, Sendable, Hashable, CaseIterable {
    case mp3, opus, aac, flac, wav
    /// 24,000 frames a second of 16 bits, little-endian.
    case pcm

    public init?(_ fields: Fields, _ name: String) throws(APIError) {
        let words = Self.allCases.map(\.rawValue)
        guard let word = try fields.word(name, of: words + ["pcm16"]) else { return nil }
        self = Self(rawValue: word) ?? .pcm
    }
}

/// What a streamed speech sends.
public enum SpeechStreamEvent: Sendable {
    /// Bytes of the file, in Base64.
    case delta(String)
    /// A character counts as a token of the input, a tenth of a second as one of the output.
    case done(characters: Int, seconds: Double)

    public var json: JSON {
        switch self {
        case .delta(let audio): ["type": "speech.audio.delta", "audio": .string(audio)]
        case .done(let characters, let seconds):
            ["type": "speech.audio.done", "usage": Self.usage(characters, seconds)]
        }
    }

    private static func usage(_ characters: Int, _ seconds: Double) -> JSON {
        let output = Int((seconds * 10).rounded(.up))
        return [
            "input_tokens": JSON(characters), "output_tokens": JSON(output),
            "total_tokens": JSON(characters + output),
        ]
    }
}

extension Fields {
    /// `voice`: a name, or an object with an id.
    func voice() throws(APIError) -> String {
        let member = try required("voice")
        if let name = member.string { return name }
        guard let voice = try object("voice") else { throw wrongType("voice", wants: "a string", got: member) }
        return try voice.requiredString("id")
    }
}
