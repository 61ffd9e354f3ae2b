#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
import TuttiCheckpoints
public import TuttiTensors

/// BERT (arXiv:1810.04805, section 3): token, position and segment embeddings, then blocks of attention in both
/// directions and a feed-forward layer, each added to its input and normalised *afterwards*. MiniLM
/// (arXiv:2002.10957) and most small sentence encoders are of this kind.
public struct Bert: TextEncoder {
    public let shape: EncoderShape
    let words: EmbeddingTable
    let positions: EmbeddingTable
    /// The first segment's embedding: a text has no second one.
    let segment: [Float]
    let norm: LayerNorm
    let blocks: [Block]

    public func callAsFunction(_ texts: [[Token]], _ batch: Batch, _ step: Step) -> Tensor {
        let x = step.embed(texts.flatMap { $0 }, words)
        step.add(step.embed(batch.positions, positions), to: x)
        step.add(bias: segment, to: x)
        norm.inPlace(x, step)
        for block in blocks { block(x, batch, step) }
        return x
    }

    struct Block: Sendable {
        let query: Linear
        let key: Linear
        let value: Linear
        let output: Linear
        let attention: AttentionShape
        let attentionNorm: LayerNorm
        let up: Linear
        let down: Linear
        let outputNorm: LayerNorm

        /// Puts the block's output in the place of its input `x`, `[rows, hidden]`.
        func callAsFunction(_ x: Tensor, _ batch: Batch, _ step: Step) {
            step.frame {
                let parts = Linear.together([query, key, value], x, step)
                step.store(parts[1], parts[2], layer: 0, in: batch.sequences, batch.layout)
                let seen = step.attention(parts[0], layer: 0, over: batch.sequences, batch.layout, attention)
                step.add(output(seen, step), to: x)
            }
            attentionNorm.inPlace(x, step)
            step.frame {
                let wide = up(x, step)
                step.gelu(wide)
                step.add(down(wide, step), to: x)
            }
            outputNorm.inPlace(x, step)
        }
    }

    /// - Throws: `ModelError` or `CheckpointError`, naming the key or tensor that is missing or misshapen.
    public init(_ config: ConfigReader, _ weights: WeightReader) throws {
        let shape = try config.encoderShape(weights.file)
        let epsilon = try config.number("attention.layer_norm_epsilon")
        words = try weights.table("token_embd.weight", rows: shape.vocabulary, width: shape.hidden)
        positions = try weights.table("position_embd.weight", rows: shape.positions, width: shape.hidden)
        let segments = weights.file.tensor(named: "token_types.weight")?.shape.first ?? 1
        segment = Array(
            try weights.matrixValues("token_types.weight", rows: segments, columns: shape.hidden).prefix(shape.hidden))
        norm = try weights.layerNorm("token_embd_norm", width: shape.hidden, epsilon: epsilon)
        let square = (rows: shape.hidden, columns: shape.hidden)
        blocks = try (0..<shape.layers).map { layer in
            let block = "blk.\(layer)"
            func linear(_ name: String, _ size: (rows: Int, columns: Int)) throws -> Linear {
                try weights.linear("\(block).\(name)", rows: size.rows, columns: size.columns)
            }
            return Block(
                query: try linear("attn_q", square), key: try linear("attn_k", square),
                value: try linear("attn_v", square), output: try linear("attn_output", square),
                attention: AttentionShape(
                    heads: shape.heads, scale: 1 / sqrtf(Float(shape.headWidth)), isCausal: false),
                attentionNorm: try weights.layerNorm(
                    "\(block).attn_output_norm", width: shape.hidden, epsilon: epsilon),
                up: try linear("ffn_up", (shape.feedForward, shape.hidden)),
                down: try linear("ffn_down", (shape.hidden, shape.feedForward)),
                outputNorm: try weights.layerNorm(
                    "\(block).layer_output_norm", width: shape.hidden, epsilon: epsilon))
        }
        self.shape = shape
    }
}

extension Bert {
    static let family = EncoderFamily(
        "bert", modelTypes: ["bert"],
        Translation(
            architecture: "bert",
            describe: { config, gguf in
                gguf.set("block_count", try config.required("num_hidden_layers"))
                gguf.set("context_length", try config.required("max_position_embeddings"))
                gguf.set("embedding_length", try config.required("hidden_size"))
                gguf.set("feed_forward_length", try config.required("intermediate_size"))
                gguf.set("attention.head_count", try config.required("num_attention_heads"))
                gguf.set("attention.layer_norm_epsilon", try config.number("layer_norm_eps") ?? 1e-12)
                gguf.set("attention.causal", false)
                guard config["hidden_act"]?.string ?? "gelu" == "gelu" else {
                    throw CheckpointError.unsupported(file: config.file, "its `hidden_act` is not `gelu`")
                }
                try SentenceTransformer(config).describe(&gguf)
            },
            tensors: { _ in
                // Whole models carry a prefix, bare encoders do not.
                ["", "bert."].flatMap { prefix in Bert.tensors(prefix) }
            }
        ),
        make: { try Bert($0, $1) })

    private static func tensors(_ prefix: String) -> [TensorRule] {
        let layer = "\(prefix)encoder.layer.{layer}", block = "blk.{layer}"
        var rules = [
            TensorRule("\(prefix)embeddings.word_embeddings.weight", "token_embd.weight"),
            TensorRule("\(prefix)embeddings.position_embeddings.weight", "position_embd.weight"),
            TensorRule("\(prefix)embeddings.token_type_embeddings.weight", "token_types.weight"),
        ]
        for part in ["weight", "bias"] {
            rules += [
                TensorRule("\(prefix)embeddings.LayerNorm.\(part)", "token_embd_norm.\(part)"),
                TensorRule("\(layer).attention.self.query.\(part)", "\(block).attn_q.\(part)"),
                TensorRule("\(layer).attention.self.key.\(part)", "\(block).attn_k.\(part)"),
                TensorRule("\(layer).attention.self.value.\(part)", "\(block).attn_v.\(part)"),
                TensorRule("\(layer).attention.output.dense.\(part)", "\(block).attn_output.\(part)"),
                TensorRule("\(layer).attention.output.LayerNorm.\(part)", "\(block).attn_output_norm.\(part)"),
                TensorRule("\(layer).intermediate.dense.\(part)", "\(block).ffn_up.\(part)"),
                TensorRule("\(layer).output.dense.\(part)", "\(block).ffn_down.\(part)"),
                TensorRule("\(layer).output.LayerNorm.\(part)", "\(block).layer_output_norm.\(part)"),
            ]
        }
        return rules
    }
}
