import Foundation

/// The tiny CLIP and SigLIP of ModelsTests with a vocabulary of a few words.
public enum ContrastiveFolder {
    private static let words = ["this", "is", "a", "photo", "of", "cat", "dog", "house", "tree", "."]

    /// A folder of the tiny model's with a tokenizer: words from 20 on, 1 begins and `end` ends a text.
    public static func make(_ name: String, begin: Bool, end: Int) throws -> ScratchFolder {
        let scratch = try ScratchFolder(), source = goldens("ModelsTests").appending(path: "tiny/\(name)")
        for file in ["model.safetensors", "config.json"] {
            try FileManager.default.copyItem(
                at: source.appending(path: file), to: scratch.url.appending(path: file))
        }
        var vocabulary: [String: Int] = ["<unk>": 0, "<begin>": 1, "<end>": end]
        for (index, word) in words.enumerated() { vocabulary[word] = 20 + index }
        func added(_ text: String, _ id: Int) -> [String: Any] {
            [
                "id": id, "content": text, "special": true, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false,
            ]
        }
        let sequence: [String: Any] = ["Sequence": ["id": "A", "type_id": 0]]
        func special(_ text: String) -> [String: Any] { ["SpecialToken": ["id": text, "type_id": 0]] }
        let template = (begin ? [special("<begin>")] : []) + [sequence, special("<end>")]
        let tokenizer: [String: Any] = [
            "version": "1.0", "added_tokens": [added("<begin>", 1), added("<end>", end)],
            "normalizer": NSNull(), "pre_tokenizer": ["type": "Whitespace"],
            "post_processor": [
                "type": "TemplateProcessing", "single": template, "pair": template + [sequence],
                "special_tokens": [
                    "<begin>": ["id": "<begin>", "ids": [1], "tokens": ["<begin>"]],
                    "<end>": ["id": "<end>", "ids": [end], "tokens": ["<end>"]],
                ],
            ], "decoder": NSNull(),
            "model": ["type": "WordLevel", "vocab": vocabulary, "unk_token": "<unk>"],
        ]
        try JSONSerialization.data(withJSONObject: tokenizer)
            .write(to: scratch.url.appending(path: "tokenizer.json"))
        return scratch
    }
}
