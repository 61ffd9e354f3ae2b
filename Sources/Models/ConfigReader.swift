public import TuttiCheckpoints
public import TuttiTensors

/// Reads a decoder's sizes out of a checkpoint's metadata; every family fills its configuration through this one.
///
/// What is wrong is thrown as a `ModelError` that names the key.
public struct ConfigReader: Sendable {
    public let metadata: Metadata
    /// The value of `general.architecture`, with which the other keys begin.
    public let architecture: String
    let file: String
    private let families: [Family]

    /// - Parameter families: Those that may know which layers have windows.
    public init(_ file: any Checkpoint, families: [Family] = Registry.families) throws {
        metadata = file.metadata
        self.file = file.path
        self.families = families
        guard let architecture = metadata.string("general.architecture") else {
            throw ModelError.missingKey("general.architecture", file: file.path)
        }
        self.architecture = architecture
    }

    /// The family that the file is of.
    /// - Throws: `ModelError.unknownArchitecture`.
    func family() throws -> Family {
        guard let family = families.first(where: { $0.architecture == architecture }) else {
            throw ModelError.unknownArchitecture(
                architecture, known: Set(families.map(\.architecture)).sorted(), file: file)
        }
        return family
    }

    private func name(_ key: String) -> String { "\(architecture).\(key)" }

    func bad(_ key: String, _ value: String, _ wants: String) -> ModelError {
        .badValue(key: name(key), value: value, wants: wants, file: file)
    }

    public func contains(_ key: String) -> Bool { metadata[name(key)] != nil }

    /// A size: an integer from 1 to `limit`. Where the file has an array, one entry a layer, all must be the same.
    public func size(_ key: String, default fallback: Int? = nil, limit: Int = 1 << 24) throws -> Int {
        var value = metadata.integer(name(key))
        if let values = metadata.integers(name(key)), let first = values.first, values.allSatisfy({ $0 == first }) {
            value = Int(first)
        }
        guard let value = value ?? fallback else { throw ModelError.missingKey(name(key), file: file) }
        guard value >= 1, value <= limit else { throw bad(key, "\(value)", "an integer from 1 to \(limit)") }
        return value
    }

    /// A positive, finite number.
    public func number(_ key: String, default fallback: Float? = nil) throws -> Float {
        guard let value = metadata.float(name(key)).map({ Float($0) }) ?? fallback else {
            throw ModelError.missingKey(name(key), file: file)
        }
        guard value.isFinite, value > 0 else { throw bad(key, "\(value)", "a positive number") }
        return value
    }

    public func optionalNumber(_ key: String) throws -> Float? { contains(key) ? try number(key) : nil }

    public func bool(_ key: String, default fallback: Bool) throws -> Bool {
        guard contains(key) else { return fallback }
        guard let value = metadata.bool(name(key)) else { throw bad(key, "no truth value", "true or false") }
        return value
    }

    /// One truth value a layer, where the file has them.
    public func bools(_ key: String, layers: Int) throws -> [Bool]? {
        let values: [Bool]
        switch metadata[name(key)] {
        case .bools(let bools): values = bools
        case .integers(let integers): values = integers.map { $0 != 0 }
        default: return nil
        }
        guard values.count >= layers else {
            throw bad(key, "a list of \(values.count)", "a list of \(layers), one for each layer")
        }
        return Array(values.prefix(layers))
    }

    /// For every layer, how many tokens back a row sees, itself included; nil for all. GGUF's
    /// `attention.sliding_window`, in the layers that `attention.sliding_window_pattern` names: a truth value a layer, or
    /// the period whose last layer sees all.
    /// - Parameter isWindowed: Whether a layer has the window where the file does not say.
    public func windows(layers: Int, isWindowed: (_ layer: Int) -> Bool) throws -> [Int?] {
        let key = "attention.sliding_window", pattern = "attention.sliding_window_pattern"
        guard contains(key), metadata.integer(name(key)) != 0 else { return Array(repeating: nil, count: layers) }
        let window = try size(key, limit: 1 << 30)
        var windowed = (0..<layers).map(isWindowed)
        if let named = try bools(pattern, layers: layers) {
            windowed = named
        } else if let period = metadata.integer(name(pattern)) {
            guard period >= 0 else { throw bad(pattern, "\(period)", "a period of layers") }
            windowed = (0..<layers).map { period == 0 || $0 % period < period - 1 }
        }
        return windowed.map { $0 ? window : nil }
    }

