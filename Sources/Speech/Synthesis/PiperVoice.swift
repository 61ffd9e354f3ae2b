import Foundation
import OrderedCollections
import TuttiCheckpoints
public import TuttiModels
public import TuttiTensors

/// A voice of Piper as it is shipped: its weights, `VOICE.onnx`, and what they were trained with, `VOICE.onnx.json`.
public struct PiperVoice: Sendable {
    public let model: PiperVITS
    /// Samples in a second.
    public let sampleRate: Int
    /// The voice of espeak-ng whose phonemes it was trained on, such as `en-us`.
    public let espeakVoice: String
    /// The language of what it speaks, such as `en-us`.
    public let language: String
    /// The names of its speakers, in the order of their numbers.
    public let speakers: [String]
    private let lengthScale: Float
    private let noiseScale: Float
    private let durationNoiseScale: Float
    private let symbols: [Unicode.Scalar: [Int]]
    /// What stands for phonemes that were written otherwise when it was trained.
    private let replacements: [Unicode.Scalar: [Unicode.Scalar]]
    private let beginning: [Int]
    private let end: [Int]
    /// Stands between symbols.
    private let padding: [Int]

    /// - Parameter path: The `.onnx` file.
    /// - Throws: `PiperVoiceError`; `CheckpointError` and `ModelError` where the weights are not a voice's.
    public init(path: String, pool: ComputePool) throws {
        let description = path + ".json"
        guard let text = try? String(contentsOfFile: description, encoding: .utf8) else {
            throw PiperVoiceError.noDescription(description)
        }
        let json: JSON
        do { json = try JSON(parsing: text) } catch { throw PiperVoiceError.damaged(description, "\(error)") }
        func bad(_ key: String, _ wants: String) -> PiperVoiceError {
            .damaged(description, "\(key) must be \(wants)")
        }
        // Before the weights, because reading those takes longer.
        let phonemeType = json["phoneme_type"]?.string ?? "espeak"
        guard phonemeType == "espeak" else { throw PiperVoiceError.otherPhonemes(voice: path, type: phonemeType) }
        guard let rate = json["audio"]?["sample_rate"]?.int, 8000...192_000 ~= rate else {
            throw bad("audio.sample_rate", "a number of samples from 8000 to 192000")
        }
        guard let espeakVoice = json["espeak"]?["voice"]?.string, !espeakVoice.isEmpty else {
            throw bad("espeak.voice", "the name of a voice of espeak-ng")
        }
        func scale(_ key: String, _ usual: Double) throws -> Float {
            let value = json["inference"]?[JSON.Key(key).text]?.double ?? usual
            guard value.isFinite, 0...10 ~= value else { throw bad("inference.\(key)", "from 0 to 10") }
            return Float(value)
        }
        lengthScale = try scale("length_scale", 1)
        noiseScale = try scale("noise_scale", 0.667)
        durationNoiseScale = try scale("noise_w", 0.8)
        guard lengthScale > 0 else { throw bad("inference.length_scale", "above 0") }

        let model = try PiperVITS(path: path, pool: pool)
        self.model = model
        sampleRate = rate
        self.espeakVoice = espeakVoice
        language = (json["language"]?["code"]?.string ?? espeakVoice).lowercased().replacing("_", with: "-")
        var symbols: [Unicode.Scalar: [Int]] = [:]
        for (key, value) in json["phoneme_id_map"]?.object ?? [:] {
            let ids = value.array?.map { $0.int ?? -1 } ?? []
            guard !ids.isEmpty, ids.allSatisfy({ 0..<model.symbolCount ~= $0 }) else {
                throw bad("phoneme_id_map", "of ids below \(model.symbolCount), which “\(key.text)” has not")
            }
            // What is written as several code points is never met: phonemes are looked up one by one.
            if key.text.unicodeScalars.count == 1, let scalar = key.text.unicodeScalars.first { symbols[scalar] = ids }
        }
        guard let beginning = symbols["^"], let padding = symbols["_"], let end = symbols["$"] else {
            throw bad("phoneme_id_map", "such that it has “^”, “_” and “$”")
        }
        (self.beginning, self.padding, self.end) = (beginning + padding, padding, end)
        self.symbols = symbols
        var replacements: [Unicode.Scalar: [Unicode.Scalar]] = [:]
        for (key, value) in json["phoneme_map"]?.object ?? [:] where key.text.unicodeScalars.count == 1 {
            if let scalar = key.text.unicodeScalars.first {
                replacements[scalar] = (value.array ?? []).flatMap { Array(($0.string ?? "").unicodeScalars) }
            }
        }
        self.replacements = replacements
        let dataset = json["dataset"]?.string ?? ""
        let only = dataset.isEmpty ? URL(filePath: path).deletingPathExtension().lastPathComponent : dataset
        var names = (0..<model.speakerCount).map { model.speakerCount == 1 ? only : "speaker-\($0)" }
        if model.speakerCount > 1 {
            for (name, number) in json["speaker_id_map"]?.object ?? [:] {
                guard let number = number.int, names.indices ~= number else {
                    throw bad("speaker_id_map", "of numbers below \(names.count), which \(name.text) has not")
                }
                names[number] = name.text
            }
        }
        speakers = names
    }

