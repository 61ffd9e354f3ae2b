import Foundation
import TestSupport
import Testing
import TuttiModels
import TuttiTensors

/// A `config.json` that lies: whatever it says, an error names what is wrong, at once and without much memory.
@Suite struct HostileConfigTests {
    struct Change: Sendable, CustomTestStringConvertible {
        let model: String
        let key: String
        /// JSON, or nil to leave the key out.
        let value: String?

        var testDescription: String { "\(model): \(key) = \(value ?? "nothing")" }

        /// Keys whose value must be a size.
        static let sizes = ["num_hidden_layers", "num_attention_heads", "hidden_size", "intermediate_size"]
        static let noSizes = [
            "0", "-1", "9223372036854775807", "1e300", "3.5", "\"64\"", "[64]", "{}", "true", "null", nil,
        ]

        static let all: [Change] =
            sizes.flatMap { key in noSizes.map { Change(model: "llama", key: key, value: $0) } }
            + [
                ("mixtral", "num_local_experts", ["0", "-4", "1000000000000", "1", "null"]),
                ("mixtral", "num_experts_per_tok", ["0", "-2", "5", "\"two\""]),
                ("qwen3_moe", "moe_intermediate_size", ["0", "25", "99999999999", "null"]),
                ("qwen3_moe", "num_experts_per_tok", ["7", "4611686018427387905"]),
                ("gpt_oss", "layer_types", ["[]", "[\"full_attention\"]", "[\"spiral\", \"full_attention\"]", "7"]),
                ("gpt_oss", "sliding_window", ["0", "-8", "1e18", "\"8\""]),
                ("gemma3_text", "query_pre_attn_scalar", ["0", "-24", "\"x\""]),
                ("gemma3_text", "head_dim", ["0", "-16", "17", "4096", "1e10"]),
                ("smollm3", "no_rope_layers", ["[1]", "[1, 2]", "[1, \"x\"]", "{}"]),
                ("granite", "attention_multiplier", ["-1", "0", "1e300", "\"x\""]),
                ("granite", "logits_scaling", ["0", "-3"]),
                ("llama", "num_key_value_heads", ["0", "3", "-1", "4294967296"]),
                ("llama", "rms_norm_eps", ["0", "-1", "1e300", "\"x\""]),
                ("llama", "max_position_embeddings", ["0", "-5", "1e30"]),
                ("llama", "rope_parameters", ["7", "\"default\""]),
                ("mistral", "sliding_window", ["0", "-1", "\"x\""]),
            ].flatMap { model, key, values in
                values.map { Change(model: model, key: key, value: $0 == "null" ? nil : $0) }
            }
    }

    private func refusal(_ name: String, _ change: (inout [String: Any]) throws -> Void) throws -> String {
        let tiny = try TinyModel(name), scratch = try ScratchFolder()
        let path = try tiny.copy(config: "config.json", into: scratch)
        let file = scratch.url.appending(path: "config.json")
        var config = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
        try change(&config)
        try JSONSerialization.data(withJSONObject: config).write(to: file)
        do {
            _ = try Registry.decoder(try Registry.open(path), pool: ComputePool(threads: 1))
            return ""
        } catch { return "\(error)" }
    }

    /// GGUF's word for a key of config.json, where the value is refused after translation.
    private static let words = [
        "num_key_value_heads": "head_count_kv", "head_dim": "key_length", "num_experts_per_tok": "expert_used_count",
        "rms_norm_eps": "rms_epsilon", "attention_multiplier": "attention.scale", "logits_scaling": "logit_scale",
        "hidden_size": "shape", "intermediate_size": "shape", "num_hidden_layers": "blk.",
        "moe_intermediate_size": "shape", "num_local_experts": "expert",
    ]

    @Test(arguments: Change.all) func isRefusedByName(change: Change) throws {
        let said = try refusal(change.model) { config in
            config[change.key] = try change.value.map {
                try JSONSerialization.jsonObject(with: Data($0.utf8), options: .fragmentsAllowed)
            }
        }
        #expect(said.contains(change.key) || said.contains(Self.words[change.key] ?? change.key), "\(said)")
    }

    @Test(arguments: [
        ("phi3", "long_factor", "[1, 2]"), ("phi3", "long_factor", "[1, 2, 3, 4, 5, 6, 7, 0]"),
        ("phi3", "short_factor", "[1, 2, 3, 4, 5, 6, 7, -8]"), ("phi3", "short_factor", "[1e300, 1, 1, 1, 1, 1, 1, 1]"),
        ("phi3", "short_factor", "\"x\""), ("phi3", "original_max_position_embeddings", "0"),
        ("phi3", "partial_rotary_factor", "0"), ("phi3", "partial_rotary_factor", "1e300"),
        ("phi3", "partial_rotary_factor", "-1"), ("llama", "factor", "0"), ("llama", "factor", "-8"),
        ("llama", "low_freq_factor", "4"), ("llama", "high_freq_factor", "1"), ("llama", "factor", "\"x\""),
        ("llama", "original_max_position_embeddings", "-1"), ("llama", "rope_theta", "0"),
        ("llama", "rope_theta", "1e300"),
        ("llama", "rope_type", "\"spiral\""), ("gpt_oss", "factor", "0"), ("gpt_oss", "beta_fast", "-1"),
        ("gpt_oss", "original_max_position_embeddings", "1e40"), ("gpt_oss", "truncate", "3"),
    ])
    func badRopeIsRefusedByName(model: String, key: String, value: String) throws {
        let said = try refusal(model) { config in
            var rope = config["rope_parameters"] as? [String: Any] ?? [:]
            rope[key] = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
            config["rope_parameters"] = rope
        }
        #expect(said.contains(key == "rope_type" ? "spiral" : key) || said.contains("_freq_factor"), "\(said)")
    }

    @Test func anUnknownFamilyIsToldWhichAreKnown() throws {
        let said = try refusal("llama") { $0["model_type"] = "perceptron" }
        #expect(said.contains("perceptron") && said.contains("gpt_oss") && said.contains("docs/guides/add-a-model.md"))
    }
}
