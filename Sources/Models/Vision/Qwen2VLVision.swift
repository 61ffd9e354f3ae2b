#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
import TuttiCheckpoints
public import TuttiTensors

/// Qwen2-VL's eyes (arXiv:2409.12191, section 2.1): patches of two frames each in a picture of any size, turned by where
/// they stand, blocks in which a frame's patches see each other, and squares of 2 × 2 patches merged into one row each.
public struct Qwen2VLVision: VisionEncoder {
    let shape: QwenVisionShape
    let patches: Linear
    let blocks: [TransformerBlock]
    let merger: Merger

    public var hidden: Int { merger.layers.down.matrix.rows }

    public func callAsFunction(_ picture: PreparedPicture, _ step: Step) -> Tensor {
        let grid = QwenGrid(picture.grid, merge: shape.merge), places = grid.places
        let x = step.scratch(grid.count, shape.hidden)
        step.frame {
            let values = step.scratch(grid.count, patches.matrix.columns)
            values.fill(from: picture.values)
            step.copy(patches(values, step), to: x)
        }
        let angles = step.angles(places: [places.rows, places.columns], frequencies: shape.frequencies)
        let frames = (0..<grid.frames).map { $0 * grid.frameCount..<($0 + 1) * grid.frameCount }
        let sight = RowSight(frames, heads: shape.heads, headWidth: shape.paddedWidth)
        for block in blocks { block(x, sight, step, angles: angles) }
        return merger(x, step)
    }

    /// A norm, the patches of a square side by side, and two layers.
    struct Merger: Sendable {
        let norm: LayerNorm
        let square: Int
        let layers: TwoLayers

        /// - Parameter x: `[patches, hidden]`, the patches of a square one after the other.
        func callAsFunction(_ x: Tensor, _ step: Step) -> Tensor {
            layers(norm(x, step).reshaped(rows: x.rows / square), step)
        }
    }
}

/// The sizes of Qwen2-VL's and Qwen2.5-VL's eyes.
struct QwenVisionShape: Sendable, Equatable {
    var layers: Int
    var hidden: Int
    var heads: Int
    var feedForward: Int
    var patchSide: Int
    /// Pictures of one patch.
    var frames: Int
    /// Patches along the side of what becomes one row.
    var merge: Int

    var headWidth: Int { hidden / heads }
    var paddedWidth: Int { HeadAttention.paddedWidth(headWidth) }
    /// What the pairs of each of the two axes turn by from patch to patch.
    var frequencies: [Float] {
        (0..<headWidth / 4).map { 1 / powf(10_000, Float(2 * $0) / Float(headWidth / 2)) }
    }

    /// - Throws: `CheckpointError` for what makes no sense.
    init(_ config: HuggingFaceConfig, hidden: String, feedForward: (_ hidden: Int) throws -> Int) throws {
        layers = try config.size("depth", limit: 1024) ?? 32
        self.hidden = try config.size(hidden, limit: 1 << 16) ?? 1280
        heads = try config.size("num_heads", limit: 4096) ?? 16
        self.feedForward = try feedForward(self.hidden)
        patchSide = try config.size("patch_size", limit: 1 << 10) ?? 14
        frames = try config.size("temporal_patch_size", limit: 64) ?? 2
        merge = try config.size("spatial_merge_size", limit: 64) ?? 2
        try config.checkHeads(heads, in: self.hidden)
        guard headWidth % 4 == 0 else {
            throw config.wrong(
                "num_heads", .integer(Int128(heads)), "a number of heads whose widths are multiples of 4")
        }
    }
}

extension Qwen2VLVision {
    static let family = VisionFamily(["qwen2_vl"], projector: .qwen2VL) { source in
        let encoder = try Qwen2VLVision(source), shape = encoder.shape
        let processor = try QwenProcessor(source.config, shape)
        return Eyes(
            encoder: encoder, processor: processor, placeholder: "<|image_pad|>",
            summary: "Qwen2-VL's encoder of \(shape.layers) layers, \(shape.hidden) wide; \(processor.summary)")
    }

    /// - Throws: `ModelError` or `CheckpointError`, naming what is missing or misshapen.
    public init(_ source: VisionSource) throws {
        let config = try source.config.part("vision_config"), weights = source.weights
        let shape = try QwenVisionShape(config, hidden: "embed_dim") {
            try (config.size("mlp_ratio", limit: 64) ?? 4) * $0
        }
        let root = try source.qwenRoot(), hidden = shape.hidden
        let activation = try config.activation("hidden_act") ?? .quickGelu
        self.shape = shape
        patches = try weights.qwenPatches(root, shape)
        blocks = try (0..<shape.layers).map { layer in
            let name = "\(root)blocks.\(layer)"
            return TransformerBlock(
                attentionNorm: try weights.layerNorm("\(name).norm1", width: hidden, epsilon: 1e-6),
                attention: try weights.qwenAttention("\(name).attn", shape),
                feedForwardNorm: try weights.layerNorm("\(name).norm2", width: hidden, epsilon: 1e-6),
                feedForward: TwoLayers(
                    up: try weights.linear("\(name).mlp.fc1", rows: shape.feedForward, columns: hidden),
                    down: try weights.linear("\(name).mlp.fc2", rows: hidden, columns: shape.feedForward),
                    activation: activation))
        }
        merger = Merger(
            norm: try weights.layerNorm("\(root)merger.ln_q", width: hidden, epsilon: 1e-6),
            square: shape.merge * shape.merge,
            layers: try weights.qwenMerger("\(root)merger.mlp", shape, outputs: source.hidden))
    }
}

extension VisionSource {
    /// What stands before the names of Qwen's eyes.
    func qwenRoot() throws -> String { try prefix(["visual.", "model.visual."], of: "patch_embed.proj.weight") }
}

extension WeightReader {
    func qwenPatches(_ root: String, _ shape: QwenVisionShape) throws -> Linear {
        try patchProduct(
            "\(root)patch_embed.proj", rows: shape.hidden,
            kernel: [3, shape.frames, shape.patchSide, shape.patchSide])
    }

    /// Queries, keys and values lie one under the other.
    func qwenAttention(_ name: String, _ shape: QwenVisionShape) throws -> HeadAttention {
        let hidden = shape.hidden, own = shape.headWidth, width = shape.paddedWidth
        let parts = try headParts(
            "\(name).qkv.weight", bias: "\(name).qkv.bias", count: 3, heads: shape.heads, width: own, padded: width,
            columns: hidden)
        return HeadAttention(
            query: parts[0], key: parts[1], value: parts[2],
            output: try headColumns("\(name).proj", rows: hidden, heads: shape.heads, width: own, padded: width),
            shape: AttentionShape(heads: shape.heads, scale: 1 / sqrtf(Float(own)), isCausal: false), headWidth: width)
    }

    func qwenMerger(_ name: String, _ shape: QwenVisionShape, outputs: Int) throws -> TwoLayers {
        let width = shape.hidden * shape.merge * shape.merge
        return TwoLayers(
            up: try linear("\(name).0", rows: width, columns: width),
            down: try linear("\(name).2", rows: outputs, columns: width), activation: .gelu)
    }
}
