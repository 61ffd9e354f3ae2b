import Foundation
import Tutti
import TuttiModels
import TuttiSpeech
import TuttiTensors

/// How an utterance ended, in seconds.
struct Ending: Encodable {
    let text: String
    /// From the end of the last frame of speech to the end of the frame that decides that the speech has ended: silence,
    /// which has to pass.
    let silence: Double
    /// From the moment at which the last sample that decides it was there to the final text.
    let final: Double
    /// From the moment at which the first silent frame was there to the text up to it, if it was the final one already.
    let known: Double?
}

/// Follows a recording at the speed at which it was spoken, and takes the times.
struct Following {
    let recognizer: MoonshineRecognizer
    let voice: SileroVAD
    /// Seconds of silence behind the recording.
    private static let silence = 1.0

    func endings(of sound: PCM) async throws -> [Ending] {
        let size = voice.frameSamples
        let samples = sound.mono().samples + Array(repeating: 0, count: Int(Self.silence * 16_000))
        let decisions = decisions(samples), start = ContinuousClock.now
        let live = LiveTranscription(recognizer, sampleRate: 16_000)
        async let told = live.events.reduce(into: [(event: LiveEvent, at: Duration)]()) {
            $0.append(($1, ContinuousClock.now - start))
        }
        var given: [Duration] = []
        for first in stride(from: 0, to: samples.count, by: size) {
            // A frame is there when its last sample is.
            try await Task.sleep(until: start + .seconds(Double(first + size) / 16_000), tolerance: .zero)
            given.append(ContinuousClock.now - start)
            live.append(Array(samples[first..<min(first + size, samples.count)]))
        }
        live.finish()
        return endings(await told, decisions, given)
    }

    /// The frames at which each utterance paused for the last time, and was over.
    private func decisions(_ samples: [Float]) -> [(pause: Int, end: Int)] {
        var activity = VoiceActivity(voice, LiveOptions().voice), decisions: [(Int, Int)] = [], pause = 0
        let step = Step(pool: ComputePool(threads: 1)), size = voice.frameSamples
        for frame in 0..<samples.count / size {
            step.reset()
            for event in activity.append(Array(samples[frame * size..<(frame + 1) * size]), step) {
                switch event {
                case .paused: pause = frame
                case .ended: decisions.append((pause, frame))
                default: break
                }
            }
        }
        return decisions
    }

    private func endings(
        _ told: [(event: LiveEvent, at: Duration)], _ decisions: [(pause: Int, end: Int)], _ given: [Duration]
    ) -> [Ending] {
        var endings: [Ending] = [], known: (text: String, at: Duration)?
        for (event, at) in told {
            switch event {
            case .began: known = nil
            case .partial(let stable, let tentative, let isPause):
                if isPause, known?.text != stable + tentative { known = (stable + tentative, at) }
            case .finished(let transcript):
                guard endings.count < decisions.count else { break }
                let (pause, end) = decisions[endings.count]
                let isSame = known.map { $0.text == transcript.text && $0.at >= given[pause] } ?? false
                endings.append(
                    Ending(
                        text: transcript.text,
                        silence: Double((end + 1 - pause) * voice.frameSamples) / 16_000,
                        final: (at - given[end]) / .seconds(1),
                        known: isSame ? known.map { ($0.at - given[pause]) / .seconds(1) } : nil))
            case .dismissed: break
            }
        }
        return endings
    }
}
