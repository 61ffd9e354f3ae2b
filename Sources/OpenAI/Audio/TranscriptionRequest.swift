public import TuttiCheckpoints

/// The form of `POST /v1/audio/transcriptions` and `/v1/audio/translations`, without its file.
public struct TranscriptionRequest: Sendable, Hashable {
    public enum Format: String, Sendable, Hashable, CaseIterable {
        case json, text, srt, vtt
        case verboseJSON = "verbose_json"
    }

    public var model: String
    /// ISO 639-1; nil to find out.
    public var language: String?
    public var prompt: String?
    public var format = Format.json
    public var temperature = 0.0
    public var wantsWords = false
    public var wantsSegments = false
    public var wantsLogprobs = false
    public var streams = false

    /// - Parameters:
    ///   - body: The form's fields as JSON: see ``JSON/init(form:)``; a batch's line has the same members.
    ///   - translates: Whether English is wanted, whatever was spoken.
    /// - Throws: `APIError` 400 that names the first field that is wrong.
    public init(_ body: JSON, translates: Bool) throws(APIError) {
        let fields = try Fields(body)
        model = try fields.requiredString("model")
        prompt = try fields.string("prompt")
        temperature = try fields.double("temperature", in: 0...1) ?? 0
        if let word = try fields.string("response_format") {
            guard let format = Format(rawValue: word) else {
                throw fields.wrongValue("response_format", Self.refusal(of: word))
            }
            self.format = format
        }
        guard !translates else { return }
        language = try Self.language(fields)
        streams = try fields.bool("stream") ?? false
        try readGranularities(fields)
        for word in try fields.strings("include", isLoneAllowed: true) ?? [] {
            guard word == "logprobs" else { throw fields.wrongValue("include", "'\(word)' is not 'logprobs'") }
            wantsLogprobs = true
        }
        guard !wantsLogprobs || format == .json else {
            throw fields.wrongValue("include", "logprobs come with the response_format 'json' only")
        }
        guard fields["known_speaker_names"] == nil, fields["known_speaker_references"] == nil else {
            throw fields.wrongValue("known_speaker_names", "nothing here tells speakers apart")
        }
    }

    private static func refusal(of word: String) -> String {
        guard word == "diarized_json" else {
            let known = Format.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            return "'\(word)' is not one of \(known)"
        }
        return "nothing here tells speakers apart; 'verbose_json' has the same segments without their speakers"
    }

    private static func language(_ fields: Fields) throws(APIError) -> String? {
        guard let word = try fields.string("language"), !word.isEmpty else { return nil }
        let code = word.lowercased().prefix { $0 != "-" && $0 != "_" }
        guard (2...3).contains(code.count), code.allSatisfy({ $0.isASCII && $0.isLetter }) else {
            throw fields.wrongValue("language", "'\(word)' is not the ISO 639-1 code of a language, such as 'en'")
        }
        return String(code)
    }

    private mutating func readGranularities(_ fields: Fields) throws(APIError) {
        guard let words = try fields.strings("timestamp_granularities", isLoneAllowed: true), !words.isEmpty else {
            wantsSegments = format == .verboseJSON
            return
        }
        for word in words {
            switch word {
            case "word": wantsWords = true
            case "segment": wantsSegments = true
            default: throw fields.wrongValue("timestamp_granularities", "'\(word)' is neither 'word' nor 'segment'")
            }
        }
        guard format == .verboseJSON else {
            throw fields.wrongValue("timestamp_granularities", "they come with the response_format 'verbose_json' only")
        }
    }
}

extension JSON {
    /// The fields of a form as an object: names that end in `[]` are lists, and what is written like a number or a truth
    /// value where one belongs is one.
    public init(form fields: [(name: String, value: String)]) {
        var object: JSON = [:]
        var lists: [String: [JSON]] = [:]
        for (name, value) in fields {
            if name.hasSuffix("[]") {
                lists[String(name.dropLast(2)), default: []].append(.string(value))
            } else {
                object.set(name, Self.numbers.contains(name) ? Self.scalar(value) : .string(value))
            }
        }
        for (name, values) in lists { object.set(name, .array(values)) }
        self = object
    }

    private static let numbers: Set<String> = ["temperature", "stream"]

    private static func scalar(_ text: String) -> JSON {
        switch text.lowercased() {
        case "true": .bool(true)
        case "false": .bool(false)
        case "", "null": .null
        default: Double(text).map { .number($0) } ?? .string(text)
        }
    }
}
