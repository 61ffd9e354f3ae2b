import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

/// Files of whisper.cpp's kind, written by scripts/goldens/make_whisper_ggml.py from the same numbers as the folder.
@Suite struct WhisperFilesTests {
    static let folder = goldens("SpeechTests").appending(path: "whisper/ggml")

    /// Logits of some tokens behind some sound.
    private func logits(_ path: String) throws -> [Float] {
        let pool = ComputePool(threads: 1), step = Step(pool: pool, exact: true)
        let whisper = try Whisper(try WhisperFiles(path: path).checkpoint, pool: pool)
        let mel = step.scratch(100, 16)
        mel.fill(from: (0..<1600).map { Float($0 % 37) / 20 - 1 })
        let sound = whisper.listen(to: whisper.encode(mel, step), step)
        let pages = [KeyValuePage(whisper.shape.layout, group: 0)]
        let batch = Batch(
            sequences: [SequenceRows(rows: 0..<4, start: 0, pages: [pages])], outputs: [0, 1, 2, 3],
            layout: whisper.shape.layout)
        return WhisperModelTests.rows(whisper([90, 242, 183, 102], batch, hearing: sound, step))
    }

    @Test func ggmlFilesHoldTheSameModel() throws {
        let wanted = try logits(WhisperModelTests.folder.path)
        let plain = try logits(Self.folder.appending(path: "ggml-f32.bin").path)
        #expect(WhisperModelTests.difference(plain, wanted) == 0)
        // Matrices of five, eight and sixteen bits.
        let mixed = WhisperModelTests.difference(try logits(Self.folder.appending(path: "ggml-mixed.bin").path), wanted)
        #expect(mixed > 0 && mixed < 0.1)
    }

    @Test func ggmlFilesSayTheirTokens() throws {
        let files = try WhisperFiles(path: Self.folder.appending(path: "ggml-f32.bin").path)
        guard case .pieces(let pieces) = files.vocabulary else { return #expect(Bool(false), "no pieces") }
        #expect(pieces.count == 256 && pieces[65] == [65] && pieces[255] == Array(" and".utf8))
    }

    @Test func brokenFilesAreRefused() throws {
        let bytes = [UInt8](try Data(contentsOf: Self.folder.appending(path: "ggml-mixed.bin")))
        let scratch = try ScratchFolder(), file = scratch.url.appending(path: "broken.bin")
        func open(_ bytes: some Sequence<UInt8>) throws -> Whisper {
            try Data(bytes).write(to: file)
            return try Whisper(try WhisperFiles(path: file.path).checkpoint, pool: ComputePool(threads: 1))
        }
        #expect(try open(bytes).shape.bands == 16)
        for count in [0, 3, 4, 40, 47, 56, 13_000, bytes.count / 2, bytes.count - 1] {
            #expect(throws: (any Error).self, "cut to \(count)") { try open(bytes.prefix(count)) }
        }
        // Sizes that cannot be: of the model, of the filters, of the vocabulary.
        let vocabulary = 4 * 14 + 4 * 16 * 201
        for at in Array(stride(from: 4, to: 44, by: 4)) + [48, 52, vocabulary, vocabulary + 4] {
            for value: UInt32 in [0xFFFF_FFFF, 0x7FFF_FFFF, 0] {
                var bad = bytes
                for place in 0..<4 { bad[at + place] = UInt8(truncatingIfNeeded: value >> (8 * place)) }
                #expect(throws: (any Error).self, "\(value) at \(at)") { try open(bad) }
            }
        }
        // Any other damage is refused or makes another model; nothing traps.
        var state: UInt64 = 7
        for _ in 0..<300 {
            var bad = bytes
            for _ in 0..<4 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bad[Int(state >> 33) % bad.count] = UInt8(truncatingIfNeeded: state >> 25)
            }
            _ = try? open(bad)
        }
    }
}
