public import Foundation
import TuttiModels
public import TuttiTensors

/// What kind of speech model lies somewhere, told by the names of its files.
public enum SpeechModelForm: Sendable, Hashable {
    /// Moonshine: a folder with ONNX Runtime's files, or one of Hugging Face, streaming or not.
    case moonshine
    /// Whisper: a folder of CTranslate2 or Hugging Face, or a file of whisper.cpp.
    case whisper
    /// A voice of Piper: the `.onnx` file with its `.onnx.json` beside it, or the folder with both.
    case piper
    /// Kokoro: a folder with its `.onnx`, the styles of its speakers (`.npz`) and `vocab.json`.
    case kokoro

    /// nil for what neither hears nor speaks.
    public init?(at location: URL) {
        let name = location.lastPathComponent, files = FileManager.default
        if name.hasSuffix(".onnx"), files.fileExists(atPath: location.path + ".json") {
            self = .piper
            return
        }
        if name.hasPrefix("ggml-"), name.hasSuffix(".bin") {
            self = .whisper
            return
        }
        let names = Set((try? files.contentsOfDirectory(atPath: location.path)) ?? [])
        if names.isSuperset(of: ["encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"]) {
            self = .moonshine
        } else if names.isSuperset(of: ["model.bin", "config.json"]), Self.isSpecification(of: location) {
            self = .whisper
        } else if names.contains(where: { $0.hasSuffix(".onnx") && names.contains($0 + ".json") }) {
            self = .piper
        } else if names.contains("vocab.json"),
            ["onnx", "npz"].allSatisfy({ kind in
                names.contains { $0.hasSuffix(".\(kind)") }
            })
        {
            self = .kokoro
        } else if names.contains("config.json"), let type = Self.modelType(location) {
            switch type {
            case "moonshine", "moonshine_streaming": self = .moonshine
            case "whisper": self = .whisper
            default: return nil
            }
        } else {
            return nil
        }
    }

    public var hears: Bool { !speaks }

    public var speaks: Bool { self == .piper || self == .kokoro }

    /// Whether a `model.bin` is CTranslate2's of a Whisper, which says so after its version.
    private static func isSpecification(of folder: URL) -> Bool {
        guard let file = try? FileHandle(forReadingFrom: folder.appending(path: "model.bin")) else { return false }
        defer { try? file.close() }
        let head = (try? file.read(upToCount: 64)) ?? Data()
        return head.range(of: Data("WhisperSpec".utf8)) != nil
    }

    private static func modelType(_ folder: URL) -> String? {
        struct Config: Decodable { let model_type: String? }
        guard let data = try? Data(contentsOf: folder.appending(path: "config.json")) else { return nil }
        return (try? JSONDecoder().decode(Config.self, from: data))?.model_type
    }
}

extension SpeechModelForm {
    /// Loads what hears.
    /// - Parameters:
    ///   - voiceActivity: The file of Silero's model.
    ///   - pool: What packs the weights and computes.
    /// - Throws: ``SpeechModelError``, `CheckpointError`, `ModelError`, or what is wrong with a tokenizer.
    public func recognizer(at location: URL, voiceActivity: URL, pool: ComputePool) throws -> any SpeechRecognizer {
        let activity = try SileroVAD(path: voiceActivity.path, sampleRate: 16_000, pool: pool)
        let thread = ComputeThread(name: "tutti speech", pool: pool)
        switch self {
        case .whisper:
            return try WhisperRecognizer(path: location.path, pool: pool, thread: thread, voice: activity)
        case .moonshine:
            let folder = location.path
            let isGraph = FileManager.default.fileExists(atPath: "\(folder)/encoder_model.ort")
            let model: any MoonshineModel =
                if isGraph {
                    try Moonshine(
                        encoder: "\(folder)/encoder_model.ort", decoder: "\(folder)/decoder_model_merged.ort",
                        pool: pool)
                } else if Self.modelType(location) == "moonshine_streaming" {
                    try MoonshineStreaming(folder: folder, pool: pool)
                } else {
                    try Moonshine(folder: folder, pool: pool)
                }
            let vocabulary =
                isGraph
                ? try MoonshineVocabulary(path: "\(folder)/tokenizer.bin")
                : try MoonshineVocabulary(tokenizer: "\(folder)/tokenizer.json")
            return MoonshineRecognizer(model, vocabulary, voice: activity, thread: thread)
        case .piper, .kokoro: throw SpeechModelError.doesNotHear(location.path)
        }
    }

    /// Loads what speaks.
    /// - Throws: ``SpeechModelError``, ``PiperVoiceError``, ``KokoroVoiceError``, `CheckpointError`, `ModelError` or `GraphError`.
    public func synthesizer(at location: URL, pool: ComputePool) throws -> any SpeechSynthesizer {
        if self == .kokoro { return try KokoroSynthesizer(folder: location, pool: pool) }
        guard self == .piper else { throw SpeechModelError.doesNotSpeak(location.path) }
        if location.lastPathComponent.hasSuffix(".onnx") {
            return try PiperSynthesizer(path: location.path, pool: pool)
        }
        let names = Set(try FileManager.default.contentsOfDirectory(atPath: location.path))
        guard let name = names.sorted().first(where: { $0.hasSuffix(".onnx") && names.contains($0 + ".json") }) else {
            throw SpeechModelError.doesNotSpeak(location.path)
        }
        return try PiperSynthesizer(path: location.appending(path: name).path, pool: pool)
    }
}
