import TuttiCheckpoints
import TuttiTensors

/// What a tokenizer is made of, read out of a file.
struct TokenizerParts: Sendable {
    var vocabulary: Vocabulary
    var stages: TokenizerStages
}

extension TokenizerParts {
    /// Reads a GGUF file's metadata.
    init(_ metadata: Metadata) throws {
        if metadata[MetadataKeys.model] == nil, let text = metadata.string(MetadataKeys.json) {
            try self.init(tokenizerJSON: text.utf8, try TokenizerConfiguration(metadata))
            return
        }
        let vocabulary = try Vocabulary(metadata)
        var stages: TokenizerStages
        switch vocabulary.model {
        case .byteLevel: stages = try Self.byteLevel(vocabulary, metadata)
        case .wordPiece: stages = try Self.wordPiece(vocabulary, metadata)
        case .unigram: stages = try Self.unigram(vocabulary, metadata)
        case .sentencePiece, .bytePair, .wordLevel: stages = try Self.sentencePiece(vocabulary, metadata)
        }
        let marks = Set(vocabulary.plainMarks)
        let entries = vocabulary.kinds.indices.compactMap { i -> AddedTokens.Entry? in
            let token = Token(i)
            switch vocabulary.kinds[i] {
            case .userDefined: return AddedTokens.Entry(token: token, text: Array(vocabulary.bytes(of: token)))
            case .control, .unknown:
                return AddedTokens.Entry(token: token, text: Array(vocabulary.bytes(of: token)), isSpecial: true)
            case .normal where marks.contains(token):
                return AddedTokens.Entry(token: token, text: Array(vocabulary.bytes(of: token)), isSpecial: true)
            default: return nil
            }
        }
        stages.added = AddedTokens(entries)
        self.init(vocabulary: vocabulary, stages: stages)
    }

    private static func byteLevel(_ vocabulary: Vocabulary, _ metadata: Metadata) throws -> TokenizerStages {
        let name = vocabulary.preTokenizerName
        guard let split = PublishedSplit(name: name) else {
            throw VocabularyError.unsupported(key: MetadataKeys.pre, value: name, known: "gpt-2, llama-bpe, qwen2 …")
        }
        let model = try BytePairEncoding(byteLevel: vocabulary, merges: metadata.strings(MetadataKeys.merges))
        var stages = TokenizerStages(model: .bytePair(model))
        stages.normalizer = PublishedSplit.normalizes(name: name) ? .form(.nfc) : nil
        stages.cutting = .published(split, addsPrefixSpace: false)
        return stages
    }

    /// SentencePiece's byte-pair encoding. Texts keep their spaces, and so does the vocabulary.
    private static func sentencePiece(_ vocabulary: Vocabulary, _ metadata: Metadata) throws -> TokenizerStages {
        let scores = try MetadataKeys(metadata).scores(count: vocabulary.count)
        var stages = TokenizerStages(model: .bytePair(BytePairEncoding(sentencePiece: vocabulary, scores: scores)))
        stages.normalizer = .spaces(
            SpaceNormalizer(
                addsPrefix: vocabulary.addsSpacePrefix,
                removesExtra: metadata.bool("tokenizer.ggml.remove_extra_whitespaces") ?? false))
        stages.decoding = .pieces(dropsFirstSpace: vocabulary.addsSpacePrefix)
        return stages
    }

    /// WordPiece as GGUF writes it: tokens that begin a word have a mark before them, those that go on with one nothing.
    private static func wordPiece(_ vocabulary: Vocabulary, _ metadata: Metadata) throws -> TokenizerStages {
        let words = vocabulary.kinds.indices.lazy.filter { vocabulary.kinds[$0] == .normal }.map { Token($0) }
        guard
            let model = WordPiece(
                vocabulary.lexicon, words: words, beginning: [0x20], prefix: [], unknown: vocabulary.unknown,
                longestWord: 100)
        else { throw VocabularyError.tooLarge(key: MetadataKeys.tokens, count: vocabulary.count) }
        var stages = TokenizerStages(model: .wordPiece(model))
        let lowercases = metadata.bool("tokenizer.ggml.normalizer.lowercase") ?? true
        stages.normalizer = .bert(
            BertNormalizer(
                stripsAccents: metadata.bool("tokenizer.ggml.normalizer.strip_accents") ?? lowercases,
                lowercases: lowercases))
        stages.cutting = .stages([.bert], keepsBytes: false)
        if let bos = vocabulary.bos, let eos = vocabulary.eos {
            stages.postProcessor = .bert(opening: bos, closing: eos)
        }
        stages.decoding = .pieces(dropsFirstSpace: true)
        return stages
    }

    /// Unigram: the character map, if there is one, then SentencePiece's spaces.
    private static func unigram(_ vocabulary: Vocabulary, _ metadata: Metadata) throws -> TokenizerStages {
        let scores = try MetadataKeys(metadata).scores(count: vocabulary.count)
        let words = vocabulary.kinds.indices.lazy.filter { vocabulary.kinds[$0] == .normal }.map { Token($0) }
        guard
            let model = Unigram(
                vocabulary.lexicon, words: words, scores: scores, unknown: vocabulary.unknown, byteTokens: nil)
        else { throw VocabularyError.tooLarge(key: MetadataKeys.tokens, count: vocabulary.count) }
        var stages = TokenizerStages(model: .unigram(model))
        var normalizers: [Normalizer] = []
        if let bytes = metadata.integers(MetadataKeys.characterMap), !bytes.isEmpty {
            guard let map = CharacterMap(bytes.map { UInt8(truncatingIfNeeded: $0) }) else {
                throw VocabularyError.malformed(key: MetadataKeys.characterMap)
            }
            normalizers.append(.precompiled(map))
        }
        normalizers.append(
            .spaces(
                SpaceNormalizer(
                    addsPrefix: vocabulary.addsSpacePrefix,
                    removesExtra: metadata.bool("tokenizer.ggml.remove_extra_whitespaces") ?? true)))
        stages.normalizer = .sequence(normalizers)
        stages.decoding = .pieces(dropsFirstSpace: vocabulary.addsSpacePrefix)
        return stages
    }
}