    /// The sizes that every decoder has; `vocabulary` is the embedding table's own count of rows.
    public func shape(_ source: any Checkpoint) throws -> DecoderShape {
        let hidden = try size("embedding_length"), heads = try size("attention.head_count", limit: 4096)
        let keyValueHeads = try size("attention.head_count_kv", default: heads, limit: 4096)
        let headWidth = try size("attention.key_length", default: max(1, hidden / heads), limit: 4096)
        guard heads % keyValueHeads == 0 else {
            throw bad("attention.head_count_kv", "\(keyValueHeads)", "a divisor of \(heads)")
        }
        guard headWidth % 16 == 0, headWidth <= KeyValueLayout.maximumHeadWidth else {
            throw bad(
                "attention.key_length", "\(headWidth)", "a multiple of 16 up to \(KeyValueLayout.maximumHeadWidth)")
        }
        guard let table = source.tensor(named: "token_embd.weight"), table.shape.count == 2, table.shape[0] > 0 else {
            throw ModelError.missingKey("the tensor token_embd.weight", file: file)
        }
        let layers = try size("block_count", limit: 1024)
        let family = families.first { $0.architecture == architecture }
        var shape = DecoderShape(
            architecture: architecture, layers: layers, hidden: hidden, feedForward: try feedForward(), heads: heads,
            keyValueHeads: keyValueHeads, headWidth: headWidth, vocabulary: table.shape[0],
            context: try size("context_length", limit: 1 << 30), windows: try family?.windows(self, layers))
        shape.hasGridPositions = try sections() != nil
        if try bool("attention.bidirectional_prompt", default: false) {
            shape.sight = .prompt
        } else if contains("attention.picture_tokens") {
            // A window shorter than a picture would part tokens that see each other.
            let window = shape.windows.compactMap(\.self).min() ?? .max
            shape.sight = .eachPicture(rows: try size("attention.picture_tokens", limit: window))
        }
        // Such a model is made to go on behind what it was trained on.
        if case .dynamic(let factor, let context) = try stretch() {
            shape.context = Int(min(Float(1 << 30), Float(context) * max(1, factor)))
            shape.lengthDependence = .growing(beyond: context)
        } else if metadata.string(name("rope.scaling.type")) == "longrope" {
            shape.lengthDependence = .beyond(try originalContext())
        }
        return shape
    }

