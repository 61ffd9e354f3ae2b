import TuttiCheckpoints
import TuttiText

/// Vocabularies of a few tokens, to break or to look into.
enum SmallVocabulary {
    /// Tokens a, b, c, ab, abc; é of two bytes; a special token and a user-defined one.
    static func byteLevel(_ change: (inout [String: MetadataValue]) -> Void = { _ in }) -> Metadata {
        let tokens = ["a", "b", "c", "Ġ", "ab", "abc", "Ã", "©", "Ã©", "<|im_end|>", "<tool>", "Ġa"]
        var values: [String: MetadataValue] = [
            "tokenizer.ggml.model": .string("gpt2"), "tokenizer.ggml.pre": .string("gpt-2"),
            "tokenizer.ggml.tokens": .strings(StringTable(tokens)),
            "tokenizer.ggml.token_type": .integers([1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 4, 1]),
            "tokenizer.ggml.merges": .strings(StringTable(["a b", "ab c", "Ã ©", "Ġ a"])),
            "tokenizer.ggml.eos_token_id": .integer(9),
        ]
        change(&values)
        return Metadata(values)
    }

    /// Letters, a word with the mark ▁, all bytes; `<unk>`, `<s>` and `</s>` as 0 to 2.
    static func sentencePiece(_ change: (inout [String: MetadataValue]) -> Void = { _ in }) -> Metadata {
        let tokens =
            ["<unk>", "<s>", "</s>"]
            + (0..<256).map { "<0x" + ($0 < 16 ? "0" : "") + String($0, radix: 16).uppercased() + ">" }
            + ["▁", "h", "i", "hi", "▁hi", "▁▁"]
        let kinds = [2, 3, 3] + [Int64](repeating: 6, count: 256) + [Int64](repeating: 1, count: 6)
        let scores = [Double](repeating: 0, count: 259) + [-10, -10, -10, -2, -1, -3]
        var values: [String: MetadataValue] = [
            "tokenizer.ggml.model": .string("llama"), "tokenizer.ggml.tokens": .strings(StringTable(tokens)),
            "tokenizer.ggml.token_type": .integers(NumberTable(kinds)),
            "tokenizer.ggml.scores": .floats(NumberTable(scores)),
        ]
        change(&values)
        return Metadata(values)
    }
}
