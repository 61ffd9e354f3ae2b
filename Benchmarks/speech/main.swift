import Foundation
import Tutti
import TuttiModels
import TuttiSpeech
import TuttiTensors

// Hears and speaks what standard input asks for, a JSON object a line, and answers with times: the Swift half of
// speech.py, which lets other programs do the same by turns.
//
//     {"do":"hear","model":"whisper-base","file":"a.wav"}      → {"text":…,"seconds":…,"took":…}
//     {"do":"speak","model":"piper-joe","text":"Hello.","file":"a.wav"}  → {"seconds":…,"first":…,"took":…}
//     {"do":"say","text":"Hello.","noise":"n.f32","file":"a.wav"}  → {"symbols":…,"frames":…}
//     {"do":"follow","model":"moonshine-tiny","file":"a.wav"}  → {"text":…,"endings":[…]}
//     {"do":"tokens","model":"kokoro","text":"Hello."}         → {"tokens":[…]}
//     {"do":"parts","model":"piper-joe","text":"Hello."}       → {"parts":{"phonemes":…,"flow":…,"decoder":…}}
//     {"do":"memory"}                                          → {"peak":…}
//
// `"stored": true` hears with a Whisper's weights as they are stored, `"times": false` without asking it for times, and
// `"silence": 4` with so many seconds of silence behind the sound.

struct Order: Decodable {
    let `do`: String
    let model: String?
    let file: String?
    let text: String?
    let language: String?
    let seed: UInt64?
    let stored: Bool?
    let times: Bool?
    /// Seconds of silence that a Whisper hears behind the sound; 30 in full length.
    let silence: Double?
    /// A file of float32: noise for a voice of Piper, instead of a seed's.
    let noise: String?
}

struct Report: Encodable {
    var text: String?
    /// How long the sound is, how long it took to the first of it, and to all of it: seconds.
    var seconds: Double?
    var first: Double?
    var took: Double?
    var endings: [Ending]?
    var tokens: [Int]?
    var symbols: Int?
    var frames: Int?
    var parts: Parts?
    /// Bytes.
    var peak: Int?
    var error: String?
}