    /// The widest inner layer of the feed-forward part.
    private func feedForward() throws -> Int {
        try size(
            "feed_forward_length",
            default: contains("expert_feed_forward_length") ? try size("expert_feed_forward_length") : nil)
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
                key: "\(architecture).pooling_type", value: "\(pooling)",
                wants: "1 (mean), 2 (first token) or 3 (last token)",
                file: file)
        }
        return EncoderShape(
            architecture: architecture, layers: try size("block_count", limit: 1024), hidden: hidden,
            feedForward: try size("feed_forward_length"), heads: heads, headWidth: hidden / heads,
            vocabulary: table.shape[0], positions: positions,
            maximumTokens: min(positions, try size("max_sequence_length", default: positions)), pooling: pooling,
            normalizes: metadata.bool("\(architecture).normalize_embeddings") ?? true)
    }

    // MARK: Rotary positions

    private func originalContext() throws -> Int { try size("rope.scaling.original_context_length", limit: 1 << 30) }

    /// How rotary positions are stretched, as far as numbers tell it, in GGUF's words.
    private func stretch() throws -> RopeScaling {
        let kind = metadata.string(name("rope.scaling.type")) ?? "none"
        // Older files give a bare linear factor.
        let factor = try optionalNumber("rope.scaling.factor") ?? optionalNumber("rope.scale_linear") ?? 1
        switch kind {
        case "none":
            if let factor = try optionalNumber("rope.scaling.dynamic_factor") {
                return .dynamic(factor: factor, originalContext: try size("context_length", limit: 1 << 30))
            }
            return factor == 1 ? .none : .linear(factor: factor)
        case "linear": return .linear(factor: factor)
        case "longrope": return .none
        case "yarn":
            return .yarn(
                factor: factor, originalContext: try originalContext(),
                betaFast: try number("rope.scaling.yarn_beta_fast", default: 32),
                betaSlow: try number("rope.scaling.yarn_beta_slow", default: 1),
                attentionFactor: try optionalNumber("rope.scaling.attn_factor").map {
                    $0 * RopeScaling.yarnMagnitude(factor)
                },
                truncates: try bool("rope.scaling.yarn_truncate", default: true))
        default: throw bad("rope.scaling.type", kind, "none, linear, yarn or longrope")
        }
    }

    /// How many pairs turn by time, by height and by width, where positions have three parts. GGUF has room for a fourth.
    private func sections() throws -> [Int]? {
        let key = "rope.dimension_sections"
        guard let values = metadata.integers(name(key))?.map({ Int($0) }), values.contains(where: { $0 != 0 }) else {
            return nil
        }
        guard values.count >= 3, values.allSatisfy({ $0 >= 0 && $0 <= 4096 }),
            values.dropFirst(3).allSatisfy({ $0 == 0 })
        else { throw bad(key, "\(values.prefix(8))", "the pairs of a head that turn by time, height and width") }
        return Array(values.prefix(3))
    }

    /// Rotary positions as the file describes them, with the divisors that it may carry as tensors (llama 3, longrope).
    public func rotary(_ weights: WeightReader, _ shape: DecoderShape, pairs: RopePairs) throws -> RotaryEmbedding {
        let rotated = try size("rope.dimension_count", default: shape.headWidth, limit: shape.headWidth)
        guard rotated % 2 == 0 else { throw bad("rope.dimension_count", "\(rotated)", "an even number") }
        func divisors(_ name: String) throws -> [Float] {
            let values = try weights.vector(name, count: rotated / 2)
            guard values.allSatisfy({ $0.isFinite && $0 > 0 }) else {
                throw ModelError.badValue(
                    key: name, value: "what it is", wants: "a tensor of positive numbers", file: file)
            }
            return values
        }
        var scaling = try stretch()
        if metadata.string(name("rope.scaling.type")) == "longrope" {
            scaling = .longrope(
                short: try divisors("rope_factors_short.weight"), long: try divisors("rope_factors_long.weight"),
                originalContext: try originalContext(),
                attentionFactor: try number("rope.scaling.attn_factor", default: 1))
        }
        let sections = try sections() ?? []
        guard sections.isEmpty || sections.reduce(0, +) == rotated / 2 else {
            throw bad("rope.dimension_sections", "\(sections)", "three numbers that add up to \(rotated / 2)")
        }
        return RotaryEmbedding(
            base: try number("rope.freq_base", default: 10_000), rotated: rotated, pairs: pairs, scaling: scaling,
            factors: weights.contains("rope_freqs.weight") ? try divisors("rope_freqs.weight") : [],
            sections: sections)
    }

    // MARK: Experts

    /// How a layer chooses its experts; nil for models without.
    public func routing() throws -> Routing? {
        guard contains("expert_count"), metadata.integer(name("expert_count")) != 0 else { return nil }
        let experts = try size("expert_count", limit: 4096)
        let used = try size("expert_used_count", limit: 4096)
        guard used <= experts else { throw bad("expert_used_count", "\(used)", "a number up to \(experts)") }
        let feedForward = try size(
            "expert_feed_forward_length",
            default: contains("feed_forward_length") ? try size("feed_forward_length") : nil)
        return Routing(
            experts: experts, used: used, feedForward: feedForward,
            weighting: try bool("expert_weights_norm", default: true) ? .softmaxOverChosen : .softmaxOverAll)
    }
}

/// How a layer of experts is laid out.
public struct Routing: Sendable {
    public var experts: Int
    /// Experts that one row is computed by.
    public var used: Int
    /// The inner width of an expert.
    public var feedForward: Int
    public var weighting: ExpertWeighting
}
