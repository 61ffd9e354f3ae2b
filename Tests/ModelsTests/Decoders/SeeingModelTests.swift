import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// Decoders of models that see against `transformers`, which gave them the embeddings of their pictures.
@Suite struct SeeingModelTests {
    private func decoder(_ seeing: SeeingGolden, _ config: String, _ pool: ComputePool) throws -> any Decoder {
        let scratch = try ScratchFolder()
        defer { withExtendedLifetime(scratch) {} }
        return try Registry.decoder(
            try Registry.open(try seeing.model.copy(config: config, into: scratch)), pool: pool)
    }

    @Test(arguments: SeeingGolden.names, ["config.json", "config.v4.json"])
    func agreesWithTransformers(name: String, config: String) throws {
        let seeing = try SeeingGolden(name), pool = ComputePool(threads: 2)
        let decoder = try decoder(seeing, config, pool)
        var scorer = BareSeeingDecoder(decoder, seeing, pool: pool)
        #expect(seeing.model.distance(scorer.logits(seeing.model.prompt[...])) < 1e-4)
        var writer = BareSeeingDecoder(decoder, seeing, pool: pool)
        #expect(writer.greedy(count: seeing.model.greedy.count) == seeing.model.greedy)
    }

    /// The decoder written as GGUF says what the folder says.
    @Test(arguments: SeeingGolden.names) func convertedFilesSayTheSame(name: String) throws {
        let seeing = try SeeingGolden(name), pool = ComputePool(threads: 2), scratch = try ScratchFolder()
        let file = try GGUFFile(path: try seeing.model.converted(into: scratch))
        var scorer = BareSeeingDecoder(try Registry.decoder(file, pool: pool), seeing, pool: pool)
        #expect(seeing.model.distance(scorer.logits(seeing.model.prompt[...])) < 1e-4)
    }

    /// What a prompt says does not depend on the steps that it is computed in, where none cuts a span.
    @Test(arguments: SeeingGolden.names) func chunksChangeNothing(name: String) throws {
        let seeing = try SeeingGolden(name), pool = ComputePool(threads: 2)
        let decoder = try decoder(seeing, "config.json", pool), spans = seeing.spans(decoder.shape.sight)
        var whole = BareSeeingDecoder(decoder, seeing, pool: pool)
        let wanted = whole.logits(seeing.model.prompt[...])
        var parted = BareSeeingDecoder(decoder, seeing, pool: pool), found: [Float] = [], start = 0
        let count = seeing.model.prompt.count
        while start < count {
            var end = min(start + 5, count)
            if let span = spans.first(where: { $0.contains(end) && $0.lowerBound < end }) { end = span.upperBound }
            found += parted.logits(seeing.model.prompt[start..<end])
            start = end
        }
        #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-5 } && found.count == wanted.count)
    }

    /// The positions of the goldens' own tokens.
    @Test(arguments: ["qwen2_vl", "qwen2_5_vl"]) func positionsAreThoseOfTransformers(name: String) throws {
        let seeing = try SeeingGolden(name), count = seeing.model.prompt.count
        let wanted = (seeing.model.golden.words("position_ids") ?? []).enumerated().filter { $0.offset % 2 == 0 }
            .map { Int32($0.element) }
        let positions = GridPositions(Array(zip(seeing.places, seeing.grids)))
        #expect(wanted.count == 3 * count)
        for place in 0..<count {
            #expect((0..<3).map { positions[place][$0] } == (0..<3).map { wanted[$0 * count + place] })
        }
    }

    /// A config that lies about pictures is refused by name.
    @Test(arguments: [
        ("qwen2_vl", "mrope_section", "[2, 3]"), ("qwen2_vl", "mrope_section", "[2, 3, 4]"),
        ("qwen2_vl", "mrope_section", "[2, -3, 9]"), ("qwen2_vl", "mrope_section", "[1e30, 3, 3]"),
        ("qwen2_vl", "mrope_section", "\"x\""), ("qwen2_vl", "mrope_section", "null"),
        ("gemma3", "mm_tokens_per_image", "0"), ("gemma3", "mm_tokens_per_image", "-4"),
        ("gemma3", "mm_tokens_per_image", "9"), ("gemma3", "mm_tokens_per_image", "[4]"),
    ])
    func aLieAboutPicturesIsRefused(model: String, key: String, value: String) throws {
        let scratch = try ScratchFolder(),
            path = try SeeingGolden(model).model.copy(config: "config.json", into: scratch)
        let file = scratch.url.appending(path: "config.json")
        var config = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        let lie = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
        if key == "mrope_section" {
            var text = try #require(config["text_config"] as? [String: Any])
            var rope = try #require(text["rope_parameters"] as? [String: Any])
            rope[key] = lie
            text["rope_parameters"] = rope
            config["text_config"] = text
        } else {
            config[key] = lie
        }
        try JSONSerialization.data(withJSONObject: config).write(to: file)
        var said = ""
        do {
            _ = try Registry.decoder(try Registry.open(path), pool: ComputePool(threads: 1))
        } catch { said = "\(error)" }
        let word = key == "mrope_section" ? "rope.dimension_sections" : "attention.picture_tokens"
        #expect(said.contains(key) || said.contains(word), "\(said)")
    }
}
