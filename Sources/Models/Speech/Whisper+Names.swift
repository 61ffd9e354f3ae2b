import TuttiCheckpoints

/// Whisper's tensors in three worlds: Hugging Face, CTranslate2, and OpenAI's own, which whisper.cpp's files speak.
enum WhisperNames {
    static func huggingFace(_ audioLayers: Int, _ textLayers: Int) -> [TensorRule] {
        // Whole models carry a prefix, bare ones do not.
        ["model.", ""].flatMap { prefix in
            let encoder = "\(prefix)encoder", decoder = "\(prefix)decoder"
            var rules = [
                TensorRule("\(encoder).embed_positions.weight", "enc.position_embd.weight"),
                TensorRule("\(decoder).embed_positions.weight", "dec.position_embd.weight"),
                TensorRule("\(decoder).embed_tokens.weight", "dec.token_embd.weight"),
            ]
            rules += parts("\(encoder).conv1", "enc.conv1") + parts("\(encoder).conv2", "enc.conv2")
            rules +=
                parts("\(encoder).layer_norm", "enc.output_norm") + parts("\(decoder).layer_norm", "dec.output_norm")
            func block(_ source: String, _ name: String, looksAtSound: Bool) -> [TensorRule] {
                func attention(_ part: String, _ own: String) -> [TensorRule] {
                    parts("\(source).\(part)_layer_norm", "\(name).\(own)_norm")
                        + parts("\(source).\(part).q_proj", "\(name).\(own)_q")
                        + parts("\(source).\(part).k_proj", "\(name).\(own)_k")
                        + parts("\(source).\(part).v_proj", "\(name).\(own)_v")
                        + parts("\(source).\(part).out_proj", "\(name).\(own)_output")
                }
                return attention("self_attn", "attn") + (looksAtSound ? attention("encoder_attn", "cross_attn") : [])
                    + parts("\(source).final_layer_norm", "\(name).ffn_norm")
                    + parts("\(source).fc1", "\(name).ffn_up") + parts("\(source).fc2", "\(name).ffn_down")
            }
            for layer in 0..<audioLayers {
                rules += block("\(encoder).layers.\(layer)", "enc.blk.\(layer)", looksAtSound: false)
            }
            for layer in 0..<textLayers {
                rules += block("\(decoder).layers.\(layer)", "dec.blk.\(layer)", looksAtSound: true)
            }
            return rules
        }
    }

    /// Queries, keys and values of one input lie one under the other there.
    static func cTranslate2(_ shape: WhisperShape) -> [TensorRule] {
        var rules = [
            TensorRule("encoder/position_encodings/encodings", "enc.position_embd.weight"),
            TensorRule("decoder/position_encodings/encodings", "dec.position_embd.weight"),
            TensorRule("decoder/embeddings/weight", "dec.token_embd.weight"),
        ]
        func norm(_ source: String, _ name: String) -> [TensorRule] {
            [TensorRule("\(source)/gamma", "\(name).weight"), TensorRule("\(source)/beta", "\(name).bias")]
        }
        func stacked(_ source: String, _ names: [String], rows: Int) -> [TensorRule] {
            names.enumerated().flatMap { place, name in
                ["weight", "bias"].map {
                    TensorRule("\(source)/\($0)", "\(name).\($0)", .rows(place * rows..<(place + 1) * rows))
                }
            }
        }
        func both(_ source: String, _ name: String) -> [TensorRule] {
            ["weight", "bias"].map { TensorRule("\(source)/\($0)", "\(name).\($0)") }
        }
        rules += both("encoder/conv1", "enc.conv1") + both("encoder/conv2", "enc.conv2")
        rules += norm("encoder/layer_norm", "enc.output_norm") + norm("decoder/layer_norm", "dec.output_norm")
        func block(_ source: String, _ name: String, width: Int) -> [TensorRule] {
            norm("\(source)/self_attention/layer_norm", "\(name).attn_norm")
                + stacked(
                    "\(source)/self_attention/linear_0", ["\(name).attn_q", "\(name).attn_k", "\(name).attn_v"],
                    rows: width)
                + both("\(source)/self_attention/linear_1", "\(name).attn_output")
                + norm("\(source)/ffn/layer_norm", "\(name).ffn_norm")
                + both("\(source)/ffn/linear_0", "\(name).ffn_up") + both("\(source)/ffn/linear_1", "\(name).ffn_down")
        }
        for layer in 0..<shape.audio.layers {
            rules += block("encoder/layer_\(layer)", "enc.blk.\(layer)", width: shape.audio.hidden)
        }
        for layer in 0..<shape.text.layers {
            let source = "decoder/layer_\(layer)", name = "dec.blk.\(layer)", width = shape.text.hidden
            rules += block(source, name, width: width)
            rules += norm("\(source)/attention/layer_norm", "\(name).cross_attn_norm")
            rules += both("\(source)/attention/linear_0", "\(name).cross_attn_q")
            rules += stacked(
                "\(source)/attention/linear_1", ["\(name).cross_attn_k", "\(name).cross_attn_v"], rows: width)
            rules += both("\(source)/attention/linear_2", "\(name).cross_attn_output")
        }
        return rules
    }

    static func openAI(_ audioLayers: Int, _ textLayers: Int) -> [TensorRule] {
        var rules = [
            TensorRule("encoder.positional_embedding", "enc.position_embd.weight"),
            TensorRule("decoder.positional_embedding", "dec.position_embd.weight"),
            TensorRule("decoder.token_embedding.weight", "dec.token_embd.weight"),
        ]
        rules += parts("encoder.conv1", "enc.conv1") + parts("encoder.conv2", "enc.conv2")
        rules += parts("encoder.ln_post", "enc.output_norm") + parts("decoder.ln", "dec.output_norm")
        func block(_ source: String, _ name: String, looksAtSound: Bool) -> [TensorRule] {
            func attention(_ part: String, _ own: String) -> [TensorRule] {
                parts("\(source).\(part)_ln", "\(name).\(own)_norm")
                    + parts("\(source).\(part).query", "\(name).\(own)_q")
                    + parts("\(source).\(part).key", "\(name).\(own)_k")
                    + parts("\(source).\(part).value", "\(name).\(own)_v")
                    + parts("\(source).\(part).out", "\(name).\(own)_output")
            }
            return attention("attn", "attn") + (looksAtSound ? attention("cross_attn", "cross_attn") : [])
                + parts("\(source).mlp_ln", "\(name).ffn_norm")
                + parts("\(source).mlp.0", "\(name).ffn_up") + parts("\(source).mlp.2", "\(name).ffn_down")
        }
        for layer in 0..<audioLayers {
            rules += block("encoder.blocks.\(layer)", "enc.blk.\(layer)", looksAtSound: false)
        }
        for layer in 0..<textLayers {
            rules += block("decoder.blocks.\(layer)", "dec.blk.\(layer)", looksAtSound: true)
        }
        return rules
    }

    /// A weight and its bias, which not all have.
    private static func parts(_ source: String, _ name: String) -> [TensorRule] {
        ["weight", "bias"].map { TensorRule("\(source).\($0)", "\(name).\($0)") }
    }
}
