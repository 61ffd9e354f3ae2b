import TuttiCheckpoints
import TuttiOpenAI

extension Operation {
    static let soundFormats = SoundFormat.allCases.map(\.rawValue)

    static let audio: [Operation] = [
        Operation(
            method: "POST", path: "/v1/audio/transcriptions", tag: "Audio", summary: "Tell what is said in a file",
            description: """
                wav, flac, ogg, opus, mp3; with the program ffmpeg also m4a, mp4, webm. With `stream` the text comes as \
                server-sent events, segment by segment.
                """,
            body: .form(.schema(file + transcription, required: ["file", "model"])), answer: "Transcription",
            streams: true),
        Operation(
            method: "POST", path: "/v1/audio/translations", tag: "Audio",
            summary: "Tell in English what is said in a file",
            body: .form(.schema(file + shared, required: ["file", "model"])), answer: "Transcription"),
        Operation(
            method: "POST", path: "/v1/audio/speech", tag: "Audio", summary: "Speak a text",
            description: "The file's bytes, or events that carry them, leave as they are made.",
            body: .json(
                .schema(
                    [
                        ("model", .text("A name of /v1/models.")),
                        ("input", .text("At most \(SpeechRequest.maximumCharacters) characters.")),
                        ("voice", .text("A name of /v1/audio/voices.")),
                        ("response_format", .word(soundFormats + ["pcm16"])), ("speed", .number(from: 0.25, to: 4)),
                        ("stream_format", .word(["audio", "sse"])), ("instructions", .text),
                    ], required: ["model", "input", "voice"])), answer: "audio/mpeg", streams: true),
        Operation(
            method: "GET", path: "/v1/audio/voices", tag: "Audio", summary: "List voices",
            description: "The model's own speakers, and OpenAI's names with the speaker that each stands for.",
            parameters: [Parameter(name: "model", place: "query", schema: .text)], answer: "List"),
    ]

    private static let file: [(String, JSON)] = [("file", ["type": "string", "format": "binary"])]

    private static let shared: [(String, JSON)] = [
        ("model", .text("A name of /v1/models.")), ("prompt", .text), ("temperature", .number(from: 0, to: 1)),
        ("response_format", .word(TranscriptionRequest.Format.allCases.map(\.rawValue))),
    ]

    private static let transcription: [(String, JSON)] =
        shared + [
            ("language", .text("ISO 639-1, such as `en`.")), ("stream", .flag),
            ("timestamp_granularities[]", .list(of: .word(["word", "segment"]))),
            ("include[]", .list(of: .word(["logprobs"]))),
        ]

    static let audioSchemas: [(String, JSON)] = [
        ("Transcription", .schema([("text", .text), ("usage", .anyObject)], required: ["text"]))
    ]
}
