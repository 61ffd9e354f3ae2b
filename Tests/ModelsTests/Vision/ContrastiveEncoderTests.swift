import Foundation
import TestSupport
import Testing
import TuttiModels
import TuttiTensors

/// CLIP and SigLIP against `transformers` on small random checkpoints (scripts/goldens/make_tiny_senses.py).
@Suite struct ContrastiveEncoderTests {
    private struct Embeddings {
        var pictures: [Float] = []
        var texts: [Float] = []
        let shape: ContrastiveShape

        init(_ model: TinyModel, texts: [[Token]], exact: Bool = true) throws {
            let pool = ComputePool(threads: 2), step = Step(pool: pool, exact: exact)
            let encoder = try Registry.contrastiveEncoder(model.folder.path, pool: pool).encoder
            shape = encoder.shape
            let pixels = model.golden.floats("pixel_values") ?? []
            for picture in 0..<2 {
                step.reset()
                let half = pixels.count / 2, values = Array(pixels[picture * half..<(picture + 1) * half])
                pictures += encoder(PreparedPicture(values: values, shape: [1, 3, 32, 32]), step).values(row: 0)
            }
            step.reset()
            let rows = encoder(texts, step)
            self.texts = (0..<rows.rows).flatMap { rows.values(row: $0) }
        }
    }

    private func texts(_ model: TinyModel) throws -> [[Token]] {
        let ids = try #require(model.golden.longs("input_ids")).map { Token($0) }
        return [Array(ids.prefix(ids.count / 2)), Array(ids.suffix(ids.count / 2))]
    }

    @Test(arguments: ["clip", "siglip"]) func agreesWithTransformers(name: String) throws {
        let model = try TinyModel(folder: name)
        let ours = try Embeddings(model, texts: try texts(model))
        let pictures = try #require(model.golden.floats("image_embeds"))
        let texts = try #require(model.golden.floats("text_embeds"))
        #expect(ours.pictures.count == pictures.count && ours.texts.count == texts.count)
        #expect(zip(ours.pictures, pictures).allSatisfy { abs($0 - $1) < 2e-6 })
        #expect(zip(ours.texts, texts).allSatisfy { abs($0 - $1) < 2e-6 })

        let logits = try #require(model.golden.floats("logits_per_text")), width = ours.shape.width
        for text in 0..<2 {
            for picture in 0..<2 {
                let cosine = (0..<width).reduce(Float(0)) {
                    $0 + ours.texts[text * width + $1] * ours.pictures[picture * width + $1]
                }
                let logit = ours.shape.scale * cosine + ours.shape.bias
                #expect(abs(logit - logits[2 * text + picture]) < 1e-4)
            }
        }
        #expect(ours.shape.judgement == (name == "clip" ? .among : .alone))
    }

    /// Texts of different lengths in one pass are as if alone.
    @Test(arguments: ["clip", "siglip"]) func textsDoNotSeeEachOther(name: String) throws {
        let model = try TinyModel(folder: name)
        let all = try texts(model).map { Array($0) } + [[20, 21, 22, 255], [30]]
        let together = try Embeddings(model, texts: all, exact: false)
        for (index, text) in all.enumerated() {
            let alone = try Embeddings(model, texts: [text], exact: false), width = alone.shape.width
            #expect(Array(together.texts[index * width..<(index + 1) * width]) == alone.texts)
        }
    }

    @Test func othersAreRefused() throws {
        let path = goldens("ModelsTests").appending(path: "tiny/bert").path
        #expect(throws: ModelError.self) {
            _ = try Registry.contrastiveEncoder(path, pool: ComputePool(threads: 1))
        }
    }
}

extension TinyModel {
    /// An encoder's golden, which has no greedy answer.
    init(folder name: String) throws {
        let folder = goldens("ModelsTests").appending(path: "tiny/\(name)")
        self.init(folder: folder, golden: try SafetensorsGolden(folder.appending(path: "golden.safetensors")))
    }
}
