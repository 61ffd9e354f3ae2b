import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

/// The graphs that read text in pictures, beside what ONNX Runtime makes of them
/// (`Goldens/graphs/ocr.safetensors`: pictures with their channels last, and what came out).
@Suite struct ReadingGraphTests {
    private static let pool = ComputePool(threads: 2)

    private static let goldens = Result {
        try SafetensorsGolden(
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "Goldens/graphs/ocr.safetensors"))
    }

    private static func program(_ file: String, threads: Int = 2) throws -> GraphProgram {
        let folder = try TestModel.path("pp-ocrv6")
        return try GraphProgram(
            GraphFile(path: folder.appending(path: file).path),
            pool: threads == 2 ? pool : ComputePool(threads: threads))
    }

    private static let detection = Result { try program("PP-OCRv6_det_small.onnx") }
    private static let recognition = Result { try program("PP-OCRv6_rec_small.onnx") }
    private static let direction = Result { try program("ch_ppocr_mobile_v2.0_cls_mobile.onnx") }

    /// A picture of the goldens as the graphs take it.
    private func pixels(_ name: String) throws -> [Float] {
        try #require(try Self.goldens.get().bytes(name)).map { (Float($0) / 255 - 0.5) / 0.5 }
    }

    private func golden(_ name: String) throws -> [Float] { try #require(try Self.goldens.get().floats(name)) }

    private func worst(_ ours: [Float], _ theirs: [Float]) -> Float {
        guard ours.count == theirs.count else { return .infinity }
        return zip(ours, theirs).map { abs($0 - $1) }.reduce(0) { $0 < $1 || $1.isNaN ? $1 : $0 }
    }

    @Test func findsText() throws {
        let out = try Self.detection.get().run(
            channelsLast: pixels("det.input"), [1, 160, 256, 3], Step(pool: Self.pool))[0]
        #expect(out.shape == [1, 1, 160, 256])
        // Probabilities: sums in another order change the sixth digit of what goes into the last sigmoid.
        #expect(worst(try #require(out.floats), try golden("det.output")) < 1e-4)
    }

    @Test(arguments: 0..<3)
    func readsText(line: Int) throws {
        let x = try pixels("rec\(line).input"),
            classes = try #require(try Self.goldens.get().words("rec\(line).classes"))
        let chances = try golden("rec\(line).probabilities"), steps = chances.count / 8
        let out = try Self.recognition.get().run(
            channelsLast: x, [1, 48, x.count / 144, 3], Step(pool: Self.pool))[0]
        #expect(out.shape == [1, steps, 18_710])
        let ours = try #require(out.floats)
        let same = classes.enumerated().map { ours[$0 / 8 * 18_710 + Int($1)] }
        #expect(worst(same, chances) < 1e-4)
        for step in 0..<steps {
            let row = ours[step * 18_710..<(step + 1) * 18_710]
            #expect(abs(row.reduce(0, +) - 1) < 1e-4)
            #expect(row.max() == ours[step * 18_710 + Int(classes[step * 8])])
        }
    }

    @Test(arguments: 0..<3)
    func tellsDirections(line: Int) throws {
        let out = try Self.direction.get().run(
            channelsLast: pixels("cls\(line).input"), [1, 48, 192, 3], Step(pool: Self.pool))[0]
        #expect(out.shape == [1, 2])
        #expect(worst(try #require(out.floats), try golden("cls\(line).output")) < 1e-5)
    }

    /// Lines of a batch do not see each other, and a step that was used before gives the same.
    @Test func batches() throws {
        let step = Step(pool: Self.pool), program = try Self.direction.get()
        let all = try (0..<3).map { try pixels("cls\($0).input") }
        let together = try program.run(channelsLast: all.flatMap { $0 }, [3, 48, 192, 3], step)[0]
        let alone = try all.flatMap { try #require(program.run(channelsLast: $0, [1, 48, 192, 3], step)[0].floats) }
        #expect(worst(try #require(together.floats), alone) < 1e-6)
    }

    /// Channels first or last, and however many threads compute: the same numbers.
    @Test func theSameHoweverItIsComputed() throws {
        let x = try pixels("det.input"), area = 160 * 256
        let last = try Self.detection.get().run(channelsLast: x, [1, 160, 256, 3], Step(pool: Self.pool))
        let turned = (0..<3 * area).map { x[$0 % area * 3 + $0 / area] }
        let first = try Self.detection.get().run(["x": GraphValue(turned, [1, 3, 160, 256])], Step(pool: Self.pool))
        #expect(first == last)
        for threads in [1, 3] {
            let program = try Self.program("PP-OCRv6_det_small.onnx", threads: threads)
            let other = try program.run(
                channelsLast: x, [1, 160, 256, 3], Step(pool: ComputePool(threads: threads)))
            #expect(other == last)
        }
    }

    /// Nothing is left of what can be fused.
    @Test func fusesWhatItCan() throws {
        for (program, counts) in [(try Self.detection.get(), 125), (try Self.direction.get(), 90)] {
            let operations = program.operationCounts
            for fused in ["Erf", "Relu", "HardSigmoid", "BatchNormalization", "Clip", "Div"] {
                #expect(operations[fused] == nil, "\(fused)")
            }
            #expect(program.nodeCount < counts)
        }
    }

    @Test func refusesWhatIsNoPicture() throws {
        let program = try Self.direction.get(), step = Step(pool: Self.pool)
        #expect(throws: GraphError.self) { try program.run(channelsLast: [0, 1], [1, 48, 192, 3], step) }
        #expect(throws: GraphError.self) { try program.run(channelsLast: [0, 1], [1, 1, 1, 2], step) }
        #expect(throws: GraphError.self) { try program.run(channelsLast: [], [1, 0, 5, 3], step) }
    }
}
