import Foundation
import TestSupport
import Testing
import TuttiImages
import TuttiModels
import TuttiTensors
import TuttiVision

/// PP-OCR on its real weights, beside RapidOCR and ONNX Runtime on the same.
@Suite(.serialized) struct TextReaderTests {
    static let pool = ComputePool(threads: 2)
    static let reader = Result { try TextReader(folder: VisionWeights.folder("pp-ocrv6"), pool: pool) }

    /// Whether two places are one, from whichever of its corners each begins.
    private func distance(_ one: Quadrilateral, _ other: Quadrilateral) -> Float {
        let (a, b) = (one.corners, other.corners)
        return (0..<4).map { turn in
            (0..<4).map { max(abs(a[$0].x - b[($0 + turn) % 4].x), abs(a[$0].y - b[($0 + turn) % 4].y)) }.max() ?? 0
        }.min() ?? 0
    }

    @Test(arguments: try ReadingGolden.all.get().pictures.map(\.file))
    func readsWhatRapidOCRReads(file: String) throws {
        let golden = try ReadingGolden.picture(file)
        let lines = try Self.reader.get().read(VisionWeights.picture("ocr", file), Step(pool: Self.pool))
        #expect(lines.map(\.text) == golden.lines.map(\.text))
        for (line, expected) in zip(lines, golden.lines) {
            #expect(distance(line.place, expected.place()) <= 2, "\(line.text): \(line.place.corners)")
            #expect(
                abs(line.confidence - expected.score) <= 0.01, "\(line.text): \(line.confidence) for \(expected.score)")
        }
    }

    /// Lines of a page on its head begin at their lower right.
    @Test func placesBeginWhereTheTextBegins() throws {
        let file = try ReadingGolden.picture("upside-down").file
        let lines = try Self.reader.get().read(VisionWeights.picture("ocr", file), Step(pool: Self.pool))
        let turned = lines.filter { $0.place.topLeft.x > $0.place.topRight.x }
        #expect(turned.count >= 2)
        #expect(PageLayout(lines).lines.last?.text == "Invoice number 20931")
    }

    @Test(arguments: [(1, 1), (3, 200), (2100, 60)])
    func emptyPicturesOfAnyShapeSayNothing(width: Int, height: Int) throws {
        let picture = Picture(width: width, height: height, red: 250, green: 250, blue: 245)
        #expect(try Self.reader.get().read(picture, Step(pool: Self.pool)).isEmpty)
    }

    @Test func stopsWhenNobodyWaits() throws {
        let picture = try VisionWeights.picture("ocr", "01-window.png")
        #expect(throws: CancellationError.self) {
            try Self.reader.get().read(picture, Step(pool: Self.pool)) { true }
        }
    }

    @Test func aFolderWithoutTheGraphsIsRefused() throws {
        let error = #expect(throws: PictureReaderError.self) {
            try TextReader(folder: ReadingGolden.folder, pool: Self.pool)
        }
        #expect(error.map { "\($0)" }?.contains("tutti pull pp-ocrv6") == true)
    }

    /// The graphs by themselves, on the bytes that ONNX Runtime was given.
    @Test func graphsAgreeWithONNXRuntime() throws {
        let golden = try SafetensorsGolden(ReadingGolden.folder.appending(path: "tensors.safetensors"))
        let folder = try VisionWeights.folder("pp-ocrv6"), step = Step(pool: Self.pool)
        func picture(_ name: String, _ height: Int) throws -> Picture {
            // Kept in blue, green, red.
            var pixels = try #require(golden.bytes(name))
            for place in stride(from: 0, to: pixels.count, by: 3) { pixels.swapAt(place, place + 2) }
            return Picture(width: pixels.count / 3 / height, height: height, pixels: pixels)
        }
        let detector = try TextDetector(
            path: folder.appending(path: "PP-OCRv6_det_small.onnx").path, pool: Self.pool)
        let map = try detector.probabilities(of: picture("det.input", 160), step)
        let expected = try #require(golden.floats("det.output"))
        #expect(zip(map, expected).allSatisfy { abs($0 - $1) < 1e-4 } && map.count == expected.count)
        let direction = try TextDirection(
            path: folder.appending(path: "ch_ppocr_mobile_v2.0_cls_mobile.onnx").path, pool: Self.pool)
        for number in 0..<3 {
            let turned = try direction.probabilities(of: [picture("cls\(number).input", 48)], step)
            #expect(abs(turned[0] - (try #require(golden.floats("cls\(number).output"))[1])) < 1e-4)
        }
    }
}
