import TuttiTensors

/// A vision transformer (Dosovitskiy et al. 2020, arXiv:2010.11929, section 3.1), as CLIP (arXiv:2103.00020) and SigLIP
/// (arXiv:2303.15343) were trained with: patches through one product, learnt positions, blocks in which every patch sees
/// every other. CLIP's has a class token before the patches and a norm before the blocks.
struct VisionTransformer: Sendable {
    let shape: VisionShape
    let patches: Linear
    let classToken: [Float]?
    /// `[positions, hidden]`; the class token's is the first.
    let positions: [Float]
    let firstNorm: LayerNorm?
    let blocks: [TransformerBlock]
    /// Nil in a tower that ends before its last block.
    let lastNorm: LayerNorm?

    /// The states behind the last block, before the last norm.
    /// - Parameter places: For every patch which of the learnt positions it has; nil for one after the other.
    /// - Returns: `[patches, hidden]`, behind the class token where there is one.
    func callAsFunction(_ grid: PatchGrid, places: [Int]? = nil, _ step: Step) -> Tensor {
        let first = classToken == nil ? 0 : 1
        let x = step.scratch(first + grid.count, shape.hidden)
        x.fill(from: positions(first, grid.count, places))
        step.frame {
            let values = step.scratch(grid.count, grid.width)
            values.fill(from: grid.values)
            patches(values, addedTo: x[rows: first..<x.rows], step)
        }
        if let classToken { step.add(bias: classToken, to: x[row: 0]) }
        firstNorm?.inPlace(x, step)
        let width = HeadAttention.paddedWidth(shape.headWidth)
        let sight =
            grid.seen.map { RowSight(x.rows, seeing: $0, heads: shape.heads, headWidth: width) }
            ?? RowSight([0..<x.rows], heads: shape.heads, headWidth: width)
        for block in blocks { block(x, sight, step) }
        return x
    }

    private func positions(_ first: Int, _ count: Int, _ places: [Int]?) -> [Float] {
        let width = shape.hidden
        guard let places else {
            precondition(
                positions.count >= (first + count) * width, "\(count) patches, \(positions.count / width) places")
            return Array(positions.prefix((first + count) * width))
        }
        return positions.prefix(first * width)
            + places.flatMap { positions[(first + $0) * width..<(first + $0 + 1) * width] }
    }
}

/// The sizes of a vision transformer.
struct VisionShape: Sendable, Equatable {
    var layers: Int
    var hidden: Int
    var heads: Int
    var feedForward: Int
    /// Of the pictures that its positions were learnt for, in pixels.
    var imageSide: Int
    /// Of a patch.
    var patchSide: Int
    var epsilon: Float
    var activation: PointActivation

    var headWidth: Int { hidden / heads }
    /// Patches along a side.
    var gridSide: Int { imageSide / patchSide }
}