    /// The ids of phonemes, spaces and marks among them; those that the voice does not know are left out.
    /// - Parameter phonemes: Of the International Phonetic Alphabet, as espeak-ng writes it. Code points in decomposed
    ///   form are its symbols.
    public func ids(of phonemes: String) -> [Int] {
        let scalars = phonemes.decomposedStringWithCanonicalMapping.unicodeScalars.flatMap { replacements[$0] ?? [$0] }
        return beginning + scalars.flatMap { symbols[$0].map { $0 + padding } ?? [] } + end
    }

    /// How something is to be spoken, in the model's terms.
    /// - Parameter number: How many utterances came before: each has noise of its own.
    /// - Throws: `PiperVoiceError.unknownSpeaker`.
    public func manner(_ options: SpeechOptions, utterance number: Int = 0) throws -> VITSManner {
        var manner = VITSManner()
        if let name = options.voice {
            guard let speaker = speakers.firstIndex(of: name) else {
                throw PiperVoiceError.unknownSpeaker(name, known: speakers)
            }
            manner.speaker = speaker
        }
        manner.lengthScale = lengthScale / Float(min(max(options.speed, 0.25), 4))
        manner.noiseScale = noiseScale * options.noise
        manner.durationNoiseScale = durationNoiseScale * options.noise
        // Odd steps of a golden section keep the seeds of neighbours apart.
        manner.noise = .seed(options.seed &+ UInt64(number) &* 0x9e37_79b9_7f4a_7c15)
        return manner
    }

    /// Seconds of silence after what a mark ends, at the voice's own speed.
    public static func pause(after mark: Character) -> Double {
        switch mark {
        case ".", "!", "?": 0.2
        case ";", ":": 0.1
        default: 0.05
        }
    }
}

/// Why a voice of Piper cannot speak.
public enum PiperVoiceError: Error, Equatable, CustomStringConvertible {
    case noDescription(String)
    case damaged(String, String)
    case otherPhonemes(voice: String, type: String)
    case unknownSpeaker(String, known: [String])

    public var description: String {
        switch self {
        case .noDescription(let file):
            "There is no readable \(file): a voice of Piper is an .onnx file and an .onnx.json file beside it."
        case .damaged(let file, let reason):
            "\(file) does not describe a voice of Piper: \(reason)."
        case .otherPhonemes(let voice, "pinyin"):
            "\(voice) was trained on pinyin, which needs the program g2pW; only phonemes of espeak-ng are made here."
        case .otherPhonemes(let voice, "text"):
            "\(voice) was trained on letters rather than phonemes; only phonemes of espeak-ng are made here."
        case .otherPhonemes(let voice, let type):
            "\(voice) was trained on phonemes of the kind “\(type)”, which needs the program of that name; only those of "
                + "espeak-ng are made here."
        case .unknownSpeaker(let name, let known):
            "There is no speaker “\(name)”. Known are \(known.prefix(20).joined(separator: ", "))"
                + (known.count > 20 ? " and \(known.count - 20) more." : ".")
        }
    }
}
