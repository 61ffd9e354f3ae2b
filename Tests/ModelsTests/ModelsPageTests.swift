import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiModels

/// docs/reference/models.md is made of the registry and of what the tests compare.
@Suite struct ModelsPageTests {
    /// What the families are called, by their first `model_type`.
    private static let names = [
        "llama": "Llama 1 to 3, SmolLM2 and others of its shape", "mistral": "Mistral, Ministral", "mixtral": "Mixtral",
        "qwen2": "Qwen2, Qwen2.5", "qwen3": "Qwen3", "qwen3_moe": "Qwen3, mixture of experts",
        "gemma3_text": "Gemma 3, text", "phi3": "Phi-3, Phi-4", "smollm3": "SmolLM3", "granite": "Granite 3",
        "olmo2": "OLMo 2", "gpt_oss": "GPT-OSS", "bert": "BERT, MiniLM (embeddings)",
        "qwen2_vl": "Qwen2-VL, Qwen2.5-VL", "gemma": "Gemma, as PaliGemma's",
    ]

    /// Models that see, by the `model_type` of their folders.
    private static let seeing = [
        ("Idefics3, SmolVLM", ["idefics3", "smolvlm"]), ("LLaVA", ["llava"]), ("Qwen2-VL", ["qwen2_vl"]),
        ("Qwen2.5-VL", ["qwen2_5_vl"]), ("Gemma 3", ["gemma3"]), ("PaliGemma", ["paligemma"]),
    ]

    private func page() throws -> String {
        var lines = [
            "# Models by family", "",
            "Made by `UPDATE_SNAPSHOTS=1 swift test -c release --filter ModelsPageTests` from the registry and the tests.",
            "",
            "| family | `model_type` of a folder | architecture in GGUF | folder checked against | GGUF checked against |",
            "|---|---|---|---|---|",
        ]
        func row(_ architecture: String, _ modelTypes: [String], _ folder: String, _ file: String) throws {
            let name = try #require(Self.names[modelTypes[0]], "name the family of \(modelTypes[0]) above")
            let types = modelTypes.map { "`\($0)`" }.joined(separator: ", ")
            lines.append("| \(name) | \(types) | `\(architecture)` | \(folder) | \(file) |")
        }
        for family in Registry.families {
            guard let tiny = family.modelTypes.first(where: { TinyModel.decoders.contains($0) }) else {
                try row(
                    family.architecture, family.modelTypes, "`transformers`, with pictures",
                    "`transformers`, after conversion")
                continue
            }
            let file =
                TinyGGUFTests.variants.contains(tiny)
                ? "llama.cpp, on a variant that it knows" : "llama.cpp and `transformers`, the same weights"
            try row(family.architecture, family.modelTypes, "`transformers`, logits and greedy text", file)
        }
        for family in Registry.encoders {
            try row(
                family.architecture, family.modelTypes, "`transformers`, embeddings", "`transformers`, after conversion"
            )
        }
        lines += [
            "", "## Models that see", "",
            "What stands for a picture in the prompt is embeddings; the decoder is of one of the families above.", "",
            "| family | `model_type` of a folder | projector beside a GGUF file | who sees whom | positions |",
            "|---|---|---|---|---|",
        ]
        for (name, types) in Self.seeing {
            let golden = try #require(types.first { SeeingGolden.names.contains($0) }, "\(name) has no golden")
            let shape = try DecoderShape(
                try Registry.open(goldens("ModelsTests").appending(path: "tiny/\(golden)").path))
            let sight =
                switch shape.sight {
                case .causal: "each token those before it"
                case .eachPicture: "a picture's tokens each other, the rest those before it"
                case .prompt: "the whole prompt itself, the answer what is before it"
                }
            let family = Registry.visionFamilies.first { $0.modelTypes.contains(types[0]) }
            let projector = family?.projectorType.map { "`\($0)`" } ?? "llama.cpp has none"
            lines.append(
                "| \(name) | \(types.map { "`\($0)`" }.joined(separator: ", ")) | \(projector) | \(sight) | "
                    + (shape.hasGridPositions ? "time, height and width |" : "one after the other |"))
        }
        return
            (lines + [
                "",
                "A *folder* is a Hugging Face folder with `config.json` (as releases of `transformers` before and since 5 write it)",
                "and safetensors in F32, F16 or BF16; GPT-OSS also with its experts in MXFP4. A *GGUF* file may hold any of the types",
                "that `tutti quantize` writes, and some more. Every folder is also converted to GGUF and compared again. Pairs of",
                "a GGUF file and a projector are converted by llama.cpp (`scripts/goldens/make_pairs.py`) and compared with",
                "`transformers` on the numbers in them: [pictures](../guides/vision.md#models-of-two-gguf-files).",
                "",
                "*Checked* means: a random checkpoint of the family, small enough to be committed, gives the same logits within 1e-4",
                "(1e-3 against llama.cpp) in float32 and goes on with the same 32 tokens. llama.cpp cannot be told everything that",
                "`config.json` can say; `scripts/goldens/make_tiny_gguf.py` lists, for each variant, what was left out. Larger models",
                "of Llama, Qwen2 and Gemma 3 are compared on real weights, too (`Tests/ModelsTests/ParityTests.swift`).",
                "",
                "[How a family is added](../guides/add-a-model.md).", "",
            ]).joined(separator: "\n")
    }

    @Test func thePageIsOfToday() throws {
        let file = repository.appending(path: "docs/reference/models.md"), page = try page()
        if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] != nil {
            try page.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == page)
    }
}
