import TuttiCheckpoints

/// What the files of the `sentence-transformers` library say of an encoder: how places are pooled, whether vectors are
/// scaled to length one, how long a text may be. A folder without them is pooled by the mean and scaled.
struct SentenceTransformer {
    private let config: HuggingFaceConfig

    init(_ config: HuggingFaceConfig) { self.config = config }

    func describe(_ gguf: inout TranslatedMetadata) throws {
        let modules = try config.companion("modules.json")?.array ?? []
        var pooling = 1, normalizes = modules.isEmpty
        for module in modules {
            let kind = module["type"]?.string ?? "", path = module["path"]?.string ?? ""
            if kind.hasSuffix(".Normalize") { normalizes = true }
            guard kind.hasSuffix(".Pooling"), let settings = try config.companion("\(path)/config.json") else {
                continue
            }
            switch (settings["pooling_mode_mean_tokens"]?.bool, settings["pooling_mode_cls_token"]?.bool) {
            case (true?, false?), (true?, nil): pooling = 1
            case (false?, true?), (nil, true?): pooling = 2
            default:
                throw CheckpointError.unsupported(
                    file: config.file,
                    "\(path)/config.json wants a pooling that is neither the mean nor the first token")
            }
        }
        gguf.set("pooling_type", pooling)
        gguf.set("normalize_embeddings", normalizes)
        gguf.set("max_sequence_length", try config.companion("sentence_bert_config.json")?["max_seq_length"]?.int)
    }
}