/// The models that were asked for, which stay loaded.
actor Speech {
    let threads: Int
    private var ears: [String: any SpeechRecognizer] = [:]
    private var voices: [String: SpeakingModel] = [:]
    private var bare: BareVoice?

    init(threads: Int) { self.threads = threads }

    func report(_ line: String) async throws -> Report {
        let order = try JSONDecoder().decode(Order.self, from: Data(line.utf8))
        switch order.do {
        case "hear": return try await hear(order)
        case "speak": return try await speak(order)
        case "say": return try await say(order)
        case "follow": return try await follow(order)
        case "tokens": return try await tokens(order)
        case "parts":
            return Report(
                parts: try await Parts(of: order.text ?? "", model: order.model ?? "piper-joe", threads: threads))
        default: return Report(peak: Memory.peakByteCount)
        }
    }

    private func ear(_ order: Order) async throws -> any SpeechRecognizer {
        let name = order.model ?? "whisper-base", isStored = order.stored ?? false, hasTimes = order.times ?? true
        let key = "\(name) \(isStored) \(hasTimes) \(order.silence ?? 30)"
        if let known = ears[key] { return known }
        if !isStored, hasTimes, order.silence == nil {
            ears[key] = try await HearingModel.load(name, threads: threads).recognizer
        } else {
            let store = try ModelStore(), pool = ComputePool(threads: threads)
            let activity = try store.resolve(HearingModel.voiceActivityName)
            var limits = WhisperLimits()
            limits.writesTimes = hasTimes
            limits.silence = order.silence ?? limits.silence
            ears[key] = try WhisperRecognizer(
                path: try store.resolve(name).path, pool: pool,
                quantization: isStored ? nil : WhisperRecognizer.usualQuantization,
                thread: ComputeThread(name: "tutti speech", pool: pool), limits: limits,
                voice: SileroVAD(path: activity.path, sampleRate: 16_000, pool: pool))
        }
        return try await ear(order)
    }

    private func hear(_ order: Order) async throws -> Report {
        let ear = try await ear(order)
        let sound = try PCM(path: order.file ?? "", sampleRate: 16_000)
        var options = TranscriptionOptions()
        options.language = order.language
        let start = ContinuousClock.now
        let transcript = try await ear.transcript(of: sound, options, urgency: .live)
        return Report(
            text: transcript.text, seconds: transcript.seconds, took: (ContinuousClock.now - start) / .seconds(1))
    }

    private func say(_ order: Order) async throws -> Report {
        let known = bare
        let voice = if let known { known } else { try BareVoice(model: order.model ?? "piper-joe", threads: threads) }
        bare = voice
        let bytes = try Data(contentsOf: URL(filePath: order.noise ?? ""))
        let noise = unsafe bytes.withUnsafeBytes { unsafe Array($0.bindMemory(to: Float.self)) }
        let (symbols, frames, sound) = try await voice.say(order.text ?? "", noise: noise)
        if let file = order.file { try Data(try sound.encoded(as: .wav)).write(to: URL(filePath: file)) }
        return Report(symbols: symbols, frames: frames)
    }

    private func follow(_ order: Order) async throws -> Report {
        guard let ear = try await ear(order) as? MoonshineRecognizer else {
            throw SpeechModelError.cannotFollow(order.model ?? "")
        }
        let activity = try ModelStore().resolve(HearingModel.voiceActivityName)
        let voice = try SileroVAD(path: activity.path, sampleRate: 16_000, pool: ComputePool(threads: 1))
        let endings = try await Following(recognizer: ear, voice: voice).endings(
            of: try PCM(path: order.file ?? "", sampleRate: 16_000))
        return Report(text: endings.map(\.text).joined(separator: " "), endings: endings)
    }

    /// What Kokoro is given for one clause, as another program needs it.
    private func tokens(_ order: Order) async throws -> Report {
        let voice = try KokoroVoice(
            folder: try ModelStore().resolve(order.model ?? "kokoro"), pool: ComputePool(threads: 1))
        var phonemes = ""
        for clause in ClauseCutter.clauses(of: order.text ?? "") {
            let sounds = try await EspeakPhonemizer(voice: "en-us").phonemes(of: clause)
            phonemes += (phonemes.isEmpty ? "" : " ") + KokoroPhonemes.signs(for: sounds) + String(clause.mark)
        }
        return Report(tokens: voice.tokens(of: phonemes))
    }

    private func speak(_ order: Order) async throws -> Report {
        let name = order.model ?? "piper-joe"
        let known = voices[name]
        let voice = if let known { known } else { try await SpeakingModel.load(name, threads: threads) }
        voices[name] = voice
        var options = SpeechOptions()
        options.seed = order.seed ?? 0
        let start = ContinuousClock.now
        var first: Double?, samples: [Float] = []
        for try await piece in voice.speak(order.text ?? "", options) {
            if first == nil, !piece.samples.isEmpty { first = (ContinuousClock.now - start) / .seconds(1) }
            samples += piece.samples
        }
        let took = (ContinuousClock.now - start) / .seconds(1)
        let sound = PCM(samples: samples, sampleRate: voice.sampleRate)
        if let file = order.file { try Data(try sound.encoded(as: .wav)).write(to: URL(filePath: file)) }
        return Report(seconds: sound.seconds, first: first, took: took)
    }
}

let speech = Speech(threads: Int(CommandLine.arguments.dropFirst().first ?? "2") ?? 2)
while let line = readLine() {
    var answer: Report
    do { answer = try await speech.report(line) } catch { answer = Report(error: "\(error)") }
    let json = try JSONEncoder().encode(answer)
    try FileHandle.standardOutput.write(contentsOf: json + Data("\n".utf8))
}
