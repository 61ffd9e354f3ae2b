public import TuttiCheckpoints
import TuttiTensors

extension Vocabulary {
    /// Reads a vocabulary out of a GGUF file's metadata.
    /// - Throws: `VocabularyError`: what is missing, contradicts itself, or is not known here.
    /// - Complexity: Linear in the vocabulary's size: 150,000 tokens take some 10 ms.
    public init(_ metadata: Metadata) throws {
        if metadata[MetadataKeys.model] == nil, metadata[MetadataKeys.json] != nil {
            self = try TokenizerParts(metadata).vocabulary
            return
        }
        let model = try Self.model(metadata)
        let keys = MetadataKeys(metadata)
        guard let texts = metadata.strings(MetadataKeys.tokens) else {
            throw VocabularyError.missing(key: MetadataKeys.tokens)
        }
        guard texts.count > 0 else { throw VocabularyError.missing(key: MetadataKeys.tokens) }
        guard texts.count < 1 << 28 else {
            throw VocabularyError.tooLarge(key: MetadataKeys.tokens, count: texts.count)
        }
        guard texts.bytes.count < 1 << 31 else {
            throw VocabularyError.tooLarge(key: MetadataKeys.tokens, count: texts.bytes.count)
        }
        let kinds = try keys.kinds(count: texts.count)
        let tokens = try TokenIndex(model: model, texts: texts, kinds: kinds)

        let name = metadata.string(MetadataKeys.pre) ?? "default"
        guard model != .byteLevel || PublishedSplit(name: name) != nil else {
            throw VocabularyError.unsupported(key: MetadataKeys.pre, value: name, known: "gpt-2, llama-bpe, qwen2 …")
        }
        self.model = model
        preTokenizerName = name
        self.texts = texts
        self.kinds = kinds
        pieces = tokens.pieces
        lexicon = Lexicon(table: tokens.words, pieces: tokens.pieces)
        specials = tokens.specials

        // What files leave out when it is as in the model that the kind comes from.
        let standard = StandardTokens(model)
        func token(_ key: String, _ standard: Token?) throws -> Token? {
            try keys.token(key, count: texts.count) ?? standard.flatMap { Int($0) < texts.count ? $0 : nil }
        }
        bos = try token("bos_token_id", standard.bos) ?? token("cls_token_id", nil)
        eos = try token("eos_token_id", standard.eos) ?? token("seperator_token_id", standard.separator)
        unknown = try token("unknown_token_id", standard.unknown)
        padding = try token("padding_token_id", standard.padding)
        addsBOS = metadata.bool("tokenizer.ggml.add_bos_token") ?? (standard.addsBOS || Self.addsBOS(name))
        addsEOS =
            metadata.bool("tokenizer.ggml.add_eos_token") ?? metadata.bool("tokenizer.ggml.add_sep_token")
            ?? standard.addsEOS
        addsSpacePrefix =
            (model == .sentencePiece || model == .unigram) && metadata.bool("tokenizer.ggml.add_space_prefix") ?? true
        endTokens = try Self.endTokens(keys, eos: eos, tokens: tokens, texts: texts)
    }

    /// Special tokens and settings of the model that a kind of vocabulary comes from.
    private struct StandardTokens {
        var bos: Token?, eos: Token?, separator: Token?, unknown: Token?, padding: Token?
        var addsBOS = false, addsEOS = false

        init(_ model: Model) {
            switch model {
            case .sentencePiece: (bos, eos, unknown, addsBOS) = (1, 2, 0, true)
            case .wordPiece: (bos, separator, unknown, padding, addsBOS, addsEOS) = (101, 102, 100, 0, true, true)
            case .unigram: (eos, unknown, padding, addsEOS) = (1, 2, 0, true)
            case .byteLevel, .bytePair, .wordLevel: break
            }
        }
    }

    /// Normal tokens whose text says that they are special (`</s>`, `<|im_end|>` in files that were converted carelessly):
    /// they are found in text where special tokens are.
    var plainMarks: [Token] {
        (Self.endTexts + ["</s>"]).compactMap { text in
            guard let token = lexicon.token(text), texts[Int(token)] == text, kinds[Int(token)] == .normal else {
                return nil
            }
            return token
        }
    }

