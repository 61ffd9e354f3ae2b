import OrderedCollections
import TuttiCheckpoints

extension ProjectorTranslation {
    /// Idefics3's and SmolVLM's.
    static let idefics3 = ProjectorTranslation(
        "idefics3", output: ("mm.model.fc.weight", 0),
        config: { settings in
            [
                "model_type": "idefics3", "scale_factor": JSON(try settings.size("projector.scale_factor", limit: 64)),
                "vision_config": try settings.visionTransformer("idefics3_vision", gelu: "gelu_pytorch_tanh"),
            ]
        },
        pictures: { settings in
            // Older files do not tell the longest side; in all published models it is that of four tiles.
            let longest = try settings.size("preproc_image_size", default: 4 * settings.imageSide, limit: 1 << 16)
            return [
                "size": ["longest_edge": JSON(longest)],
                "max_image_size": ["longest_edge": JSON(settings.imageSide)],
            ]
        },
        tensors: { settings in
            TensorRule.visionTransformer("model.vision_model.", settings)
                + [TensorRule("mm.model.fc.weight", "model.connector.modality_projection.proj.weight")]
        })

    /// LLaVA's, of release 1.5 and of what is built like it. Their files end with the layer that is looked at.
    static let llava = ProjectorTranslation(
        "mlp", output: ("mm.2.weight", 0),
        config: { settings in
            let layers = settings.integers("feature_layer") ?? [settings.layers]
            guard layers.count == 1, let layer = layers.first, 0...settings.layers ~= layer else {
                throw settings.bad("feature_layer", "\(layers)", "one of \(settings.layers) layers")
            }
            guard settings.integers("image_grid_pinpoints") == nil else {
                throw CheckpointError.unsupported(
                    file: settings.file.path,
                    "it cuts pictures in tiles as LLaVA 1.6 (LLaVA-NeXT) does, which is not known; LLaVA 1.5 is")
            }
            let isCLIP = settings.file.tensor(named: "v.class_embd") != nil
            return [
                "model_type": "llava", "vision_feature_layer": JSON(layer), "projector_hidden_act": "gelu",
                "vision_feature_select_strategy": isCLIP ? "default" : "full",
                "vision_config": try settings.visionTransformer(
                    isCLIP ? "clip_vision_model" : "siglip_vision_model",
                    gelu: isCLIP ? "gelu" : "gelu_pytorch_tanh"),
            ]
        },
        pictures: { settings in
            let side = JSON(settings.imageSide)
            return ["size": ["shortest_edge": side], "crop_size": ["height": side, "width": side]]
        },
        tensors: { settings in
            var rules = TensorRule.visionTransformer("vision_tower.vision_model.", settings)
            for part in ["weight", "bias"] {
                rules += [
                    TensorRule("mm.0.\(part)", "multi_modal_projector.linear_1.\(part)"),
                    TensorRule("mm.2.\(part)", "multi_modal_projector.linear_2.\(part)"),
                ]
            }
            return rules
        })

    /// Gemma 3's. Pictures' tokens see each other both ways, which its language model does not say.
    static let gemma3 = ProjectorTranslation(
        "gemma3", architecture: "gemma3", output: ("mm.input_projection.weight", 1),
        config: { settings in
            let scale = try settings.size("projector.scale_factor", default: 4, limit: 64)
            let side = settings.imageSide / settings.patchSide / scale
            guard side > 0 else {
                throw settings.bad(
                    "projector.scale_factor", "\(scale)",
                    "at most the \(settings.imageSide / settings.patchSide) patches along a picture's side")
            }
            return [
                "model_type": "gemma3", "mm_tokens_per_image": JSON(side * side),
                "vision_config": try settings.visionTransformer("siglip_vision_model", gelu: "gelu_pytorch_tanh"),
            ]
        },
        pictures: { settings in
            ["size": ["height": JSON(settings.imageSide), "width": JSON(settings.imageSide)]]
        },
        tensors: { settings in
            TensorRule.visionTransformer("vision_tower.vision_model.", settings) + [
                TensorRule("mm.soft_emb_norm.weight", "multi_modal_projector.mm_soft_emb_norm.weight"),
                TensorRule("mm.input_projection.weight", "multi_modal_projector.mm_input_projection_weight"),
            ]
        },
        decoder: { config in
            try config.size("mm_tokens_per_image").map { ["attention.picture_tokens": .integer(Int64($0))] } ?? [:]
        })

