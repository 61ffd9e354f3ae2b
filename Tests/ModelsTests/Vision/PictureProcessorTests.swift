import Foundation
import TestSupport
import Testing
import TuttiImages
import TuttiModels
import TuttiTensors

/// What becomes of pictures before an encoder sees them, and what stands in the prompt, against the processors of
/// `transformers` (scripts/goldens/make_picture_processors.py).
@Suite struct PictureProcessorTests {
    private struct Golden: Decodable {
        struct Case: Decodable {
            let name: String
            let model: String
            let settings: Settings
            let picture: Int
            let shape: [Int]
            let grid: [Int]?
            let prompt: String?
        }

        struct Prompt: Decodable {
            let model: String
            let settings: Settings
            let width: Int
            let height: Int
            let rows: Int?
            let columns: Int?
            let patches: Int?
        }

        let cases: [Case]
        let prompts: [Prompt]

        static func load() throws -> (facts: Golden, tensors: SafetensorsGolden) {
            let folder = goldens("ModelsTests").appending(path: "processors")
            let facts = try JSONDecoder().decode(
                Golden.self, from: Data(contentsOf: folder.appending(path: "processors.json")))
            return (facts, try SafetensorsGolden(folder.appending(path: "processors.safetensors")))
        }
    }

    /// `preprocessor_config.json`, of which the test itself reads the normalising.
    private struct Settings: Codable, Hashable {
        struct Size: Codable, Hashable {
            var shortest_edge: Int?
            var longest_edge: Int?
            var height: Int?
            var width: Int?
        }

        var image_mean: [Double]
        var image_std: [Double]
        var rescale_factor: Double
        var do_resize: Bool
        var do_rescale: Bool
        var do_normalize: Bool
        var do_image_splitting: Bool?
        var do_center_crop: Bool?
        var max_image_size: Size?
        var size: Size?
        var crop_size: Size?
        var min_pixels: Int?
        var max_pixels: Int?
        var patch_size: Int?
        var temporal_patch_size: Int?
        var merge_size: Int?
        var resample: Int
    }

    private static let contrastive = ["clip", "siglip"]

    /// The processor of a tiny checkpoint whose folder has these settings.
    private func processor(_ model: String, _ settings: Settings) throws -> any PictureProcessor {
        let scratch = try ScratchFolder(), source = goldens("ModelsTests").appending(path: "tiny/\(model)")
        for name in ["model.safetensors", "config.json"] {
            try FileManager.default.copyItem(
                at: source.appending(path: name), to: scratch.url.appending(path: name))
        }
        try JSONEncoder().encode(settings).write(to: scratch.url.appending(path: "preprocessor_config.json"))
        let pool = ComputePool(threads: 1)
        if Self.contrastive.contains(model) {
            return try Registry.contrastiveEncoder(scratch.url.path, pool: pool).processor
        }
        return try #require(try Registry.eyes(scratch.url.path, hidden: 32, pool: pool)).processor
    }

    /// The layout written out as the reference has it, with a word for each of the encoder's rows.
    private func text(_ layout: PictureLayout) -> String {
        layout.parts.map { part in
            switch part {
            case .text(let text): text
            case .rows(let count): String(repeating: "<image>", count: count)
            }
        }.joined()
    }

