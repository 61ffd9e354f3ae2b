import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

/// The eyes of vision-language models against `transformers` on small random checkpoints
/// (scripts/goldens/make_tiny_senses.py): from pixels to the rows that enter the decoder.
@Suite struct VisionEncoderTests {
    private static let models = ["idefics3", "llava", "gemma3", "paligemma", "qwen2_vl", "qwen2_5_vl"]
    /// The decoders of all of them are so wide.
    private static let hidden = 32

    private func rows(_ folder: String, _ pictures: [PreparedPicture], threads: Int = 2, exact: Bool) throws -> [Float]
    {
        let pool = ComputePool(threads: threads), step = Step(pool: pool, exact: exact)
        let eyes = try #require(try Registry.eyes(folder, hidden: Self.hidden, pool: pool))
        return pictures.flatMap { picture in
            step.reset()
            let rows = eyes.encoder(picture, step)
            #expect(rows.width == eyes.encoder.hidden)
            return (0..<rows.rows).flatMap { rows.values(row: $0) }
        }
    }

    @Test(arguments: models, ["config.json", "config.v4.json"])
    func agreesWithTransformers(name: String, config: String) throws {
        let model = try TinyModel(name), scratch = try ScratchFolder()
        let folder = try model.copy(config: config, into: scratch)
        let wanted = try #require(model.golden.floats("image_features"))
        let ours = try rows(folder, try model.golden.pictures(), exact: true)
        #expect(ours.count == wanted.count)
        let size = (wanted.reduce(0) { $0 + $1 * $1 } / Float(wanted.count)).squareRoot()
        let worst = zip(ours, wanted).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
        // Sums of float32 in another order: a few units in the sixth place.
        #expect(worst / size < 2e-5, "\(name): \(worst) of \(size)")
    }

    /// Threads share the work and change nothing of it; nor is anything rounded where weights are floats.
    @Test(arguments: models) func threadsChangeNothing(name: String) throws {
        let model = try TinyModel(name), pictures = try model.golden.pictures()
        let folder = model.folder.path
        let answers = try [1, 2, 3].map { try rows(folder, pictures, threads: $0, exact: false) }
        #expect(answers[0] == answers[1] && answers[0] == answers[2])
        let exact = try rows(folder, pictures, exact: true)
        #expect(zip(answers[0], exact).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    /// Weights in bfloat16 meet inputs in bfloat16 where the processor can do that: as far off as rounding makes it. Others
    /// do not.
    @Test(arguments: models, [DType.bf16, .f16, .f32])
    func bfloat16IsRoundedAndNothingElse(name: String, dtype: DType) throws {
        let model = try TinyModel(name), scratch = try ScratchFolder(), pool = ComputePool(threads: 2)
        let folder = try model.copy(as: dtype, into: scratch), step = Step(pool: pool)
        let eyes = try #require(try Registry.eyes(folder, hidden: Self.hidden, pool: pool))
        for picture in try model.golden.pictures() {
            func numbers(_ rows: Tensor) -> [Float] { (0..<rows.rows).flatMap { rows.values(row: $0) } }
            let exact = numbers(eyes.encoder(picture, step)), rounded = numbers(eyes.rows(of: picture, step))
            #expect(exact.count == rounded.count)
            #expect((exact == rounded) != (dtype == .bf16 && Processor.multipliesBFloat16))
            let size = exact.reduce(0) { $0 + $1 * $1 }
            let off = zip(exact, rounded).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            #expect((off / size).squareRoot() < 0.02, "\(name): \((off / size).squareRoot())")
        }
    }

    /// Several tiles are one picture, and what an earlier one left in the arena is not seen by the next.
    @Test func tilesAreOnePicture() throws {
        let model = try TinyModel("idefics3"), single = try model.golden.pictures()
        let both = PreparedPicture(
            values: single.flatMap(\.values), shape: [2, 3, 32, 32], mask: single.flatMap(\.mask))
        let folder = model.folder.path
        #expect(try rows(folder, [both], exact: false) == rows(folder, single, exact: false))
    }

    @Test func aMissingTensorIsNamed() throws {
        let model = try TinyModel("llava"), scratch = try ScratchFolder()
        let folder = try model.copy(config: "config.json", into: scratch)
        let config = scratch.url.appending(path: "config.json")
        let text = try String(contentsOf: config, encoding: .utf8)
        func load(_ change: (String) -> String) throws {
            try change(text).write(to: config, atomically: true, encoding: .utf8)
            _ = try Registry.eyes(folder, hidden: Self.hidden, pool: ComputePool(threads: 1))
        }
        func message(_ change: (String) -> String) -> String {
            do { try load(change) } catch { return "\(error)" }
            return ""
        }
        let layers = message {
            $0.replacing(#""num_hidden_layers": 2, "#, with: #""num_hidden_layers": 7, "#)
                .replacing("\"num_hidden_layers\": 2\n", with: "\"num_hidden_layers\": 7\n")
                .replacing("\"num_hidden_layers\": 2,", with: "\"num_hidden_layers\": 7,")
        }
        #expect(layers.contains("vision_tower.encoder.layers.2."))
        let heads = message { $0.replacing("\"num_attention_heads\": 2", with: "\"num_attention_heads\": 5") }
        #expect(heads.contains("num_attention_heads") && heads.contains("divisor of 32"))
        let layer = message { $0.replacing("\"vision_feature_layer\": -2", with: "\"vision_feature_layer\": -9") }
        #expect(layer.contains("vision_feature_layer"))
    }
}

extension SafetensorsGolden {
    /// The pictures of a tiny checkpoint's golden, each by itself as the encoder takes it.
    func pictures() throws -> [PreparedPicture] {
        let values = try #require(floats("pixel_values"))
        guard let grids = longs("image_grid_thw") else {
            let side = 32, count = 3 * side * side
            let mask = longs("pixel_attention_mask")?.map { $0 == 1 } ?? []
            return (0..<values.count / count).map { picture in
                let places = picture * side * side..<(picture + 1) * side * side
                return PreparedPicture(
                    values: Array(values[picture * count..<(picture + 1) * count]), shape: [1, 3, side, side],
                    mask: mask.isEmpty ? [] : Array(mask[places]))
            }
        }
        var first = 0
        let width = 3 * 2 * 4 * 4
        return stride(from: 0, to: grids.count, by: 3).map { start in
            let grid = Array(grids[start..<start + 3]), patches = grid.reduce(1, *)
            defer { first += patches * width }
            return PreparedPicture(
                values: Array(values[first..<first + patches * width]), shape: [patches, width], grid: grid)
        }
    }

    /// Tensor `name` as integers of 64 bits, which all are small.
    func longs(_ name: String) -> [Int]? {
        words(name).map { words in stride(from: 0, to: words.count, by: 2).map { Int(words[$0]) } }
    }
}
