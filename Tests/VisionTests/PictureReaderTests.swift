import Foundation
import TestSupport
import Testing
import TuttiImages
import TuttiTensors
import TuttiVision

/// Reading and naming together, on real weights.
@Suite(.serialized) struct PictureReaderTests {
    static let reader = Result {
        try PictureReader(
            reading: VisionWeights.folder("pp-ocrv6"), naming: VisionWeights.folder("efficientnet-lite0"),
            pool: ComputePool(threads: 2))
    }

    @Test func aFormIsReadAndNothingIsSaidOfWhatItShows() async throws {
        let picture = try VisionWeights.picture("ocr", "03-form.png")
        let perception = try await Self.reader.get().read(picture)
        #expect(perception.width == picture.width && perception.height == picture.height)
        #expect(perception.text().contains("Full name: Margaret Ellis\nDate of birth: 23 March 1987\n"))
        #expect(perception.labels.count == 5)
        let place = try #require(perception.lines(saying: "EH6 8PL").first?.place)
        #expect(place.topLeft.x > 200 && place.topLeft.y > 250)
    }

    @Test func aPhotographIsNamed() async throws {
        let perception = try await Self.reader.get().read(
            VisionWeights.picture("efficientnet", "coffee.png"), urgency: .batch)
        #expect(perception.names == ["espresso"])
        #expect(perception.text().contains("It seems to show: espresso (92 %)."))
    }

    @Test func cancellingEndsIt() async throws {
        let reader = try Self.reader.get(), picture = try VisionWeights.picture("ocr", "01-window.png")
        let task = Task { try await reader.read(picture) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func formsAreToldByTheirFiles() throws {
        #expect(SeeingModelForm(at: try VisionWeights.folder("pp-ocrv6")) == .reader)
        #expect(SeeingModelForm(at: try VisionWeights.folder("efficientnet-lite0")) == .namer)
        #expect(SeeingModelForm(at: ReadingGolden.folder) == nil)
        #expect(SeeingModelForm(at: URL(filePath: "/nowhere")) == nil)
    }
}
