import TuttiTensors

/// A pre-norm block of a vision transformer, or of the text beside one: attention, then two layers with a function between
/// them, each normalised before and added to its input.
struct TransformerBlock: Sendable {
    let attentionNorm: LayerNorm
    let attention: HeadAttention
    let feedForwardNorm: LayerNorm
    let feedForward: TwoLayers

    /// Adds what the block finds to `x`, `[rows, hidden]`.
    func callAsFunction(_ x: Tensor, _ sight: RowSight, _ step: Step, angles: RopeAngles? = nil) {
        step.frame { attention(attentionNorm(x, step), sight, addedTo: x, step, angles: angles) }
        step.frame { feedForward(feedForwardNorm(x, step), addedTo: x, step) }
    }
}

/// Attention over rows that are all there: no cache, and no order unless the rows are turned by `angles`.
struct HeadAttention: Sendable {
    let query: Linear
    let key: Linear
    let value: Linear
    let output: Linear
    let shape: AttentionShape
    /// Numbers of one head here, which can be more than the model's: the others are zero.
    let headWidth: Int

    /// Adds what the rows of `x` find to `sum`, `[rows, hidden]` as `x` is.
    func callAsFunction(
        _ x: Tensor, _ sight: RowSight, addedTo sum: Tensor, _ step: Step, angles: RopeAngles? = nil
    ) {
        let parts = Linear.together([query, key, value], x, step)
        if let angles {
            step.rope(parts[0], headWidth: headWidth, angles)
            step.rope(parts[1], headWidth: headWidth, angles)
        }
        output(sight.attention(parts[0], parts[1], parts[2], shape, before: output, step), addedTo: sum, step)
    }

    /// The width of a head as attention computes it: a multiple of 16.
    static func paddedWidth(_ width: Int) -> Int { (width + 15) / 16 * 16 }
}

/// `down(activation(up(x)))`.
struct TwoLayers: Sendable {
    let up: Linear
    let down: Linear
    let activation: PointActivation

    func callAsFunction(_ x: Tensor, _ step: Step) -> Tensor { down(up(x, step, activation: activation), step) }

    /// Adds the result to `sum` in place.
    func callAsFunction(_ x: Tensor, addedTo sum: Tensor, _ step: Step) {
        down(up(x, step, activation: activation), addedTo: sum, step)
    }
}
