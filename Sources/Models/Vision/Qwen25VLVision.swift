import TuttiCheckpoints
public import TuttiTensors

/// Qwen2.5-VL's eyes (arXiv:2502.13923, section 2.1.1): as Qwen2-VL's, but with root-mean-square norms and SwiGLU, and in
/// all but a few blocks a patch sees only the window that it is in.
public struct Qwen25VLVision: VisionEncoder {
    let shape: QwenVisionShape
    let patches: Linear
    let blocks: [Block]
    /// The blocks in which a frame's patches all see each other.
    let wholeBlocks: Set<Int>
    /// Merged rows along a window's side.
    let windowSide: Int
    let mergerNorm: RMSNorm
    let merger: TwoLayers

    public var hidden: Int { merger.down.matrix.rows }

    public func callAsFunction(_ picture: PreparedPicture, _ step: Step) -> Tensor {
        let grid = QwenGrid(picture.grid, merge: shape.merge), square = grid.square
        // Patches are brought into the order of the windows, square by square, and merged rows back into their own.
        let (order, counts) = grid.windows(side: windowSide)
        let moved = order.flatMap { $0 * square..<($0 + 1) * square }
        let x = step.scratch(grid.count, shape.hidden)
        step.frame {
            let values = step.scratch(grid.count, patches.matrix.columns)
            values.fill(from: picture.values)
            step.copy(step.gather(patches(values, step), rows: moved), to: x)
        }
        let places = grid.places
        let angles = step.angles(
            places: [moved.map { places.rows[$0] }, moved.map { places.columns[$0] }], frequencies: shape.frequencies)
        let frames = (0..<grid.frames).map { $0 * grid.frameCount..<($0 + 1) * grid.frameCount }
        let whole = RowSight(frames, heads: shape.heads, headWidth: shape.paddedWidth)
        var first = 0
        let windows = counts.map { count in
            defer { first += count * square }
            return first..<first + count * square
        }
        let windowed = RowSight(windows, heads: shape.heads, headWidth: shape.paddedWidth)
        for (layer, block) in blocks.enumerated() {
            block(x, wholeBlocks.contains(layer) ? whole : windowed, step, angles: angles)
        }
        let merged = merger(mergerNorm(x, step).reshaped(rows: order.count), step)
        var back = [Int](repeating: 0, count: order.count)
        for (place, row) in order.enumerated() { back[row] = place }
        return step.gather(merged, rows: back)
    }

    struct Block: Sendable {
        let attentionNorm: RMSNorm
        let attention: HeadAttention
        let feedForwardNorm: RMSNorm
        let feedForward: GatedMLP

        /// Adds what the block finds to `x`, `[patches, hidden]`.
        func callAsFunction(_ x: Tensor, _ sight: RowSight, _ step: Step, angles: RopeAngles) {
            step.frame { attention(attentionNorm(x, step), sight, addedTo: x, step, angles: angles) }
            step.frame { step.add(feedForward(feedForwardNorm(x, step), step), to: x) }
        }
    }
}

extension Qwen25VLVision {
    static let family = VisionFamily(["qwen2_5_vl"], projector: .qwen25VL) { source in
        let encoder = try Qwen25VLVision(source), shape = encoder.shape
        let processor = try QwenProcessor(source.config, shape)
        return Eyes(
            encoder: encoder, processor: processor, placeholder: "<|image_pad|>",
            summary: "Qwen2.5-VL's encoder of \(shape.layers) layers, \(shape.hidden) wide; \(processor.summary)")
    }

    /// - Throws: `ModelError` or `CheckpointError`, naming what is missing or misshapen.
    public init(_ source: VisionSource) throws {
        let config = try source.config.part("vision_config"), weights = source.weights
        let shape = try QwenVisionShape(config, hidden: "hidden_size") { _ in
            try config.size("intermediate_size") ?? 3420
        }
        let root = try source.qwenRoot(), hidden = shape.hidden
        guard config["hidden_act"]?.string ?? "silu" == "silu" else {
            throw CheckpointError.unsupported(
                file: config.file, "the `hidden_act` of its `vision_config` is not `silu`")
        }
        let window = try config.size("window_size", limit: 1 << 14) ?? 112
        windowSide = window / shape.merge / shape.patchSide
        guard windowSide > 0 else {
            throw config.wrong(
                "window_size", .integer(Int128(window)), "at least \(shape.merge * shape.patchSide), one merged row")
        }
        wholeBlocks = Set(try config.array("fullatt_block_indexes")?.compactMap(\.int) ?? [7, 15, 23, 31])
        self.shape = shape
        patches = try weights.qwenPatches(root, shape)
        blocks = try (0..<shape.layers).map { layer in
            let name = "\(root)blocks.\(layer)"
            return Block(
                attentionNorm: try weights.norm("\(name).norm1", width: hidden, epsilon: 1e-6),
                attention: try weights.qwenAttention("\(name).attn", shape),
                feedForwardNorm: try weights.norm("\(name).norm2", width: hidden, epsilon: 1e-6),
                feedForward: GatedMLP(
                    gate: try weights.linear("\(name).mlp.gate_proj", rows: shape.feedForward, columns: hidden),
                    up: try weights.linear("\(name).mlp.up_proj", rows: shape.feedForward, columns: hidden),
                    down: try weights.linear("\(name).mlp.down_proj", rows: hidden, columns: shape.feedForward), .silu))
        }
        mergerNorm = try weights.norm("\(root)merger.ln_q", width: hidden, epsilon: 1e-6)
        merger = try weights.qwenMerger("\(root)merger.mlp", shape, outputs: source.hidden)
    }
}
