import OrderedCollections
import TuttiCheckpoints
import TuttiTensors

/// What a projector file says of its vision encoder under `clip.…`, as far as all families' files say it.
struct ProjectorSettings: Sendable {
    let file: GGUFFile
    /// What `clip.projector_type` says.
    let type: String
    let layers: Int
    let hidden: Int
    let heads: Int
    /// As the tensors have it: of Qwen2-VL the file says another number.
    let feedForward: Int
    let imageSide: Int
    let patchSide: Int
    let epsilon: Double
    /// The parts of a feed-forward layer, `ffn_up` and `ffn_down`; older files have the one called the other.
    let up: String
    let down: String
    private let config: ConfigReader

    /// - Throws: `ModelError` or `CheckpointError`, naming the key or tensor that is missing or makes no sense.
    init(_ file: GGUFFile) throws {
        config = try ConfigReader(file, families: [])
        self.file = file
        guard config.architecture == ProjectorFile.architecture else {
            throw CheckpointError.unsupported(
                file: file.path,
                "it is no projector (mmproj) but a model of the architecture `\(config.architecture)`")
        }
        let key = "clip.projector_type"
        // The first files were LLaVA's, and said no more.
        let first = try config.bool("has_llava_projector", default: false) ? "mlp" : nil
        guard let type = file.metadata.string(key) ?? file.metadata.string("clip.vision.projector_type") ?? first
        else { throw ModelError.missingKey(key, file: file.path) }
        self.type = type
        guard try config.bool("has_vision_encoder", default: true) else {
            throw CheckpointError.unsupported(file: file.path, "it has no vision encoder: it is of a model that hears")
        }
        layers = try config.size("vision.block_count", limit: 1024)
        hidden = try config.size("vision.embedding_length", limit: 1 << 16)
        heads = try config.size("vision.attention.head_count", limit: 4096)
        imageSide = try config.size("vision.image_size", limit: 1 << 14)
        patchSide = try config.size("vision.patch_size", limit: 1 << 10)
        epsilon = Double(try config.number("vision.attention.layer_norm_epsilon", default: 1e-6))
        guard hidden % heads == 0, hidden / heads <= KeyValueLayout.maximumHeadWidth else {
            throw config.bad(
                "vision.attention.head_count", "\(heads)",
                "a divisor of \(hidden) into heads of at most \(KeyValueLayout.maximumHeadWidth)")
        }
        guard patchSide <= imageSide else {
            throw config.bad("vision.patch_size", "\(patchSide)", "at most the picture's \(imageSide)")
        }
        (up, down, feedForward) = try Self.feedForward(file, hidden)
    }

    /// How a feed-forward layer's parts are called, the first one and the second, and how wide it is between them.
    private static func feedForward(_ file: GGUFFile, _ hidden: Int) throws -> (String, String, Int) {
        func shape(_ part: String) throws -> [Int] {
            let name = "v.blk.0.\(part).weight"
            guard let shape = file.tensor(named: name)?.shape else {
                throw CheckpointError.missingTensor(file: file.path, name: name)
            }
            guard shape.count == 2 else {
                throw CheckpointError.malformed(
                    file: file.path, "the tensor `\(name)` has the shape \(shape), and ought to be a matrix")
            }
            return shape
        }
        let up = try shape("ffn_up"), down = try shape("ffn_down")
        return up[1] != hidden && down[1] == hidden
            ? ("ffn_down", "ffn_up", down[0]) : ("ffn_up", "ffn_down", up[0])
    }

    // MARK: What families have of their own

    /// A size under `clip.vision.`.
    func size(_ key: String, default fallback: Int? = nil, limit: Int = 1 << 14) throws -> Int {
        try config.size("vision.\(key)", default: fallback, limit: limit)
    }

    func integer(_ key: String) -> Int? { file.metadata.integer("clip.vision.\(key)") }

    /// Whole numbers that are a list or stand alone.
    func integers(_ key: String) -> [Int]? {
        file.metadata.integers("clip.vision.\(key)")?.map { Int($0) } ?? integer(key).map { [$0] }
    }

    func bad(_ key: String, _ value: String, _ wants: String) -> ModelError {
        config.bad("vision.\(key)", value, wants)
    }

    /// What lies between the layers of a feed-forward part, in Hugging Face's words.
    /// - Parameter gelu: Which of GELU's forms the family means.
    func activation(gelu: String) throws -> String {
        let isGELU = try config.bool("use_gelu", default: false), isSiLU = try config.bool("use_silu", default: false)
        guard !isGELU || !isSiLU else { throw config.bad("use_gelu", "true beside `clip.use_silu`", "one of the two") }
        return isGELU ? gelu : isSiLU ? "silu" : "quick_gelu"
    }

    /// The `vision_config` of a CLIP or a SigLIP.
    func visionTransformer(_ modelType: String, gelu: String) throws -> JSON {
        [
            "model_type": .string(modelType), "num_hidden_layers": JSON(layers), "hidden_size": JSON(hidden),
            "num_attention_heads": JSON(heads), "intermediate_size": JSON(feedForward), "image_size": JSON(imageSide),
            "patch_size": JSON(patchSide), "layer_norm_eps": .number(epsilon),
            "hidden_act": .string(try activation(gelu: gelu)),
        ]
    }

    /// How pixels are scaled, as `preprocessor_config.json` says it.
    func pixels() throws -> OrderedDictionary<JSON.Key, JSON> {
        func numbers(_ key: String, _ isFine: (Double) -> Bool) throws -> JSON {
            guard let values = file.metadata.floats("clip.vision.\(key)") else {
                throw ModelError.missingKey("clip.vision.\(key)", file: file.path)
            }
            guard values.count == 3, values.allSatisfy(isFine) else {
                throw bad(key, "\(Array(values.prefix(4)))", "three numbers, one for each colour")
            }
            return .array(values.map { .number($0) })
        }
        return [
            "image_mean": try numbers("image_mean", \.isFinite),
            "image_std": try numbers("image_std") { $0.isFinite && $0 != 0 },
        ]
    }
}
