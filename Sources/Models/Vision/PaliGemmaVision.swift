import TuttiCheckpoints
public import TuttiTensors

/// PaliGemma's eyes (arXiv:2407.07726, section 3.1): SigLIP, and one product.
public struct PaliGemmaVision: VisionEncoder {
    let tower: VisionTransformer
    let projection: Linear

    public var hidden: Int { projection.matrix.rows }

    public func callAsFunction(_ picture: PreparedPicture, _ step: Step) -> Tensor {
        let states = tower(PatchGrid(picture, tile: 0, side: tower.shape.patchSide), step)
        tower.lastNorm?.inPlace(states, step)
        return projection(states, step)
    }
}

extension PaliGemmaVision {
    static let family = VisionFamily(["paligemma"]) { source in
        let encoder = try PaliGemmaVision(source), shape = encoder.tower.shape
        let rows = shape.gridSide * shape.gridSide
        let processor = try SquareProcessor(source.config, side: shape.imageSide, .siglip, layout: .rows(rows))
        return Eyes(
            encoder: encoder, processor: processor, placeholder: "<image>",
            summary: "SigLIP of \(shape.layers) layers, \(shape.hidden) wide; \(shape.imageSide) px, \(rows) tokens")
    }

    /// - Throws: `ModelError` or `CheckpointError`, naming what is missing or misshapen.
    public init(_ source: VisionSource) throws {
        let shape = try VisionShape(try source.config.part("vision_config"), .siglip)
        tower = try VisionTransformer(shape, source.weights, try source.visionRoot())
        projection = try source.weights.linear(
            "\(try source.projectorRoot("linear.weight"))linear", rows: source.hidden, columns: shape.hidden)
    }
}
