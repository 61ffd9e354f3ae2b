import TuttiCheckpoints
public import TuttiTensors

/// LLaVA's eyes (arXiv:2304.08485, section 4.1; arXiv:2310.03744, section 3.3): CLIP as far as its last layer but one,
/// without the class token, and a projector of two layers.
public struct LLaVAVision: VisionEncoder {
    /// The blocks that are asked for, and no others.
    let tower: VisionTransformer
    /// Rows at the beginning that are left out: the class token's.
    let dropped: Int
    let projector: TwoLayers

    public var hidden: Int { projector.down.matrix.rows }

    public func callAsFunction(_ picture: PreparedPicture, _ step: Step) -> Tensor {
        let states = tower(PatchGrid(picture, tile: 0, side: tower.shape.patchSide), step)
        return projector(states[rows: dropped..<states.rows], step)
    }
}

extension LLaVAVision {
    static let family = VisionFamily(["llava"], projector: .llava) { source in
        let encoder = try LLaVAVision(source), shape = encoder.tower.shape
        let rows = shape.gridSide * shape.gridSide + (encoder.tower.classToken == nil ? 0 : 1) - encoder.dropped
        let processor = try SquareProcessor(source.config, side: shape.imageSide, .clip, layout: .rows(rows))
        return Eyes(
            encoder: encoder, processor: processor, placeholder: "<image>",
            summary: "CLIP of \(shape.layers) layers, \(shape.hidden) wide; \(shape.imageSide) px, \(rows) tokens")
    }

    /// - Throws: `ModelError` or `CheckpointError`, naming what is missing or misshapen.
    public init(_ source: VisionSource) throws {
        let config = source.config, vision = try config.part("vision_config"), weights = source.weights
        let shape = try VisionShape(vision, vision.modelType == "siglip_vision_model" ? .siglip : .clip)
        let root = try source.visionRoot(), projector = try source.projectorRoot("linear_1.weight")
        // Layer 0 is what enters the first block, layer -1 what leaves the last.
        let layer = try config.integer("vision_feature_layer") ?? -2
        let blockCount = layer < 0 ? shape.layers + 1 + layer : layer
        guard 0...shape.layers ~= blockCount else {
            throw config.wrong("vision_feature_layer", .integer(Int128(layer)), "one of \(shape.layers) layers")
        }
        tower = try VisionTransformer(shape, weights, root, blockCount: blockCount)
        dropped = config["vision_feature_select_strategy"]?.string ?? "default" == "default" ? 1 : 0
        self.projector = TwoLayers(
            up: try weights.linear("\(projector)linear_1", rows: source.hidden, columns: shape.hidden),
            down: try weights.linear("\(projector)linear_2", rows: source.hidden, columns: source.hidden),
            activation: try config.activation("projector_hidden_act") ?? .gelu)
    }
}

extension VisionSource {
    /// What stands before the tower's names: of release 5, of those before, and of a whole SigLIP or CLIP within.
    func visionRoot() throws -> String {
        try prefix(
            [
                "vision_tower.vision_model.", "vision_tower.", "model.vision_tower.vision_model.",
                "model.vision_tower.",
            ], of: "embeddings.patch_embedding.weight")
    }

    /// What stands before the projector's.
    func projectorRoot(_ name: String) throws -> String {
        try prefix(["multi_modal_projector.", "model.multi_modal_projector."], of: name)
    }
}
