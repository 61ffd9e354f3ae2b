import Foundation
import Tutti
import TuttiAudio
import TuttiModels
import TuttiSpeech
import TuttiTensors

/// A voice of Piper by itself, whose parts are told apart and whose noise is given.
struct BareVoice {
    let voice: PiperVoice
    let phonemizer: EspeakPhonemizer
    let thread: ComputeThread

    init(model: String, threads: Int) throws {
        let location = try ModelStore().resolve(model)
        let name = try FileManager.default.contentsOfDirectory(atPath: location.path).first { $0.hasSuffix(".onnx") }
        let pool = ComputePool(threads: threads)
        thread = ComputeThread(name: "tutti speech", pool: pool)
        voice = try PiperVoice(path: location.appending(path: name ?? "").path, pool: pool)
        phonemizer = EspeakPhonemizer(voice: voice.espeakVoice)
    }

    /// The symbols of a text as one utterance.
    func ids(of clauses: [Clause]) async throws -> [Int] {
        var sounds: [String] = []
        for clause in clauses { sounds.append(try await phonemizer.phonemes(of: clause) + String(clause.mark)) }
        return voice.ids(of: sounds.joined(separator: " "))
    }

    /// Says a text as one utterance with noise of somebody else's.
    /// - Parameter noise: Two numbers for each symbol, then those of all frames, channel by channel; zeros follow.
    /// - Returns: How many symbols it has, how many frames, and its sound.
    func say(_ text: String, noise: [Float]) async throws -> (symbols: Int, frames: Int, sound: PCM) {
        let ids = try await ids(of: ClauseCutter.clauses(of: text))
        var manner = try voice.manner(SpeechOptions())
        manner.noise = .given(
            durations: Array(noise.prefix(2 * ids.count)), prior: Array(noise.dropFirst(2 * ids.count)))
        let (model, given) = (voice.model, manner)
        let (frames, samples) = try await thread.run { step, _ in
            var utterance = model.utterance(ids, given, step)
            return (utterance.frameCount, model.samples(&utterance, frames: 0..<utterance.frameCount, step))
        }
        return (ids.count, frames, PCM(samples: samples, sampleRate: voice.sampleRate))
    }
}
