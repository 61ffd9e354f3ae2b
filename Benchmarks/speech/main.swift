import Foundation
import Tutti

// Hears and speaks what standard input asks for, a JSON object a line, and answers with times: the Swift half of
// speech.py, which lets other programs do the same by turns.
//
//     {"do":"hear","model":"whisper-base","file":"a.wav"}      → {"text":…,"seconds":…,"took":…}
//     {"do":"speak","model":"piper-joe","text":"Hello.","file":"a.wav"}  → {"seconds":…,"first":…,"took":…}
//     {"do":"memory"}                                          → {"peak":…}

struct Order: Decodable {
    let `do`: String
    let model: String?
    let file: String?
    let text: String?
    let language: String?
    let seed: UInt64?
}

struct Report: Encodable {
    var text: String?
    /// How long the sound is, how long it took to the first of it, and to all of it: seconds.
    var seconds: Double?
    var first: Double?
    var took: Double?
    /// Bytes.
    var peak: Int?
    var error: String?
}

/// The models that were asked for, which stay loaded.
actor Speech {
    let threads: Int
    private var ears: [String: HearingModel] = [:]
    private var voices: [String: SpeakingModel] = [:]

    init(threads: Int) { self.threads = threads }

    func report(_ line: String) async throws -> Report {
        let order = try JSONDecoder().decode(Order.self, from: Data(line.utf8))
        switch order.do {
        case "hear": return try await hear(order)
        case "speak": return try await speak(order)
        default: return Report(peak: Memory.peakByteCount)
        }
    }

    private func hear(_ order: Order) async throws -> Report {
        let name = order.model ?? "whisper-base"
        let known = ears[name]
        let ear = if let known { known } else { try await HearingModel.load(name, threads: threads) }
        ears[name] = ear
        let sound = try PCM(path: order.file ?? "", sampleRate: 16_000)
        var options = TranscriptionOptions()
        options.language = order.language
        let start = ContinuousClock.now
        let transcript = try await ear.transcript(of: sound, options)
        return Report(
            text: transcript.text, seconds: transcript.seconds, took: (ContinuousClock.now - start) / .seconds(1))
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
