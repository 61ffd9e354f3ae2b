import Foundation
import TestSupport
import Testing
import TuttiAudio
import TuttiCheckpoints
import TuttiSpeech
import TuttiTensors

/// What CTranslate2 hears with the same weights in float32 (scripts/goldens/make_whisper.py).
struct WhisperGolden: Sendable, CustomTestStringConvertible {
    struct Segment: Sendable {
        var start: Double
        var end: Double
        var text: String
        var tokens: [Token]
        var mean: Double
        var noSpeech: Double
        var compressionRatio: Double
        var words: [(text: String, start: Double, end: Double)]
    }

    var file: String
    var language: String
    var languages: [(code: String, probability: Double)]
    var greedy: [Segment]
    var withoutTimes: [Segment]
    var translation: [Segment]
    var beam: String
    var testDescription: String { file }

    static let folder = goldens("SpeechTests").appending(path: "whisper")

    static let all: [WhisperGolden] = {
        guard let bytes = try? Data(contentsOf: folder.appending(path: "golden.json")),
            let clips = (try? JSON(parsing: bytes))?["clips"]?.array
        else { return [] }
        return clips.map { clip in
            WhisperGolden(
                file: clip["file"]?.string ?? "", language: clip["language"]?.string ?? "",
                languages: (clip["languages"]?.array ?? []).map { ($0[0]?.string ?? "", $0[1]?.double ?? 0) },
                greedy: segments(clip["greedy"]), withoutTimes: segments(clip["greedy_without_times"]),
                translation: segments(clip["translation"]), beam: clip["beam5"]?.string ?? "")
        }
    }()

    private static func segments(_ json: JSON?) -> [Segment] {
        (json?.array ?? []).map { segment in
            Segment(
                start: segment["start"]?.double ?? 0, end: segment["end"]?.double ?? 0,
                text: segment["text"]?.string ?? "",
                tokens: (segment["tokens"]?.array ?? []).compactMap { $0.int.map { Token($0) } },
                mean: segment["avg_logprob"]?.double ?? 0, noSpeech: segment["no_speech_prob"]?.double ?? 0,
                compressionRatio: segment["compression_ratio"]?.double ?? 0,
                words: (segment["words"]?.array ?? []).map {
                    ($0[0]?.string ?? "", $0[1]?.double ?? 0, $0[2]?.double ?? 0)
                })
        }
    }

    /// The clip, at its own rate: recordings are kept packed.
    func sound() throws -> PCM {
        let own = Self.folder.appending(path: file)
        if FileManager.default.fileExists(atPath: own.path) { return try PCM(path: own.path) }
        let name = own.deletingPathExtension().lastPathComponent
        return try PCM(path: goldens("SpeechTests").appending(path: "recordings/\(name).flac").path)
    }
}
