public import TuttiCheckpoints
import TuttiTensors

/// Reads a decoder's sizes out of a checkpoint's metadata; every family fills its configuration through this one.
public struct ConfigReader {
    public let metadata: Metadata
    /// The value of `general.architecture`, with which the other keys begin.
    public let architecture: String
    let file: String

    public init(_ file: any Checkpoint) throws {
        metadata = file.metadata
        self.file = file.path
        guard let architecture = metadata.string("general.architecture") else {
            throw ModelError.missingKey("general.architecture", file: file.path)
        }
        self.architecture = architecture
    }

    /// A size: an integer from 1 to `limit`. Where the file has an array, one entry a layer, all must be the same.
    func size(_ key: String, default fallback: Int? = nil, limit: Int = 1 << 24) throws -> Int {
        let name = "\(architecture).\(key)"
        var value = metadata.integer(name)
        if let values = metadata.integers(name), let first = values.first, values.allSatisfy({ $0 == first }) {
            value = Int(first)
        }
        guard let value = value ?? fallback else { throw ModelError.missingKey(name, file: file) }
        guard value >= 1, value <= limit else {
            throw ModelError.badValue(key: name, value: "\(value)", wants: "an integer from 1 to \(limit)", file: file)
        }
        return value
    }

    /// A positive, finite number.
    func number(_ key: String, default fallback: Float? = nil) throws -> Float {
        let name = "\(architecture).\(key)"
        guard let value = metadata.float(name).map({ Float($0) }) ?? fallback else {
            throw ModelError.missingKey(name, file: file)
        }
        guard value.isFinite, value > 0 else {
            throw ModelError.badValue(key: name, value: "\(value)", wants: "a positive number", file: file)
        }
        return value
    }

    func optionalNumber(_ key: String) throws -> Float? {
        metadata["\(architecture).\(key)"] == nil ? nil : try number(key)
    }

    /// The sizes that every decoder has; `vocabulary` is the embedding table's own count of rows.
    func shape(_ source: any Checkpoint) throws -> DecoderShape {
        let hidden = try size("embedding_length"), heads = try size("attention.head_count", limit: 4096)
        let keyValueHeads = try size("attention.head_count_kv", default: heads, limit: 4096)
        let headWidth = try size("attention.key_length", default: max(1, hidden / heads), limit: 4096)
        guard heads % keyValueHeads == 0 else {
            throw ModelError.badValue(
                key: "\(architecture).attention.head_count_kv", value: "\(keyValueHeads)",
                wants: "a divisor of \(heads)",
                file: file)
        }
        guard headWidth % 16 == 0, headWidth <= KeyValueLayout.maximumHeadWidth else {
            throw ModelError.badValue(
                key: "\(architecture).attention.key_length", value: "\(headWidth)",
                wants: "a multiple of 16 up to \(KeyValueLayout.maximumHeadWidth)", file: file)
        }
        guard let table = source.tensor(named: "token_embd.weight"), table.shape.count == 2 else {
            throw ModelError.missingKey("the tensor token_embd.weight", file: file)
        }
        return DecoderShape(
            architecture: architecture, layers: try size("block_count", limit: 1024), hidden: hidden,
            feedForward: try size("feed_forward_length"), heads: heads, keyValueHeads: keyValueHeads,
            headWidth: headWidth, vocabulary: table.shape[0], context: try size("context_length", limit: 1 << 30),
            window: nil)
    }

    /// The sizes that every encoder has.
    func encoderShape(_ source: any Checkpoint) throws -> EncoderShape {
        let hidden = try size("embedding_length"), heads = try size("attention.head_count", limit: 4096)
        guard hidden % heads == 0, hidden / heads % 16 == 0, hidden / heads <= KeyValueLayout.maximumHeadWidth else {
            throw ModelError.badValue(
                key: "\(architecture).attention.head_count", value: "\(heads)",
                wants:
                    "a divisor of \(hidden) into heads of a multiple of 16, up to \(KeyValueLayout.maximumHeadWidth)",
                file: file)
        }
        guard let table = source.tensor(named: "token_embd.weight"), table.shape.count == 2 else {
            throw ModelError.missingKey("the tensor token_embd.weight", file: file)
        }
        let positions = try size("context_length", limit: 1 << 20)
        let pooling = metadata.integer("\(architecture).pooling_type") ?? EncoderShape.Pooling.mean.rawValue
        guard let pooling = EncoderShape.Pooling(rawValue: pooling) else {
            throw ModelError.badValue(
                key: "\(architecture).pooling_type", value: "\(pooling)", wants: "1 (mean) or 2 (first token)",
                file: file)
        }
        return EncoderShape(
            architecture: architecture, layers: try size("block_count", limit: 1024), hidden: hidden,
            feedForward: try size("feed_forward_length"), heads: heads, headWidth: hidden / heads,
            vocabulary: table.shape[0], positions: positions,
            maximumTokens: min(positions, try size("max_sequence_length", default: positions)), pooling: pooling,
            normalizes: metadata.bool("\(architecture).normalize_embeddings") ?? true)
    }

    /// How rotary positions are stretched, in GGUF's words.
    func ropeScaling() throws -> RopeScaling {
        let kind = metadata.string("\(architecture).rope.scaling.type") ?? "none"
        // Older files give a bare linear factor.
        let factor = try optionalNumber("rope.scaling.factor") ?? optionalNumber("rope.scale_linear") ?? 1
        switch kind {
        case "none": return factor == 1 ? .none : .linear(factor: factor)
        case "linear": return .linear(factor: factor)
        case "yarn":
            return .yarn(
                factor: factor, originalContext: try size("rope.scaling.original_context_length", limit: 1 << 30),
                betaFast: try number("rope.scaling.yarn_beta_fast", default: 32),
                betaSlow: try number("rope.scaling.yarn_beta_slow", default: 1),
                attentionFactor: try optionalNumber("rope.scaling.attn_factor"))
        default:
            throw ModelError.badValue(
                key: "\(architecture).rope.scaling.type", value: kind, wants: "none, linear or yarn", file: file)
        }
    }

    /// Rotary positions as the file describes them, with the frequency divisors that it may carry (llama 3).
    func rotary(_ weights: WeightReader, rotated: Int, pairs: RopePairs) throws -> RotaryEmbedding {
        let factors =
            weights.contains("rope_freqs.weight") ? try weights.vector("rope_freqs.weight", count: rotated / 2) : []
        return RotaryEmbedding(
            base: try number("rope.freq_base", default: 10_000), rotated: rotated, pairs: pairs,
            scaling: try ropeScaling(), factors: factors)
    }
}
