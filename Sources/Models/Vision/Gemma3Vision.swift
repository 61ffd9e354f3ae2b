import TuttiCheckpoints
public import TuttiTensors

/// Gemma 3's eyes (arXiv:2503.19786, section 2.1): SigLIP, squares of its patches averaged into one row each, a norm and
/// one product.
public struct Gemma3Vision: VisionEncoder {
    let tower: VisionTransformer
    /// Patches along the side of what becomes one row.
    let pool: Int
    let norm: RMSNorm
    let projection: Linear

    public var hidden: Int { projection.matrix.rows }

    public func callAsFunction(_ picture: PreparedPicture, _ step: Step) -> Tensor {
        let grid = PatchGrid(picture, tile: 0, side: tower.shape.patchSide), states = tower(grid, step)
        tower.lastNorm?.inPlace(states, step)
        return projection(norm(averaged(states, grid, step), step), step)
    }

    private func averaged(_ states: Tensor, _ grid: PatchGrid, _ step: Step) -> Tensor {
        let order = PatchGrid.bySquares(rows: grid.rows, columns: grid.columns, side: pool), members = pool * pool
        let sums = step.zeros(order.count / members, states.width)
        for member in 0..<members {
            step.frame {
                let rows = stride(from: member, to: order.count, by: members).map { order[$0] }
                step.add(step.gather(states, rows: rows), to: sums)
            }
        }
        step.scale(sums, by: 1 / Float(members))
        return sums
    }
}

extension Gemma3Vision {
    /// Folders have what is added to 1 in the norm.
    static let family = VisionFamily(
        ["gemma3"], projector: .gemma3, changes: ["mm_soft_emb_norm.weight": .plusOne]
    ) { source in
        let encoder = try Gemma3Vision(source), shape = encoder.tower.shape
        let side = shape.gridSide / encoder.pool, rows = side * side
        let processor = try SquareProcessor(
            source.config, side: shape.imageSide, .gemma3,
            layout: .between("\n\n<start_of_image>", rows, "<end_of_image>\n\n"))
        return Eyes(
            encoder: encoder, processor: processor, placeholder: "<start_of_image>", rowToken: "<image_soft_token>",
            summary: "SigLIP of \(shape.layers) layers, \(shape.hidden) wide; \(shape.imageSide) px, \(rows) tokens")
    }

    /// - Throws: `ModelError` or `CheckpointError`, naming what is missing or misshapen.
    public init(_ source: VisionSource) throws {
        let shape = try VisionShape(try source.config.part("vision_config"), .siglip), weights = source.weights
        let root = try source.projectorRoot("mm_input_projection_weight")
        let rows = try source.config.size("mm_tokens_per_image", limit: 1 << 16) ?? 256
        let side = Int(Double(rows).squareRoot())
        guard side * side == rows, shape.gridSide >= side else {
            throw source.config.wrong(
                "mm_tokens_per_image", .integer(Int128(rows)),
                "a square of at most \(shape.gridSide) × \(shape.gridSide)")
        }
        pool = shape.gridSide / side
        tower = try VisionTransformer(shape, weights, try source.visionRoot())
        norm = try weights.norm("\(root)mm_soft_emb_norm", width: shape.hidden, epsilon: shape.epsilon)
        let width = source.hidden
        let stored = try weights.matrixValues(
            "\(root)mm_input_projection_weight", rows: shape.hidden, columns: width)
        let turned = (0..<width).flatMap { output in
            (0..<shape.hidden).map { stored[$0 * width + output] }
        }
        projection = Linear(matrix: weights.packed(turned, rows: width, columns: shape.hidden), bias: nil)
    }
}
