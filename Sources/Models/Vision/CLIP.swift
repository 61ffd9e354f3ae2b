#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
import TuttiCheckpoints
public import TuttiTensors

/// CLIP (Radford et al. 2021, arXiv:2103.00020, section 2.4): what a picture's class token and a text's end token become,
/// each through a product of its own, are compared by their angle.
public struct CLIP: ContrastiveEncoder {
    public let shape: ContrastiveShape
    let tower: VisionTransformer
    let text: TextTransformer
    let pictureProjection: Linear
    let textProjection: Linear
    /// Nil where the end is the token with the largest number, as the first checkpoints have it.
    let end: Token?

    public func callAsFunction(_ picture: PreparedPicture, _ step: Step) -> Tensor {
        let first = tower(PatchGrid(picture, tile: 0, side: tower.shape.patchSide), step)[row: 0]
        tower.lastNorm?.inPlace(first, step)
        let embedding = pictureProjection(first, step)
        step.unitLength(embedding)
        return embedding
    }

    public func callAsFunction(_ texts: [[Token]], _ step: Step) -> Tensor {
        let states = text(texts, step)
        var first = 0
        let ends = texts.map { text in
            defer { first += text.count }
            return first + place(ofEnd: text)
        }
        let embeddings = textProjection(step.gather(states, rows: ends), step)
        step.unitLength(embeddings)
        return embeddings
    }

    private func place(ofEnd text: [Token]) -> Int {
        guard let end else { return text.firstIndex(of: text.max() ?? 0) ?? 0 }
        return text.firstIndex(of: end) ?? 0
    }

    /// - Throws: `ModelError` or `CheckpointError`, naming what is missing or misshapen.
    public init(_ source: VisionSource) throws {
        let config = source.config, weights = source.weights
        let vision = try VisionShape(try config.part("vision_config"), .clip)
        let settings = try config.part("text_config"), words = try TextShape(settings, .clip)
        let width = try config.outer("projection_dim") ?? 512
        tower = try VisionTransformer(vision, weights, "vision_model.")
        text = try TextTransformer(words, weights, "text_model.", isCausal: true)
        pictureProjection = try weights.linear("visual_projection", rows: width, columns: vision.hidden)
        textProjection = try weights.linear("text_projection", rows: width, columns: words.hidden)
        // Before it was set right, everybody's file said 2.
        let end = try settings.integer("eos_token_id") ?? 49407
        self.end = end == 2 ? nil : Token(clamping: end)
        shape = ContrastiveShape(
            architecture: "clip", width: width, positions: words.positions, vocabulary: words.vocabulary,
            patches: vision.gridSide * vision.gridSide, padding: nil,
            scale: exp(try weights.number("logit_scale")), bias: 0, judgement: .among)
    }
}

extension HuggingFaceConfig {
    /// A size that stands outside of the settings of towers and decoders, which can have another of that name.
    func outer(_ key: String) throws -> Int? {
        guard let value = json[key], value != .null else { return nil }
        guard let size = value.int, 1...(1 << 20) ~= size else { throw wrong(key, value, "a whole number from 1 on") }
        return size
    }
}

extension WeightReader {
    /// A tensor of one number, with one dimension or none.
    func number(_ name: String) throws -> Float {
        let shape = file.tensor(named: name)?.shape ?? [1]
        guard shape.reduce(1, *) == 1, let value = try file.floats(of: try file.tensor(named: name, shape: shape)).first
        else { throw CheckpointError.wrongShape(file: file.path, name: name, shape: shape, expected: [1]) }
        return value
    }
}