    private static func model(_ metadata: Metadata) throws -> Model {
        guard let name = metadata.string(MetadataKeys.model) else {
            throw VocabularyError.missing(key: MetadataKeys.model)
        }
        guard let model = Model(rawValue: name), model != .bytePair, model != .wordLevel else {
            throw VocabularyError.unsupported(key: MetadataKeys.model, value: name, known: "gpt2, llama, bert, t5")
        }
        return model
    }

    /// Families whose tokenizers put `bos` first though older files do not say so.
    private static func addsBOS(_ preTokenizer: String) -> Bool {
        ["llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "tekken"]
            .contains(preTokenizer)
    }

    /// Texts by which tokens that end a turn are known where no key names them. `</s>` is not here, because
    /// vocabularies also hold it as HTML: it ends a text only where a key says so.
    static let endTexts = [
        "<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<|end_of_text|>", "<end_of_turn>",
        "<|return|>", "<|call|>", "<turn|>", "<EOT>", "_<EOT>", "[EOT]", "< EOT >", "<|eot|>",
        "<｜end▁of▁sentence｜>", "<end_of_utterance>", "<|end_of_turn|>", "<|END_OF_TURN_TOKEN|>",
    ]

    private static func endTokens(
        _ keys: MetadataKeys, eos: Token?, tokens: TokenIndex, texts: StringTable
    ) throws -> Set<Token> {
        var found = Set<Token>()
        if let eos { found.insert(eos) }
        for key in ["eot_token_id", "eom_token_id"] {
            if let token = try keys.token(key, count: texts.count) { found.insert(token) }
        }
        for id in keys.metadata.integers("tokenizer.ggml.eos_token_ids") ?? [] {
            found.insert(try MetadataKeys.checked(id, "eos_token_ids", count: texts.count))
        }
        return found.union(
            endTokens { text in
                guard let token = tokens.specials[text] ?? tokens.word(text), texts[Int(token)] == text else {
                    return nil
                }
                return token
            })
    }

    /// The tokens that are known by their texts to end a turn.
    static func endTokens(_ token: (String) -> Token?) -> Set<Token> {
        var found = Set(endTexts.compactMap(token))
        // Harmony: `<|end|>` ends a message, and the answer goes on with another one.
        if token("<|return|>") != nil, token("<|call|>") != nil, let end = token("<|end|>") { found.remove(end) }
        return found
    }
}

/// The keys under `tokenizer.ggml`, checked.
struct MetadataKeys {
    let metadata: Metadata
    static let model = "tokenizer.ggml.model"
    static let pre = "tokenizer.ggml.pre"
    static let tokens = "tokenizer.ggml.tokens"
    static let kinds = "tokenizer.ggml.token_type"
    static let scores = "tokenizer.ggml.scores"
    static let merges = "tokenizer.ggml.merges"
    static let characterMap = "tokenizer.ggml.precompiled_charsmap"
    /// A whole `tokenizer.json`, where no other key can say what is in it.
    static let json = "tokenizer.huggingface.json"

    init(_ metadata: Metadata) { self.metadata = metadata }

    /// The id under a key, if there is one. 2³² − 1 means none in some files.
    func token(_ name: String, count: Int) throws -> Token? {
        guard case .integer(let id)? = metadata["tokenizer.ggml." + name] else { return nil }
        return id == 0xFFFF_FFFF || id == -1 ? nil : try Self.checked(id, name, count: count)
    }

    static func checked(_ id: Int64, _ name: String, count: Int) throws -> Token {
        guard id >= 0, id < count else {
            throw VocabularyError.outOfRange(key: "tokenizer.ggml." + name, value: id, count: count)
        }
        return Token(id)
    }

