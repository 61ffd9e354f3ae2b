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
        let whisper = try check(Self.folder, rowsAtATime: rowsAtATime)
        #expect(whisper.shape.bands == 16 && whisper.shape.vocabulary == 256)
    }

    /// 128 bands, as large-v3 has, and fewer layers that write than that hear, as turbo and the distilled ones have.
    @Test func largerKindsAgreeWithTransformers() throws {
        let whisper = try check(goldens("SpeechTests").appending(path: "whisper/large"), rowsAtATime: 5)
        #expect(whisper.shape.bands == 128 && whisper.shape.audio.layers == 3 && whisper.shape.text.layers == 1)
        #expect(whisper.shape.text.feedForward == 48 && whisper.shape.audio.feedForward == 64)
    }

    /// A file of CTranslate2's whose matrices are rounded to bytes, beside `transformers` on the very numbers it holds
    /// (scripts/goldens/make_whisper_int8.py).
    @Test func bytesOfCTranslate2AreReadAsTheyAre() throws {
        let folder = goldens("SpeechTests").appending(path: "whisper/int8")
        let whisper = try check(folder, file: "model.bin", rowsAtATime: 24)
        #expect(whisper.shape.bands == 16 && whisper.shape.vocabulary == 256)
    }

    private func check(_ folder: URL, file: String? = nil, rowsAtATime: Int) throws -> Whisper {
        let golden = try SafetensorsGolden(folder.appending(path: "golden.safetensors"))
        let path = file.map { folder.appending(path: $0).path } ?? folder.path
        let files = try WhisperFiles(path: path), pool = ComputePool(threads: 2)
        let whisper = try Whisper(files.checkpoint, pool: pool), step = Step(pool: pool, exact: true)
        // The golden has bands in rows.
        let features = golden.floats("input_features") ?? [], bands = whisper.shape.bands
        let frames = features.count / bands, mel = step.scratch(frames, bands)
        mel.fill(from: (0..<frames).flatMap { frame in (0..<bands).map { features[$0 * frames + frame] } })
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
        return whisper
    }
}