    @Test(arguments: [
        "idefics3", "idefics3-whole", "qwen2_vl", "qwen2_5_vl", "llava", "clip", "siglip", "paligemma", "gemma3",
    ]) func pixelsAgreeWithinAStep(name: String) throws {
        let (facts, tensors) = try Golden.load()
        let cases = facts.cases.filter { $0.name == name }
        #expect(cases.count == 5)
        for golden in cases {
            let processor = try processor(golden.model, golden.settings)
            let size = try #require(tensors.shape("picture.\(golden.picture)"))
            let picture = Picture(
                width: size[1], height: size[0], pixels: try #require(tensors.bytes("picture.\(golden.picture)")))
            let detail = golden.model.hasPrefix("qwen") ? PictureDetail.high : .auto
            let prepared = try processor.prepare(picture, detail: detail)
            let wanted = try #require(tensors.bytes("\(name).\(golden.picture)"))
            try #require(prepared.values.count == wanted.count, "\(name) of \(size): \(prepared.shape)")
            if let grid = golden.grid {
                #expect(prepared.grid == grid)
            } else {
                #expect(prepared.shape == golden.shape)
            }
            // Values of a channel follow each other: of a tile, or of a patch.
            let stretch = golden.shape[2...].reduce(1, *)
            var farthest = 0.0, sum = 0.0
            for (place, byte) in wanted.enumerated() {
                let channel = place / stretch % 3
                let mean = golden.settings.image_mean[channel], deviation = golden.settings.image_std[channel]
                let distance = abs((Double(prepared.values[place]) * deviation + mean) * 255 - Double(byte))
                farthest = max(farthest, distance)
                sum += distance
            }
            // One step where a sum falls to the other side of a half.
            #expect(farthest < 1.01, "\(name) of \(size): \(farthest)")
            #expect(sum / Double(wanted.count) < 0.02)
            let layout = try processor.layout(width: size[1], height: size[0], detail: detail)
            if let prompt = golden.prompt { #expect(text(layout) == prompt) }
            if let grid = golden.grid {
                #expect(
                    layout.grid
                        == PictureGrid(rows: grid[1] / 2, columns: grid[2] / 2, frameStep: layout.grid?.frameStep ?? 0))
                #expect(layout.rowCount == grid[1] * grid[2] / 4)
            }
        }
    }

    @Test func realSizesAreCutAsTheReferenceDoes() throws {
        let (facts, _) = try Golden.load()
        #expect(facts.prompts.count == 30)
        var known: [Settings: any PictureProcessor] = [:]
        for golden in facts.prompts {
            let processor = try known[golden.settings] ?? processor(golden.model, golden.settings)
            known[golden.settings] = processor
            let layout = try processor.layout(width: golden.width, height: golden.height, detail: .high)
            if let patches = golden.patches {
                #expect(layout.rowCount == patches / 4, "\(golden.width) × \(golden.height)")
            } else if let rows = golden.rows, let columns = golden.columns {
                let tiles = layout.parts.count { if case .rows = $0 { true } else { false } }
                #expect(tiles == rows * columns + 1, "\(golden.width) × \(golden.height)")
                #expect(text(layout).contains("<row_\(rows)_col_\(columns)>"))
            }
        }
    }

    @Test func lowDetailIsOneTile() throws {
        let (facts, _) = try Golden.load()
        let settings = try #require(facts.cases.first { $0.name == "idefics3" }).settings
        let processor = try processor("idefics3", settings)
        let layout = try processor.layout(width: 160, height: 100, detail: .low)
        #expect(
            text(layout) == "<fake_token_around_image><global-img><image><image><image><image><fake_token_around_image>"
        )
        let picture = Picture(width: 160, height: 100, red: 10, green: 20, blue: 30)
        #expect(try processor.prepare(picture, detail: .low).shape == [1, 3, 32, 32])
    }

    @Test func framesOfAVideoShareTheirPatches() throws {
        let (facts, _) = try Golden.load()
        let settings = try #require(facts.cases.first { $0.name == "qwen2_5_vl" }).settings
        let processor = try processor("qwen2_5_vl", settings)
        let frames = (0..<3).map { Picture(width: 64, height: 40, red: UInt8(80 * $0), green: 0, blue: 0) }
        let prepared = try processor.prepareVideo(frames)
        let layout = try processor.videoLayout(width: 64, height: 40, frames: 3)
        #expect(prepared.grid[0] == 2 && layout.grid?.frames == 2 && layout.grid?.frameStep == 2)
        #expect(layout.rowCount == prepared.grid.reduce(1, *) / 4)
        // Of a patch: the red of the first frame, then of the second; the last frame is there twice.
        let patch = 3 * 2 * 16, second = prepared.values.count / 2
        func red(_ place: Int) -> Double {
            (Double(prepared.values[place]) * settings.image_std[0] + settings.image_mean[0]) * 255
        }
        #expect(abs(red(0)) < 0.01 && abs(red(16) - 80) < 0.01)
        #expect(abs(red(second) - 160) < 0.01 && abs(red(second + 16) - 160) < 0.01)
        #expect(prepared.shape == [prepared.grid.reduce(1, *), patch])
        #expect(throws: VisionError.self) { _ = try processor.prepareVideo([]) }
        #expect(throws: VisionError.self) {
            _ = try processor.prepareVideo([frames[0], Picture(width: 8, height: 8, red: 0, green: 0, blue: 0)])
        }
        #expect(throws: VisionError.self) { _ = try processor.layout(width: 3000, height: 10, detail: .high) }
    }

    @Test func settingsThatDoNotFitAreRefused() throws {
        let (facts, _) = try Golden.load()
        var settings = try #require(facts.cases.first { $0.name == "siglip" }).settings
        settings.size?.height = 48
        #expect(throws: (any Error).self) { _ = try processor("siglip", settings) }
        settings.size?.height = 32
        settings.image_std = [0.5, 0, 0.5]
        #expect(throws: (any Error).self) { _ = try processor("siglip", settings) }
        settings.image_std = [0.5, 0.5]
        #expect(throws: (any Error).self) { _ = try processor("siglip", settings) }
    }
}
