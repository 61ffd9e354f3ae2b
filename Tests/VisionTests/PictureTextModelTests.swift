import Foundation
import TestSupport
import Testing
import TuttiImages
import TuttiModels
import TuttiTensors
import TuttiVision

/// Zero-shot classification by the tiny CLIP and SigLIP of ModelsTests, with a vocabulary of a few words.
@Suite struct PictureTextModelTests {
    private let picture = Picture(
        width: 40, height: 30, pixels: (0..<40 * 30 * 3).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 90) })

    @Test func clipChoosesAmongLabels() throws {
        let folder = try ContrastiveFolder.make("clip", begin: true, end: 255), pool = ComputePool(threads: 2)
        let model = try PictureTextModel(folder: folder.url.path, pool: pool), step = Step(pool: pool)
        #expect(model.tokens("a cat") == [1, 22, 25, 255])
        // Cut to 16 places, the end kept.
        let long = model.tokens(String(repeating: "tree ", count: 40))
        #expect(long.count == 16 && long.first == 1 && long.last == 255)

        let labels = ["cat", "dog", "house"]
        let scores = try model.classify(picture, as: labels, step)
        #expect(scores.count == 3 && abs(scores.reduce(0, +) - 1) < 1e-5)
        // By hand: softmax over scaled cosines.
        let sight = try model.embed(picture, step)
        #expect(abs(sight.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        let texts = model.embed(labels.map { "This is a photo of \($0)." }, step)
        let weights = texts.map { exp(model.shape.scale * zip(sight, $0).reduce(0) { $0 + $1.0 * $1.1 }) }
        for (score, weight) in zip(scores, weights) {
            #expect(abs(score - weight / weights.reduce(0, +)) < 1e-5)
        }
        // Alone among the labels, a label is certain.
        #expect(try model.classify(picture, as: ["dog"], step) == [1])
        #expect(try model.classify(picture, as: [], step).isEmpty)
    }

    @Test func sigLIPJudgesEachLabelAlone() throws {
        let folder = try ContrastiveFolder.make("siglip", begin: false, end: 2), pool = ComputePool(threads: 2)
        let model = try PictureTextModel(folder: folder.url.path, pool: pool), step = Step(pool: pool)
        // Small letters, no punctuation, filled up with what the config says.
        #expect(model.tokens("A, Cat!") == [22, 25, 2] + Array(repeating: 1, count: 9))
        let all = try model.classify(picture, as: ["cat", "dog", "house"], step)
        #expect(all.allSatisfy { $0 > 0 && $0 < 1 })
        #expect(try model.classify(picture, as: ["dog"], step)[0] == all[1])
    }

    @Test func withoutATokenizerNothingIsLoaded() throws {
        let path = goldens("ModelsTests").appending(path: "tiny/clip").path
        #expect(throws: (any Error).self) {
            _ = try PictureTextModel(folder: path, pool: ComputePool(threads: 1))
        }
    }
}
