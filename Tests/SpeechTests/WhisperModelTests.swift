import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

/// Whisper's network against `transformers` on a small random checkpoint (scripts/goldens/make_tiny_senses.py).
@Suite struct WhisperModelTests {
    static let folder = goldens("SpeechTests").appending(path: "whisper/tiny")

    /// Rows of a tensor against the golden's: the largest difference, over the golden's largest number.
    static func difference(_ values: [Float], _ golden: [Float]) -> Float {
        guard values.count == golden.count else { return .infinity }
        let top = golden.map(abs).max() ?? 1
        return zip(values, golden).map { abs($0 - $1) }.max().map { $0 / top } ?? .infinity
    }

    static func rows(_ tensor: Tensor) -> [Float] { (0..<tensor.rows).flatMap { tensor.values(row: $0) } }

    @Test(arguments: [1, 7, 24])
    func agreesWithTransformers(rowsAtATime: Int) throws {
        let golden = try SafetensorsGolden(Self.folder.appending(path: "golden.safetensors"))
        let files = try WhisperFiles(path: Self.folder.path), pool = ComputePool(threads: 2)
        let whisper = try Whisper(files.checkpoint, pool: pool), step = Step(pool: pool, exact: true)
        #expect(whisper.shape.bands == 16 && whisper.shape.vocabulary == 256)
        // The golden has bands in rows.
        let features = golden.floats("input_features") ?? [], frames = features.count / 16
        let mel = step.scratch(frames, 16)
        mel.fill(from: (0..<frames).flatMap { frame in (0..<16).map { features[$0 * frames + frame] } })
        let heard = whisper.encode(mel, step)
        #expect(Self.difference(Self.rows(heard), golden.floats("encoder_output") ?? []) < 1e-5)

        let sound = whisper.listen(to: heard, step)
        // Numbers of 64 bits.
        let ids = (golden.words("decoder_input_ids") ?? []).enumerated().filter { $0.offset % 2 == 0 }
            .map { Token($0.element) }
        let pages = [KeyValuePage(whisper.shape.layout, group: 0)]
        var logits: [Float] = []
        for first in stride(from: 0, to: ids.count, by: rowsAtATime) {
            let count = min(rowsAtATime, ids.count - first)
            let batch = Batch(
                sequences: [SequenceRows(rows: 0..<count, start: first, pages: [pages])], outputs: Array(0..<count),
                layout: whisper.shape.layout)
            logits += Self.rows(whisper(Array(ids[first..<first + count]), batch, hearing: sound, step))
        }
        // Keys and values of the sound are kept in half precision.
        #expect(Self.difference(logits, golden.floats("logits") ?? []) < 1e-3)
    }
}
