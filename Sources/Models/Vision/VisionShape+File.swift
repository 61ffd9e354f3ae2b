import TuttiCheckpoints
import TuttiTensors

extension VisionShape {
    /// What a family does that says nothing.
    static let clip = VisionShape(
        layers: 12, hidden: 768, heads: 12, feedForward: 3072, imageSide: 224, patchSide: 32, epsilon: 1e-5,
        activation: .quickGelu)
    static let siglip = VisionShape(
        layers: 12, hidden: 768, heads: 12, feedForward: 3072, imageSide: 224, patchSide: 16, epsilon: 1e-6,
        activation: .geluTanh)
    static let idefics3 = VisionShape(
        layers: 12, hidden: 1152, heads: 16, feedForward: 3072, imageSide: 224, patchSide: 32, epsilon: 1e-6,
        activation: .geluTanh)

    /// What `vision_config` says, and `family` where it does not.
    /// - Throws: `CheckpointError` for what makes no sense.
    init(_ config: HuggingFaceConfig, _ family: VisionShape) throws {
        self.init(
            layers: try config.size("num_hidden_layers", limit: 1024) ?? family.layers,
            hidden: try config.size("hidden_size", limit: 1 << 16) ?? family.hidden,
            heads: try config.size("num_attention_heads", limit: 4096) ?? family.heads,
            feedForward: try config.size("intermediate_size") ?? family.feedForward,
            imageSide: try config.size("image_size", limit: 1 << 14) ?? family.imageSide,
            patchSide: try config.size("patch_size", limit: 1 << 10) ?? family.patchSide,
            epsilon: try config.number("layer_norm_eps").map { Float($0) } ?? family.epsilon,
            activation: try config.activation("hidden_act") ?? family.activation)
        try config.checkHeads(heads, in: hidden)
        guard try config.size("num_channels") ?? 3 == 3 else {
            throw CheckpointError.unsupported(
                file: config.file, "its pictures have other channels than red, green and blue")
        }
        guard imageSide >= patchSide else {
            throw config.wrong("patch_size", .integer(Int128(patchSide)), "at most the picture's \(imageSide)")
        }
    }
}

extension HuggingFaceConfig {
    /// The function of a feed-forward layer without a gate; nil where nothing is said.
    func activation(_ key: String) throws -> PointActivation? {
        guard let value = self[key] else { return nil }
        switch value.string {
        case "gelu": return .gelu
        case "gelu_pytorch_tanh", "gelu_new", "gelu_fast": return .geluTanh
        case "quick_gelu": return .quickGelu
        default: throw wrong(key, value, "gelu, gelu_pytorch_tanh or quick_gelu")
        }
    }

    /// - Throws: Where heads do not share a width out evenly, or are wider than attention takes.
    func checkHeads(_ heads: Int, in hidden: Int) throws {
        guard hidden % heads == 0, hidden / heads <= KeyValueLayout.maximumHeadWidth else {
            throw wrong(
                "num_attention_heads", .integer(Int128(heads)),
                "a divisor of \(hidden) into heads of at most \(KeyValueLayout.maximumHeadWidth)")
        }
    }
}
