import TuttiCheckpoints
public import TuttiTensors

/// Idefics3's and SmolVLM's eyes (arXiv:2408.12637, section 3; arXiv:2504.05299, section 2): a SigLIP over each tile of
/// the picture, and squares of its patches folded into one row each by pixel shuffle, which then meets one product.
public struct Idefics3Vision: VisionEncoder {
    let tower: VisionTransformer
    /// Patches along the side of what becomes one row.
    let scale: Int
    let projection: Linear

    public var hidden: Int { projection.matrix.rows }

    public func callAsFunction(_ picture: PreparedPicture, _ step: Step) -> Tensor {
        let tiles = (0..<picture.shape[0]).map { PatchGrid(picture, tile: $0, side: tower.shape.patchSide) }
        let result = step.scratch(tiles.reduce(0) { $0 + rowCount($1) }, hidden)
        var first = 0
        for tile in tiles {
            let rows = first..<first + rowCount(tile)
            step.frame { step.copy(rowsOf(tile, step), to: result[rows: rows]) }
            first = rows.upperBound
        }
        return result
    }

    private func rowCount(_ tile: PatchGrid) -> Int { (tile.rows / scale) * (tile.columns / scale) }

    private func rowsOf(_ tile: PatchGrid, _ step: Step) -> Tensor {
        let states = tower(tile, places: places(tile), step)
        tower.lastNorm?.inPlace(states, step)
        return projection(shuffled(states, tile, step), step)
    }

    /// The states of a square of patches side by side.
    private func shuffled(_ states: Tensor, _ tile: PatchGrid, _ step: Step) -> Tensor {
        let order = PatchGrid.bySquares(rows: tile.rows, columns: tile.columns, side: scale)
        return step.gather(states, rows: order).reshaped(rows: order.count / (scale * scale))
    }

    /// Which learnt position each patch has: tiles of any size are stretched over all of them, and padding has the first.
    private func places(_ tile: PatchGrid) -> [Int] {
        let side = tower.shape.gridSide
        let isSeen = Set(tile.seen ?? Array(0..<tile.count))
        let seenRows = (0..<tile.rows).count { isSeen.contains($0 * tile.columns) }
        let seenColumns = (0..<tile.columns).count { isSeen.contains($0) }
        let rows = Self.buckets(tile.rows, of: seenRows, side),
            columns = Self.buckets(tile.columns, of: seenColumns, side)
        return (0..<tile.count).map {
            isSeen.contains($0) ? rows[$0 / tile.columns] * side + columns[$0 % tile.columns] : 0
        }
    }

    /// The bucket, of `side` equal ones, that each of `count` steps of 1 / `seen` falls into, in float32 as the reference
    /// has it: which side of a border a step is on depends on the rounding.
    private static func buckets(_ count: Int, of seen: Int, _ side: Int) -> [Int] {
        let borders = (1..<max(side, 1)).map { Float(1 / Double(side) + Double($0 - 1) * (1 / Double(side))) }
        let length = 1 / Float(max(1, seen))
        return (0..<count).map { step in
            let place = min(Float(step) * length, 1 - 1e-6)
            return borders.count { $0 <= place }
        }
    }
}

extension Idefics3Vision {
    static let family = VisionFamily(["idefics3", "smolvlm"], projector: .idefics3) { source in
        let encoder = try Idefics3Vision(source), shape = encoder.tower.shape
        let processor = try Idefics3Processor(source.config, scale: encoder.scale, patchSide: shape.patchSide)
        return Eyes(
            encoder: encoder, processor: processor, placeholder: "<image>",
            summary: "SigLIP of \(shape.layers) layers, \(shape.hidden) wide; \(processor.summary)")
    }

    /// - Throws: `ModelError` or `CheckpointError`, naming what is missing or misshapen.
    public init(_ source: VisionSource) throws {
        let config = try source.config.part("vision_config"), shape = try VisionShape(config, .idefics3)
        let weights = source.weights
        let root = try source.prefix(
            ["model.vision_model.", "vision_model."], of: "embeddings.patch_embedding.weight")
        let connector = try source.prefix(["model.connector.", "connector."], of: "modality_projection.proj.weight")
        scale = try source.config.size("scale_factor", limit: 64) ?? 2
        tower = try VisionTransformer(shape, weights, root)
        projection = try weights.linear(
            "\(connector)modality_projection.proj", rows: source.hidden, columns: shape.hidden * scale * scale)
    }
}
