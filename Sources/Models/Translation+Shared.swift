public import TuttiCheckpoints
import TuttiTensors

/// What most families' checkpoints have in common.
extension Translation {
    /// The sizes that every decoder's `config.json` gives under the same names.
    public static func describeSizes(_ config: HuggingFaceConfig, _ gguf: inout TranslatedMetadata) throws {
        let heads = try config.requiredSize("num_attention_heads", limit: 4096)
        gguf.set("block_count", try config.requiredSize("num_hidden_layers", limit: 1024))
        gguf.set("context_length", try config.size("max_position_embeddings", limit: 1 << 30) ?? 2048)
        gguf.set("embedding_length", try config.requiredSize("hidden_size"))
        gguf.set("feed_forward_length", try config.requiredSize("intermediate_size"))
        gguf.set("attention.head_count", heads)
        let shared = try config.size("num_key_value_heads", limit: 4096) ?? heads
        guard heads % shared == 0 else {
            throw config.wrong("num_key_value_heads", .integer(Int128(shared)), "a divisor of \(heads)")
        }
        gguf.set("attention.head_count_kv", shared)
        gguf.set("attention.key_length", try headWidth(config))
        gguf.set("attention.value_length", try headWidth(config))
        gguf.set("attention.layer_norm_rms_epsilon", try config.number("rms_norm_eps") ?? 1e-6)
        gguf.set("vocab_size", try config.size("vocab_size"))
    }

    /// The numbers of one head: `head_dim`, or an equal share of the hidden ones.
    static func headWidth(_ config: HuggingFaceConfig) throws -> Int {
        let heads = try config.requiredSize("num_attention_heads", limit: 4096)
        return try config.size("head_dim", limit: 4096) ?? max(1, config.requiredSize("hidden_size") / heads)
    }

    /// How many of the layers before it a layer of windowed attention sees, and which layers those are: `layer_types`, or
    /// what the family does without it.
    /// - Parameter isWindowed: Whether a layer has the window where `layer_types` does not say.
    public static func describeWindows(
        _ config: HuggingFaceConfig, _ gguf: inout TranslatedMetadata, isWindowed: (_ layer: Int) -> Bool
    ) throws {
        let layers = try config.requiredSize("num_hidden_layers", limit: 1024)
        var windowed = (0..<layers).map(isWindowed)
        if let types = try config.array("layer_types") {
            guard types.count == layers else {
                throw config.wrong("layer_types", .array(types), "a list of \(layers), one for each layer")
            }
            windowed = try types.map { type in
                switch type.string {
                case "sliding_attention": true
                case "full_attention": false
                default: throw config.wrong("layer_types", type, "a list of full_attention and sliding_attention")
                }
            }
        }
        if try config.bool("use_sliding_window") == false { return }
        guard windowed.contains(true), let window = try config.size("sliding_window", limit: 1 << 30) else { return }
        gguf.set("attention.sliding_window", window)
        gguf.set("attention.sliding_window_pattern", windowed)
    }

    // MARK: Tensors

    /// Llama's tensors, which most families' begin with.
    /// - Parameter neighbours: Whether queries and keys are stored with neighbouring pairs, as in llama's GGUF files.
    public static func llamaTensors(_ config: HuggingFaceConfig, neighbours: Bool = false) throws -> [TensorRule] {
        let layer = "model.layers.{layer}", block = "blk.{layer}"
        return try attentionTensors(config, neighbours: neighbours) + gatedTensors() + [
            TensorRule("\(layer).input_layernorm.weight", "\(block).attn_norm.weight"),
            TensorRule("\(layer).post_attention_layernorm.weight", "\(block).ffn_norm.weight"),
        ] + outerTensors()
    }

    /// What stands before and behind the blocks.
    public static func outerTensors() -> [TensorRule] {
        [
            TensorRule("model.embed_tokens.weight", "token_embd.weight"),
            TensorRule("model.norm.weight", "output_norm.weight"),
            TensorRule("lm_head.weight", "output.weight"),
        ]
    }

    /// Queries, keys, values and the output of attention, with norms on queries and keys where there are.
    public static func attentionTensors(_ config: HuggingFaceConfig, neighbours: Bool = false) throws -> [TensorRule] {
        let heads = try config.requiredSize("num_attention_heads", limit: 4096)
        let keyValueHeads = try config.size("num_key_value_heads", limit: 4096) ?? heads
        func pairs(_ heads: Int) -> TensorChange { neighbours ? .neighbouringPairs(heads: heads) : .none }
        let layer = "model.layers.{layer}.self_attn", block = "blk.{layer}"
        return ["weight", "bias"].flatMap { part in
            [
                TensorRule("\(layer).q_proj.\(part)", "\(block).attn_q.\(part)", pairs(heads)),
                TensorRule("\(layer).k_proj.\(part)", "\(block).attn_k.\(part)", pairs(keyValueHeads)),
                TensorRule("\(layer).v_proj.\(part)", "\(block).attn_v.\(part)"),
                TensorRule("\(layer).o_proj.\(part)", "\(block).attn_output.\(part)"),
            ]
        } + [
            TensorRule("\(layer).q_norm.weight", "\(block).attn_q_norm.weight"),
            TensorRule("\(layer).k_norm.weight", "\(block).attn_k_norm.weight"),
        ]
    }

    /// The gated feed-forward layer.
    public static func gatedTensors() -> [TensorRule] {
        let layer = "model.layers.{layer}.mlp", block = "blk.{layer}"
        return ["weight", "bias"].flatMap { part in
            [
                TensorRule("\(layer).gate_proj.\(part)", "\(block).ffn_gate.\(part)"),
                TensorRule("\(layer).up_proj.\(part)", "\(block).ffn_up.\(part)"),
                TensorRule("\(layer).down_proj.\(part)", "\(block).ffn_down.\(part)"),
            ]
        }
    }

    /// The experts of layers that have them, a matrix each in the folder and one stack in GGUF.
    /// - Parameters:
    ///   - part: What stands between the layer's name and the experts', such as `mlp`.
    ///   - names: What the gates, ups and downs are called.
    public static func expertTensors(_ part: String, _ names: (gate: String, up: String, down: String)) -> [TensorRule]
    {
        let layer = "model.layers.{layer}.\(part)", block = "blk.{layer}"
        return [
            TensorRule("\(layer).gate.weight", "\(block).ffn_gate_inp.weight"),
            TensorRule("\(layer).experts.{expert}.\(names.gate).weight", "\(block).ffn_gate_exps.weight", .stacked),
            TensorRule("\(layer).experts.{expert}.\(names.up).weight", "\(block).ffn_up_exps.weight", .stacked),
            TensorRule("\(layer).experts.{expert}.\(names.down).weight", "\(block).ffn_down_exps.weight", .stacked),
        ]
    }
}
