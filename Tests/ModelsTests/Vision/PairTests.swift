import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiImages
import TuttiModels
import TuttiTensors

/// GGUF models with projectors (llama.cpp's `mmproj`): equal to `transformers` on the numbers that the files hold.
@Suite struct PairTests {
    private static let all = PairGolden.names + PairGolden.variants

    private func open(_ pair: PairGolden, _ pool: ComputePool) throws -> (any Decoder, Eyes) {
        let projector = try Registry.projector(of: pair.model, named: pair.projector)
        let decoder = try Registry.decoder(try Registry.open(pair.model, projector: projector), pool: pool)
        let eyes = try Registry.eyes(pair.model, hidden: decoder.shape.hidden, pool: pool, projector: projector)
        return (decoder, try #require(eyes))
    }

    @Test(arguments: all) func agreesWithTransformers(name: String) throws {
        let pair = try PairGolden(name), pool = ComputePool(threads: 2), step = Step(pool: pool, exact: true)
        let (decoder, eyes) = try open(pair, pool)
        var seeing = pair.seeing
        seeing.features = try seeing.model.golden.pictures().map { picture in
            step.reset()
            let rows = eyes.encoder(picture, step)
            return (0..<rows.rows).flatMap { rows.values(row: $0) }
        }
        let rows = seeing.features.flatMap(\.self)
        try #require(rows.count == pair.rows.count)
        let size = (pair.rows.reduce(0) { $0 + $1 * $1 } / Float(rows.count)).squareRoot()
        let worst = zip(rows, pair.rows).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
        // As of Hugging Face folders: sums of float32 in another order.
        #expect(worst / size < 2e-5, "\(name): \(worst) of \(size)")
        var scorer = BareSeeingDecoder(decoder, seeing, pool: pool)
        let logits = scorer.logits(seeing.model.prompt[...]), largest = pair.logits.reduce(0) { max($0, abs($1)) }
        try #require(logits.count == pair.logits.count)
        #expect(zip(logits, pair.logits).allSatisfy { abs($0 - $1) < 1e-3 * largest })
        var writer = BareSeeingDecoder(decoder, seeing, pool: pool)
        #expect(writer.greedy(count: pair.greedy.count) == pair.greedy)
    }

    /// What is rounded on the way in is rounded alike on any number of threads.
    @Test(arguments: all) func threadsChangeNothing(name: String) throws {
        let pair = try PairGolden(name), pictures = try pair.seeing.model.golden.pictures()
        let answers = try [1, 3].map { threads in
            let pool = ComputePool(threads: threads), step = Step(pool: pool)
            let (_, eyes) = try open(pair, pool)
            return pictures.flatMap { picture in
                step.reset()
                let rows = eyes.encoder(picture, step)
                return (0..<rows.rows).flatMap { rows.values(row: $0) }
            }
        }
        #expect(answers[0] == answers[1])
    }

    /// The `preprocessor_config.json` that the converter was given: the file must say the same of pictures.
    private static let settings = [
        "idefics3": """
        {"image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5],"rescale_factor":0.00392156862745098,"resample":1,
        "size":{"longest_edge":128},"max_image_size":{"longest_edge":32},"do_image_splitting":true}
        """,
        "qwen2_vl": qwen, "qwen2_5_vl": qwen,
        "llava": """
        {"image_mean":[0.48145466,0.4578275,0.40821073],"image_std":[0.26862954,0.26130258,0.27577711],"resample":3,
        "size":{"shortest_edge":32},"crop_size":{"height":32,"width":32},"do_center_crop":true}
        """,
        "gemma3": """
        {"image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5],"resample":2,"size":{"height":32,"width":32}}
        """,
    ]
    private static let qwen = """
        {"image_mean":[0.48145466,0.4578275,0.40821073],"image_std":[0.26862954,0.26130258,0.27577711],"resample":3,
        "min_pixels":3136,"max_pixels":12845056,"patch_size":4,"merge_size":2,"temporal_patch_size":2}
        """

    @Test(arguments: PairGolden.names) func picturesAreMadeAsTheFolderSays(name: String) throws {
        let pair = try PairGolden(name), scratch = try ScratchFolder(), pool = ComputePool(threads: 1)
        let folder = try pair.seeing.model.copy(config: "config.json", into: scratch)
        _ = try scratch.write(Array(try #require(Self.settings[name]).utf8), "preprocessor_config.json")
        let theirs = try #require(try Registry.eyes(folder, hidden: 32, pool: pool))
        let (_, ours) = try open(pair, pool)
        #expect(ours.placeholder == theirs.placeholder && ours.rowToken == theirs.rowToken)
        for (width, height) in [(32, 32), (90, 40), (31, 77), (200, 30)] {
            let pixels = (0..<3 * width * height).map { UInt8(truncatingIfNeeded: $0 * 37 / 5) }
            let picture = Picture(width: width, height: height, pixels: pixels)
            for detail in PictureDetail.allCases {
                let layout = try theirs.processor.layout(width: width, height: height, detail: detail)
                #expect(try ours.processor.layout(width: width, height: height, detail: detail).parts == layout.parts)
                let wanted = try theirs.processor.prepare(picture, detail: detail)
                let prepared = try ours.processor.prepare(picture, detail: detail)
                #expect(prepared.shape == wanted.shape && prepared.grid == wanted.grid)
                // Means and deviations are float32 in the file.
                #expect(zip(prepared.values, wanted.values).allSatisfy { abs($0 - $1) < 1e-6 })
            }
        }
    }

    // MARK: What lies where

    @Test func whatLiesBesideAModelIsFound() throws {
        let pair = try PairGolden("idefics3"), pool = ComputePool(threads: 1)
        #expect(Registry.hasEyes(pair.model))
        #expect(try Registry.eyes(pair.model, hidden: 32, pool: pool)?.encoder.hidden == 32)
        let scratch = try ScratchFolder()
        let alone = scratch.url.appending(path: "idefics3.gguf").path
        try FileManager.default.copyItem(atPath: pair.model, toPath: alone)
        #expect(!Registry.hasEyes(alone))
        #expect(try Registry.eyes(alone, hidden: 32, pool: pool) == nil)
        #expect(try Registry.projector(of: alone, named: pair.projector) != nil)
        // A model whose eyes nobody wants is opened whatever lies beside it.
        #expect(try Registry.projector(of: pair.model, families: []) == nil)
    }

    @Test func aFolderIsNotGivenAProjector() throws {
        let pair = try PairGolden("idefics3"), model = pair.seeing.model.folder.path
        #expect(throws: CheckpointError.self) { try Registry.projector(of: model, named: pair.projector) }
    }
}
