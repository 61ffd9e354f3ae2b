import TuttiCheckpoints
import TuttiTensors

/// What most families' checkpoints have in common.
extension Translation {
    /// The sizes that every decoder's `config.json` gives under the same names.
    static func describeSizes(_ config: HuggingFaceConfig, _ gguf: inout TranslatedMetadata) throws {
        let heads = try config.required("num_attention_heads")
        gguf.set("block_count", try config.required("num_hidden_layers"))
        gguf.set("context_length", try config.integer("max_position_embeddings") ?? 2048)
        gguf.set("embedding_length", try config.required("hidden_size"))
        gguf.set("feed_forward_length", try config.required("intermediate_size"))
        gguf.set("attention.head_count", heads)
        gguf.set("attention.head_count_kv", try config.integer("num_key_value_heads") ?? heads)
        gguf.set("attention.key_length", try config.integer("head_dim"))
        gguf.set("attention.value_length", try config.integer("head_dim"))
        gguf.set("attention.layer_norm_rms_epsilon", try config.number("rms_norm_eps"))
        gguf.set("vocab_size", try config.integer("vocab_size"))
    }

    /// Rotary positions and how they are stretched, as far as GGUF has keys for it.
    static func describeRope(_ config: HuggingFaceConfig, _ gguf: inout TranslatedMetadata) throws {
        let rope = try config.rope()
        gguf.set("rope.freq_base", try rope.number("rope_theta") ?? 10_000)
        switch rope.type {
        case "default", "llama3": break  // llama3 is a tensor of divisors
        case "linear":
            gguf.set("rope.scaling.type", "linear")
            gguf.set("rope.scaling.factor", try rope.required("factor"))
        case "yarn":
            gguf.set("rope.scaling.type", "yarn")
            gguf.set("rope.scaling.factor", try rope.required("factor"))
            gguf.set(
                "rope.scaling.original_context_length",
                try rope.integer("original_max_position_embeddings")
                    ?? config.integer("max_position_embeddings"))
            gguf.set("rope.scaling.yarn_beta_fast", try rope.number("beta_fast"))
            gguf.set("rope.scaling.yarn_beta_slow", try rope.number("beta_slow"))
        default:
            throw CheckpointError.unsupported(
                file: config.file, "its rope is of the type `\(rope.type)`, which is not known for this family")
        }
    }

    /// Llama's tensors, which most families' begin with.
    /// - Parameter neighbours: Whether queries and keys are stored with neighbouring pairs, as in llama's GGUF files.
    static func llamaTensors(_ config: HuggingFaceConfig, neighbours: Bool = false) throws -> [TensorRule] {
        let heads = try config.required("num_attention_heads")
        let keyValueHeads = try config.integer("num_key_value_heads") ?? heads
        func pairs(_ heads: Int) -> TensorChange { neighbours ? .neighbouringPairs(heads: heads) : .none }
        let layer = "model.layers.{layer}", block = "blk.{layer}"
        var rules = [
            TensorRule("model.embed_tokens.weight", "token_embd.weight"),
            TensorRule("\(layer).input_layernorm.weight", "\(block).attn_norm.weight"),
        ]
        for part in ["weight", "bias"] {
            rules += [
                TensorRule("\(layer).self_attn.q_proj.\(part)", "\(block).attn_q.\(part)", pairs(heads)),
                TensorRule("\(layer).self_attn.k_proj.\(part)", "\(block).attn_k.\(part)", pairs(keyValueHeads)),
                TensorRule("\(layer).self_attn.v_proj.\(part)", "\(block).attn_v.\(part)"),
                TensorRule("\(layer).self_attn.o_proj.\(part)", "\(block).attn_output.\(part)"),
                TensorRule("\(layer).mlp.gate_proj.\(part)", "\(block).ffn_gate.\(part)"),
                TensorRule("\(layer).mlp.up_proj.\(part)", "\(block).ffn_up.\(part)"),
                TensorRule("\(layer).mlp.down_proj.\(part)", "\(block).ffn_down.\(part)"),
            ]
        }
        return rules + [
            TensorRule("\(layer).post_attention_layernorm.weight", "\(block).ffn_norm.weight"),
            TensorRule("model.norm.weight", "output_norm.weight"),
            TensorRule("lm_head.weight", "output.weight"),
        ]
    }

    /// Llama 3.1's stretched positions as GGUF has them: a divisor for each pair's frequency.
    static func llama3Divisors(_ config: HuggingFaceConfig) throws -> [(name: String, values: [Float])] {
        let rope = try config.rope()
        guard rope.type == "llama3" else { return [] }
        let heads = try config.required("num_attention_heads")
        let width = try config.integer("head_dim") ?? config.required("hidden_size") / max(1, heads)
        guard (2...4096).contains(width), let context = try rope.integer("original_max_position_embeddings") else {
            throw CheckpointError.malformed(
                file: config.file, "its rope needs a head_dim up to 4096 and original_max_position_embeddings")
        }
        let plain = RotaryEmbedding(
            base: Float(try rope.number("rope_theta") ?? 10_000), rotated: width, pairs: .halves)
        let scaled = RotaryEmbedding(
            base: Float(try rope.number("rope_theta") ?? 10_000), rotated: width, pairs: .halves,
            scaling: .llama3(
                factor: Float(try rope.required("factor")),
                lowFrequencyFactor: Float(try rope.required("low_freq_factor")),
                highFrequencyFactor: Float(try rope.required("high_freq_factor")),
                originalContext: context))
        return [("rope_freqs.weight", zip(plain.frequencies, scaled.frequencies).map { $0 / $1 })]
    }
}
