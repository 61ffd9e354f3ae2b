extension DecoderShape {
    /// About the most that one step's arena takes in bytes: what a block writes, and the logits of one row.
    ///
    /// Attention walks the cache page by page, so the length of the context is no part of it.
    /// - Parameters:
    ///   - rows: Tokens computed in one step.
    ///   - threads: Each gathers queries and widens float weights into memory of its own.
    public func scratchByteCount(rows: Int, threads: Int) -> Int {
        let queries = heads * headWidth, narrow = keyValueHeads * headWidth
        // Both halves of a block take the same memory: queries, their partial and whole attention, keys and values; or
        // gate and up. Beside them are the embeddings, the half's normalised input and its output, and the norm of that,
        // or an expert's share of it, which some families have.
        let half = max(3 * queries + 2 * narrow + 2 * heads + 2 * headWidth, 2 * feedForward)
        let floats = 5 * hidden + half
        // The input of one product at a time as bytes with scales, and room for a second rounding of it: 100 bytes for
        // 32 numbers.
        let rounded = max(hidden, queries, feedForward) * 25 / 8
        let own = 2 * 64 * 4 * headWidth + max(600_000, 2 * 16 * 4 * max(hidden, queries, feedForward))
        let byteCount = rows * (4 * floats + rounded) + threads * own + 4 * vocabulary
        // The arena's blocks are not filled to their last byte.
        return byteCount + byteCount / 8 + (8 << 20)
    }
}