    /// Qwen2-VL's.
    static let qwen2VL = ProjectorTranslation(
        "qwen2vl_merger", architecture: "qwen2vl", output: ("mm.2.weight", 0),
        config: { settings in
            guard settings.feedForward % settings.hidden == 0 else {
                throw CheckpointError.wrongShape(
                    file: settings.file.path, name: "v.blk.0.\(settings.up).weight",
                    shape: [settings.feedForward, settings.hidden], expected: [4 * settings.hidden, settings.hidden])
            }
            return [
                "model_type": "qwen2_vl",
                "vision_config": try settings.qwen([
                    "embed_dim": JSON(settings.hidden), "mlp_ratio": JSON(settings.feedForward / settings.hidden),
                    "hidden_act": .string(try settings.activation(gelu: "gelu")),
                ]),
            ]
        },
        pictures: { try $0.qwenPixels() },
        tensors: { TensorRule.qwen([$0.up: "fc1", $0.down: "fc2"]) })

    /// Qwen2.5-VL's.
    static let qwen25VL = ProjectorTranslation(
        "qwen2.5vl_merger", architecture: "qwen2vl", output: ("mm.2.weight", 0),
        config: { settings in
            // Of so many blocks the last sees all of a frame; 0 says that all blocks do.
            guard let period = settings.integer("n_wa_pattern") else {
                throw ModelError.missingKey("clip.vision.n_wa_pattern", file: settings.file.path)
            }
            guard 0...1024 ~= period else { throw settings.bad("n_wa_pattern", "\(period)", "a number of layers") }
            let whole = (0..<settings.layers).filter { period == 0 || $0 % period == period - 1 }
            return [
                "model_type": "qwen2_5_vl",
                "vision_config": try settings.qwen([
                    "hidden_size": JSON(settings.hidden), "intermediate_size": JSON(settings.feedForward),
                    "hidden_act": .string(try settings.activation(gelu: "gelu")),
                    "fullatt_block_indexes": .array(whole.map { JSON($0) }),
                    // What all published models have, and files do not tell.
                    "window_size": JSON(try settings.size("window_size", default: 112)), "tokens_per_second": 2,
                ]),
            ]
        },
        pictures: { try $0.qwenPixels() },
        tensors: { TensorRule.qwen(["ffn_gate": "gate_proj", $0.up: "up_proj", $0.down: "down_proj"]) })
}

extension ProjectorSettings {
    /// The `vision_config` of Qwen's eyes: what both generations have, and what is one's `own`.
    fileprivate func qwen(_ own: KeyValuePairs<JSON.Key, JSON>) throws -> JSON {
        var settings: OrderedDictionary<JSON.Key, JSON> = [
            "depth": JSON(layers), "num_heads": JSON(heads), "patch_size": JSON(patchSide), "temporal_patch_size": 2,
            "spatial_merge_size": JSON(try size("spatial_merge_size", default: 2, limit: 64)),
        ]
        for (key, value) in own { settings[key] = value }
        return .object(settings)
    }

    /// The pixels that a picture has at least and at most; those of the published models where the file does not say.
    fileprivate func qwenPixels() throws -> JSON {
        [
            "min_pixels": JSON(try size("image_min_pixels", default: 56 * 56, limit: 1 << 30)),
            "max_pixels": JSON(try size("image_max_pixels", default: 16_384 * 28 * 28, limit: 1 << 30)),
        ]
    }
}
