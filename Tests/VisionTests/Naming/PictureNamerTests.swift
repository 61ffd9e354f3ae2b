import Foundation
import TestSupport
import Testing
import TuttiImages
import TuttiTensors
import TuttiVision

/// EfficientNet-lite0 on its real weights, beside PyTorch on the same (scripts/goldens/make_efficientnet.py).
@Suite(.serialized) struct PictureNamerTests {
    struct Golden: Decodable, Sendable {
        struct Picture: Decodable, Sendable {
            let file: String
            let top5: [Label]
            /// Of the first classes.
            let logits: [Float]
        }

        struct Label: Decodable, Sendable {
            let index: Int
            let name: String
            let confidence: Float

            init(from decoder: any Decoder) throws {
                var list = try decoder.unkeyedContainer()
                index = try list.decode(Int.self)
                name = try list.decode(String.self)
                confidence = try list.decode(Float.self)
            }
        }

        let pictures: [Picture]
    }

    static let folder = goldens("VisionTests").appending(path: "efficientnet")
    static let golden = Result {
        try JSONDecoder().decode(Golden.self, from: Data(contentsOf: folder.appending(path: "golden.json")))
    }
    static let pool = ComputePool(threads: 2)
    static let namer = Result { try PictureNamer(folder: VisionWeights.folder("efficientnet-lite0"), pool: pool) }

    @Test(arguments: try golden.get().pictures)
    func namesWhatPyTorchNames(golden: Golden.Picture) throws {
        let picture = try VisionWeights.pictureWithoutProfile("efficientnet", golden.file), step = Step(pool: Self.pool)
        let labels = try Self.namer.get().labels(of: picture, step)
        #expect(labels.map(\.index) == golden.top5.map(\.index))
        #expect(labels.map(\.name) == golden.top5.map(\.name))
        for (label, expected) in zip(labels, golden.top5) {
            #expect(abs(label.confidence - expected.confidence) < 2e-4)
        }
        step.reset()
        let logits = try Self.namer.get().logits(of: picture, step)
        for (logit, expected) in zip(logits, golden.logits) { #expect(abs(logit - expected) < 1e-3) }
    }

    /// The whole of one picture's logits.
    @Test func everyLogitIsNear() throws {
        let stages = try SafetensorsGolden(Self.folder.appending(path: "stages.safetensors"))
        let expected = try #require(stages.floats("logits"))
        let picture = try VisionWeights.pictureWithoutProfile("efficientnet", "cat.png")
        let logits = try Self.namer.get().logits(of: picture, Step(pool: Self.pool))
        let worst = zip(logits, expected).map { abs($0 - $1) }.max() ?? .infinity
        #expect(logits.count == expected.count && worst < 1e-3, "\(worst)")
    }

    /// What is sure is right, and what is wrong is kept to itself.
    @Test func onlyWhatIsSureIsSaid() throws {
        let said = try Self.golden.get().pictures.map { golden in
            let picture = try VisionWeights.pictureWithoutProfile("efficientnet", golden.file)
            return try Self.namer.get().labels(of: picture, Step(pool: Self.pool)).worthSaying.first?.name ?? "-"
        }
        #expect(said == ["Egyptian cat", "espresso", "-", "-", "-", "-"])
    }

    @Test func aFolderWithoutWeightsIsRefused() throws {
        #expect(throws: PictureReaderError.self) { try PictureNamer(folder: Self.folder, pool: Self.pool) }
    }
}
