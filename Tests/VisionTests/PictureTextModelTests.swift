import Foundation
import TestSupport
import Testing
import TuttiImages
import TuttiModels
import TuttiTensors
import TuttiVision

/// Zero-shot classification by the tiny CLIP and SigLIP of ModelsTests, with a vocabulary of a few words.
@Suite struct PictureTextModelTests {
    private static let words = ["this", "is", "a", "photo", "of", "cat", "dog", "house", "tree", "."]

    /// A folder of the tiny model's with a tokenizer: words from 20 on, 1 begins and `end` ends a text.
    private func folder(_ name: String, begin: Bool, end: Int) throws -> ScratchFolder {
        let scratch = try ScratchFolder(), source = goldens("ModelsTests").appending(path: "tiny/\(name)")
        for file in ["model.safetensors", "config.json"] {
            try FileManager.default.copyItem(
                at: source.appending(path: file), to: scratch.url.appending(path: file))
        }
        var vocabulary: [String: Int] = ["<unk>": 0, "<begin>": 1, "<end>": end]
        for (index, word) in Self.words.enumerated() { vocabulary[word] = 20 + index }
        func added(_ text: String, _ id: Int) -> [String: Any] {
            [
                "id": id, "content": text, "special": true, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false,
            ]
        }
        let sequence: [String: Any] = ["Sequence": ["id": "A", "type_id": 0]]
        func special(_ text: String) -> [String: Any] { ["SpecialToken": ["id": text, "type_id": 0]] }
        let template = (begin ? [special("<begin>")] : []) + [sequence, special("<end>")]
        let tokenizer: [String: Any] = [
            "version": "1.0", "added_tokens": [added("<begin>", 1), added("<end>", end)],
            "normalizer": NSNull(), "pre_tokenizer": ["type": "Whitespace"],
            "post_processor": [
                "type": "TemplateProcessing", "single": template, "pair": template + [sequence],
                "special_tokens": [
                    "<begin>": ["id": "<begin>", "ids": [1], "tokens": ["<begin>"]],
                    "<end>": ["id": "<end>", "ids": [end], "tokens": ["<end>"]],
                ],
            ], "decoder": NSNull(),
            "model": ["type": "WordLevel", "vocab": vocabulary, "unk_token": "<unk>"],
        ]
        try JSONSerialization.data(withJSONObject: tokenizer)
            .write(to: scratch.url.appending(path: "tokenizer.json"))
        return scratch
    }

    private let picture = Picture(
        width: 40, height: 30, pixels: (0..<40 * 30 * 3).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 90) })

    @Test func clipChoosesAmongLabels() throws {
        let folder = try folder("clip", begin: true, end: 255), pool = ComputePool(threads: 2)
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
        let folder = try folder("siglip", begin: false, end: 2), pool = ComputePool(threads: 2)
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
