public import TuttiTensors

/// Causal self-attention with grouped heads, rotary positions and, where the model has them, norms on queries and keys.
public struct SelfAttention: Sendable {
    let layer: Int
    let query: Linear
    let key: Linear
    let value: Linear
    let output: Linear
    let queryNorm: RMSNorm?
    let keyNorm: RMSNorm?
    let headWidth: Int
    let shape: AttentionShape

    /// What norms on queries and keys are taken over.
    public enum Norms: Sendable {
        /// Every head by itself: Qwen3, Gemma 3.
        case eachHead
        /// All heads at once: OLMo 2.
        case allHeads
    }

    /// - Parameter norms: How norms are taken if the file has them (`attn_q_norm`, `attn_k_norm`).
    public init(
        _ weights: WeightReader, layer: Int, _ decoder: DecoderShape, epsilon: Float, _ shape: AttentionShape,
        norms: Norms = .eachHead
    ) throws {
        let prefix = "blk.\(layer)"
        let width = decoder.heads * decoder.headWidth, narrow = decoder.keyValueHeads * decoder.headWidth
        if weights.contains("\(prefix).attn_qkv.weight") {
            let parts = try weights.parts(
                "\(prefix).attn_qkv", rows: [width, narrow, narrow], columns: decoder.hidden)
            (query, key, value) = (parts[0], parts[1], parts[2])
        } else {
            query = try weights.linear("\(prefix).attn_q", rows: width, columns: decoder.hidden)
            key = try weights.linear("\(prefix).attn_k", rows: narrow, columns: decoder.hidden)
            value = try weights.linear("\(prefix).attn_v", rows: narrow, columns: decoder.hidden)
        }
        output = try weights.linear("\(prefix).attn_output", rows: decoder.hidden, columns: width)
        func norm(_ name: String, _ all: Int) throws -> RMSNorm? {
            guard weights.contains("\(prefix).\(name).weight") else { return nil }
            return try weights.norm(
                "\(prefix).\(name)", width: norms == .eachHead ? decoder.headWidth : all, epsilon: epsilon)
        }
        queryNorm = try norm("attn_q_norm", width)
        keyNorm = try norm("attn_k_norm", narrow)
        self.layer = layer
        headWidth = decoder.headWidth
        self.shape = shape
    }

    /// Writes the rows' keys and values into the batch's pages.
    /// - Parameters:
    ///   - x: `[rows, hidden]`, normalised.
    ///   - angles: Nil for a layer without positions.
    public func callAsFunction(_ x: Tensor, _ batch: Batch, _ angles: RopeAngles?, _ step: Step) -> Tensor {
        let parts = Linear.together([query, key, value], x, step)
        let q = parts[0], k = parts[1], v = parts[2]
        queryNorm?.overHeads(q, step)
        keyNorm?.overHeads(k, step)
        if let angles {
            step.rope(q, headWidth: headWidth, angles)
            step.rope(k, headWidth: headWidth, angles)
        }
        step.store(k, v, layer: layer, in: batch.sequences, batch.layout)
        return output(step.attention(q, layer: layer, over: batch.sequences, batch.layout, shape), step)
    }
}
