import TuttiAudio
import TuttiModels
import TuttiTensors

extension WhisperRecognizer {
    /// How many frames of 10 ms the encoder hears of a window: what is there and some silence, up to all that it was
    /// taught with.
    func frames(of window: Range<Int>) -> Int {
        let wanted = window.count + Int(limits.silence * 100)
        // Whole pages of keys and values.
        let unit = 2 * KeyValueLayout.pageTokens
        return min(WhisperHearing.windowFrames, (wanted + unit - 1) / unit * unit)
    }

    /// What the encoder makes of a window.
    func encode(_ recording: WhisperRecording, _ window: Range<Int>, frames: Int, _ step: Step) -> Tensor {
        let mel = step.zeros(min(frames, 2 * whisper.shape.audio.positions), recording.bands)
        for (row, frame) in window.prefix(mel.rows).enumerated() { mel[row: row].fill(from: recording.features(frame)) }
        return whisper.encode(mel, step)
    }

    /// How likely each language is, the likeliest first.
    func languages(_ sound: HeardSound, _ step: Step) -> [(code: String, probability: Float)] {
        guard vocabulary.isMultilingual else { return [("en", 1)] }
        var text = WhisperHypothesis()
        let layout = whisper.shape.layout
        let batch = Batch(sequences: [text.rows(0..<1, layout)], outputs: [0], layout: layout)
        let logits = whisper([vocabulary.start], batch, hearing: sound, step)
        let own = Array(logits.values(row: 0)[vocabulary.languageTokens])
        return zip(vocabulary.languages, own.span.probabilities).map { ($0, $1) }.sorted { $0.1 > $1.1 }
    }

    /// The heads that follow the sound: as the makers say, or else all of the upper half of the layers.
    var alignmentHeads: [WhisperSettings.AlignmentHead] {
        let text = whisper.shape.text
        if let known = settings.alignmentHeads { return known }
        return (text.layers / 2..<text.layers).flatMap { layer in
            (0..<text.heads).map { WhisperSettings.AlignmentHead(layer: layer, head: $0) }
        }
    }
}
