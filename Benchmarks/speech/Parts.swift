import Foundation
import Tutti
import TuttiModels
import TuttiSpeech
import TuttiTensors

/// Where the time goes when a voice of Piper says a text as one clause: seconds.
struct Parts: Encodable {
    /// Cutting the text into clauses of words.
    var clauses = 0.0
    var phonemes = 0.0
    /// Text encoder, durations, and the draw from the prior.
    var utterance = 0.0
    var flow = 0.0
    /// All frames in one piece.
    var decoder = 0.0
    /// The same in the pieces that are spoken.
    var pieces = 0.0
    var frames = 0

    init(of text: String, model: String, threads: Int) async throws {
        let bare = try BareVoice(model: model, threads: threads), voice = bare.voice
        // Once to be warm.
        for _ in 0..<2 {
            var clock = ContinuousClock.now
            func lap() -> Double {
                defer { clock = .now }
                return (ContinuousClock.now - clock) / .seconds(1)
            }
            let clauses = ClauseCutter.clauses(of: text)
            self.clauses = lap()
            let ids = try await bare.ids(of: clauses)
            phonemes = lap()
            let manner = try voice.manner(SpeechOptions())
            let laps = try await bare.thread.run { step, _ in
                var clock = ContinuousClock.now, laps: [Double] = []
                func lap() {
                    laps.append((ContinuousClock.now - clock) / .seconds(1))
                    clock = .now
                }
                let drawn = voice.model.utterance(ids, manner, step)
                lap()
                var whole = drawn
                voice.model.prepare(&whole, step)
                lap()
                _ = voice.model.samples(&whole, frames: 0..<whole.frameCount, step)
                lap()
                var pieces = drawn, first = 0
                while first < pieces.frameCount {
                    let end = min(pieces.frameCount, first + (first == 0 ? 24 : 64))
                    _ = voice.model.samples(&pieces, frames: first..<end, step)
                    first = end
                }
                lap()
                return laps + [Double(drawn.frameCount)]
            }
            (utterance, flow, decoder, pieces, frames) = (laps[0], laps[1], laps[2], laps[3], Int(laps[4]))
        }
    }
}
