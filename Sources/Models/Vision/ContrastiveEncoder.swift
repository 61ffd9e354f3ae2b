import TuttiCheckpoints
public import TuttiTensors

/// Puts pictures and texts into one space, in which those that belong together lie near each other: two towers, trained
/// against each other.
public protocol ContrastiveEncoder: Sendable {
    var shape: ContrastiveShape { get }

    /// - Parameter picture: As the encoder's processor prepares it.
    /// - Returns: `[1, shape.width]`, of length one, in the step's arena.
    func callAsFunction(_ picture: PreparedPicture, _ step: Step) -> Tensor

    /// - Parameter texts: Of 1 to `shape.positions` tokens each, below `shape.vocabulary`, ends included.
    /// - Returns: `[texts, shape.width]`, each of length one, in the step's arena.
    func callAsFunction(_ texts: [[Token]], _ step: Step) -> Tensor
}

/// What one needs to know of a contrastive encoder to use it.
public struct ContrastiveShape: Sendable, Equatable {
    public var architecture: String
    /// Of the space that both towers lead to.
    public var width: Int
    /// The longest text, in tokens.
    public var positions: Int
    public var vocabulary: Int
    /// How many pieces a picture is cut into.
    public var patches: Int
    /// What texts were filled up with to `positions` in training and have to be again; nil where they were not.
    public var padding: Token?
    /// From the cosine of a picture and a text to a logit: `scale · cosine + bias`.
    public var scale: Float
    public var bias: Float
    /// What a logit says.
    public var judgement: Judgement

    public enum Judgement: Sendable, Equatable {
        /// How likely a text is among those that are given: softmax over them.
        case among
        /// Whether a text fits, whatever the others are: a sigmoid for each.
        case alone
    }
}

extension Registry {
    /// What `model_type` says of contrastive encoders.
    public static let contrastiveTypes = ["clip", "siglip"]

    /// The longest text, in tokens, of the contrastive encoder in the folder at `path`; nil where there is none.
    public static func contrastivePositions(_ path: String) -> Int? {
        guard HuggingFaceFolder.isOne(path), let config = try? HuggingFaceFolder(path: path).config,
            contrastiveTypes.contains(config.modelType), let settings = try? config.part("text_config")
        else { return nil }
        return try? TextShape(settings, config.modelType == "clip" ? .clip : .siglip).positions
    }

    /// Opens the contrastive encoder in the Hugging Face folder at `path`.
    /// - Throws: `CheckpointError` or `ModelError`, naming what is missing or misshapen.
    public static func contrastiveEncoder(
        _ path: String, pool: ComputePool
    ) throws -> (encoder: any ContrastiveEncoder, processor: any PictureProcessor) {
        let folder = try HuggingFaceFolder(path: path), source = try VisionSource(folder, hidden: 0, pool: pool)
        switch folder.config.modelType {
        case "clip":
            let clip = try CLIP(source), side = clip.tower.shape.imageSide
            return (clip, try SquareProcessor(source.config, side: side, .clip, layout: .rows(1)))
        case "siglip":
            let siglip = try SigLIP(source), side = siglip.tower.shape.imageSide
            return (siglip, try SquareProcessor(source.config, side: side, .siglip, layout: .rows(1)))
        case let other:
            throw ModelError.unknownArchitecture(other, known: contrastiveTypes, file: path)
        }
    }
}

extension Step {
    /// Every row of `x` scaled to length one, in place.
    func unitLength(_ x: Tensor) {
        for row in 0..<x.rows {
            let length = x.values(row: row).reduce(0) { $0 + $1 * $1 }.squareRoot()
            if length > 0 { scale(x[row: row], by: 1 / length) }
        }
    }
}