    /// The kind of each token; all normal if the file does not say.
    func kinds(count: Int) throws -> [Vocabulary.Kind] {
        guard let values = metadata.integers(Self.kinds) else {
            return [Vocabulary.Kind](repeating: .normal, count: count)
        }
        guard values.count == count else {
            throw VocabularyError.wrongCount(key: Self.kinds, has: values.count, needs: count)
        }
        var kinds: [Vocabulary.Kind] = []
        kinds.reserveCapacity(count)
        for (i, value) in values.enumerated() {
            // 0 is "undefined", which no writer means.
            guard let kind = Vocabulary.Kind(rawValue: UInt8(exactly: value == 0 ? 1 : value) ?? 0) else {
                throw VocabularyError.unknownKind(token: Token(i), value: value)
            }
            kinds.append(kind)
        }
        return kinds
    }

    /// The score of each token: the higher, the sooner it is merged.
    func scores(count: Int) throws -> [Double] {
        let scores: [Double]
        switch metadata[Self.scores] {
        case .floats(let values): scores = Array(values)
        case .integers(let values): scores = values.map(Double.init)
        default: throw VocabularyError.missing(key: Self.scores)
        }
        guard scores.count == count else {
            throw VocabularyError.wrongCount(key: Self.scores, has: scores.count, needs: count)
        }
        return scores
    }
}

/// What tokens stand for, and the ways back.
private struct TokenIndex {
    var pieces = Pieces()
    var words: TokenTable
    var specials: [String: Token] = [:]

    init(model: Vocabulary.Model, texts: StringTable, kinds: [Vocabulary.Kind]) throws {
        words = TokenTable(count: texts.count)
        pieces.reserveCapacity(tokens: texts.count, bytes: texts.bytes.count)
        for i in kinds.indices {
            let token = Token(i), range = texts.range(of: i)
            switch kinds[i] {
            case .normal:
                let isPlain = appendWord(model, texts, range)
                pieces.endPiece()
                try insertWord(token, texts, isPlain: isPlain)
            case .byte:
                if let byte = Self.byte(texts.bytes[range]) {
                    pieces.append(byte)
                } else {
                    pieces.append(contentsOf: texts.bytes[range])
                }
                pieces.endPiece()
            case .unused: pieces.endPiece()
            case .control, .userDefined, .unknown:
                pieces.append(contentsOf: texts.bytes[range])
                pieces.endPiece()
            }
            if kinds[i] != .normal, let first = specials.updateValue(token, forKey: texts[i]) {
                throw VocabularyError.duplicate(text: texts[i], first: first, second: token)
            }
        }
    }

    /// Appends what a normal token stands for. False: it is not written in the vocabulary's own alphabet.
    private mutating func appendWord(_ model: Vocabulary.Model, _ texts: StringTable, _ range: Range<Int>) -> Bool {
        let bytes = texts.bytes
        switch model {
        case .byteLevel:
            if ByteLevelAlphabet.append(bytes.span, range, to: &pieces) { return true }
            pieces.append(contentsOf: bytes[range])
            return false
        default:
            SpaceNormalizer.appendUnescaped(bytes.span, range) { pieces.append($0) }
            return true
        }
    }

    private mutating func insertWord(_ token: Token, _ texts: StringTable, isPlain: Bool) throws {
        guard let other = words.insert(token, in: pieces) else { return }
        // Two spellings of the same bytes: the vocabulary's own alphabet counts.
        if texts.bytes[texts.range(of: Int(other))] == texts.bytes[texts.range(of: Int(token))] {
            throw VocabularyError.duplicate(text: texts[Int(token)], first: other, second: token)
        }
        if isPlain { words.replace(by: token, in: pieces) }
    }

    /// The normal token that stands for `text`.
    func word(_ text: String) -> Token? {
        let bytes = Array(text.utf8)
        return words.token(bytes.span, 0..<bytes.count, in: pieces)
    }

    /// The byte that `<0x0A>` names.
    private static func byte(_ text: ArraySlice<UInt8>) -> UInt8? {
        guard text.count == 6, text.starts(with: "<0x".utf8), text.last == UInt8(ascii: ">") else { return nil }
        return UInt8(String(decoding: text.dropFirst(3).dropLast(), as: UTF8.self), radix: 16)
    }
}
