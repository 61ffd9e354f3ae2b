extension DecoderShape {
    /// About the most that one step's arena takes in bytes: what a block writes, and the logits of one row.
    ///
    /// Attention walks the cache page by page, so the length of the context is no part of it.
    /// - Parameters:
    ///   - rows: Tokens computed in one step.
    ///   - threads: Each widens float weights into memory of its own.
    public func scratchByteCount(rows: Int, threads: Int) -> Int {
        let queries = heads * headWidth, narrow = keyValueHeads * headWidth
        // The embeddings, the normalised inputs and the outputs of both halves, with the norms that some families have
        // behind them; queries, their partial and whole attention; keys and values; gate, up and their product.
        let floats = 8 * hidden + 3 * queries + 2 * narrow + 3 * feedForward + 2 * heads + 2 * headWidth
        // Inputs of the four products as bytes with scales, and room for a second rounding of all of them: 100 bytes
        // for 32 numbers.
        let rounded = (2 * hidden + queries + feedForward) * 25 / 8
        let widened = 4 * threads * max(400_000, 64 * max(hidden, queries, feedForward))
        let byteCount = rows * (4 * floats + rounded) + widened + 4 * vocabulary
        // The arena's blocks are not filled to their last byte.
        return byteCount + byteCount / 8 + (8 << 20)
    }
}
