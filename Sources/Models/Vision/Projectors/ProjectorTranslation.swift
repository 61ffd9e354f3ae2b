import TuttiCheckpoints

/// How a family's projector files (llama.cpp's `mmproj`) read in the words of its Hugging Face folders, which its eyes
/// speak: the other way round than ``Translation``, with the same rules.
public struct ProjectorTranslation: Sendable {
    /// What `clip.projector_type` says.
    let type: String
    /// What `general.architecture` says of the language models that it belongs to; nil for any.
    let architecture: String?
    /// The tensor whose rows, or columns, are as many as the language model is wide.
    let output: (tensor: String, dimension: Int)
    /// `config.json`.
    let config: @Sendable (ProjectorSettings) throws -> JSON
    /// `preprocessor_config.json`, the pixels' scale aside.
    let pictures: @Sendable (ProjectorSettings) throws -> JSON
    /// The tensors, GGUF's names first.
    let tensors: @Sendable (ProjectorSettings) throws -> [TensorRule]
    /// What the language model's own file does not say of how it sees, under keys of its architecture.
    let decoder: @Sendable (HuggingFaceConfig) throws -> [String: MetadataValue]

    init(
        _ type: String, architecture: String? = nil, output: (tensor: String, dimension: Int),
        config: @escaping @Sendable (ProjectorSettings) throws -> JSON,
        pictures: @escaping @Sendable (ProjectorSettings) throws -> JSON,
        tensors: @escaping @Sendable (ProjectorSettings) throws -> [TensorRule],
        decoder: @escaping @Sendable (HuggingFaceConfig) throws -> [String: MetadataValue] = { _ in [:] }
    ) {
        (self.type, self.architecture, self.output) = (type, architecture, output)
        (self.config, self.pictures, self.tensors, self.decoder) = (config, pictures, tensors, decoder)
    }
}

extension TensorRule {
    /// The tensors of a CLIP or a SigLIP.
    /// - Parameter root: What stands before the names of `transformers`' `SiglipVisionTransformer` or
    ///   `CLIPVisionTransformer`.
    static func visionTransformer(_ root: String, _ settings: ProjectorSettings) -> [TensorRule] {
        let block = "v.blk.{layer}", layer = "\(root)encoder.layers.{layer}"
        var rules = [
            TensorRule("v.class_embd", "\(root)embeddings.class_embedding"),
            TensorRule("v.position_embd.weight", "\(root)embeddings.position_embedding.weight"),
        ]
        for part in ["weight", "bias"] {
            rules += [
                TensorRule("v.patch_embd.\(part)", "\(root)embeddings.patch_embedding.\(part)"),
                TensorRule("v.pre_ln.\(part)", "\(root)pre_layrnorm.\(part)"),
                TensorRule("\(block).ln1.\(part)", "\(layer).layer_norm1.\(part)"),
                TensorRule("\(block).attn_q.\(part)", "\(layer).self_attn.q_proj.\(part)"),
                TensorRule("\(block).attn_k.\(part)", "\(layer).self_attn.k_proj.\(part)"),
                TensorRule("\(block).attn_v.\(part)", "\(layer).self_attn.v_proj.\(part)"),
                TensorRule("\(block).attn_out.\(part)", "\(layer).self_attn.out_proj.\(part)"),
                TensorRule("\(block).ln2.\(part)", "\(layer).layer_norm2.\(part)"),
                TensorRule("\(block).\(settings.up).\(part)", "\(layer).mlp.fc1.\(part)"),
                TensorRule("\(block).\(settings.down).\(part)", "\(layer).mlp.fc2.\(part)"),
                TensorRule("v.post_ln.\(part)", "\(root)post_layernorm.\(part)"),
            ]
        }
        return rules
    }

    /// The tensors of Qwen2-VL's and Qwen2.5-VL's eyes.
    /// - Parameter feedForward: GGUF's names of the parts of a feed-forward layer, and theirs.
    static func qwen(_ feedForward: KeyValuePairs<String, String>) -> [TensorRule] {
        let block = "v.blk.{layer}", layer = "visual.blocks.{layer}"
        var rules = [
            TensorRule(["v.patch_embd.weight", "v.patch_embd.weight.1"], "visual.patch_embed.proj.weight", .frames)
        ]
        for part in ["weight", "bias"] {
            let attention = ["q", "k", "v"].map { "\(block).attn_\($0).\(part)" }
            rules += [
                TensorRule("\(block).ln1.\(part)", "\(layer).norm1.\(part)"),
                TensorRule(attention, "\(layer).attn.qkv.\(part)", .joined),
                TensorRule("\(block).attn_out.\(part)", "\(layer).attn.proj.\(part)"),
                TensorRule("\(block).ln2.\(part)", "\(layer).norm2.\(part)"),
            ]
            rules += feedForward.map { TensorRule("\(block).\($0).\(part)", "\(layer).mlp.\($1).\(part)") }
            rules += [
                TensorRule("v.post_ln.\(part)", "visual.merger.ln_q.\(part)"),
                TensorRule("mm.0.\(part)", "visual.merger.mlp.0.\(part)"),
                TensorRule("mm.2.\(part)", "visual.merger.mlp.2.\(part)"),
            ]
        }
        return rules
    }
}
