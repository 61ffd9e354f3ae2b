import OrderedCollections
public import TuttiCheckpoints
import TuttiTensors
public import Foundation

extension Metadata {
    /// The tokenizer of a Hugging Face folder as GGUF keys; see ``TokenizerFolder/metadata()``.
    /// - Throws: `TokenizerFileError`.
    public static func tokenizer(from folder: URL) throws -> [String: MetadataValue] {
        try TokenizerFolder(folder).metadata().values
    }
}

extension TokenizerFolder {
    /// The tokenizer as GGUF keys.
    ///
    /// Those under `tokenizer.ggml`, which every reader of GGUF knows, where they can say what the file says; or else the
    /// whole file under `tokenizer.huggingface.json`, and `reason` tells why.
    /// - Throws: `TokenizerFileError` where the file itself is wrong.
    public func metadata() throws -> (values: [String: MetadataValue], reason: String?) {
        let json: JSON
        do {
            json = try JSON(parsing: tokenizerJSON, depth: 64, byteCount: TokenizerParts.mostBytes)
        } catch {
            throw TokenizerFileError.malformed(path: "the whole", message: "\(error)")
        }
        let root = JSONPlace(json)
        let parts = try TokenizerParts(root, configuration)
        var values = common(parts.vocabulary)
        do {
            let export = try TokenizerExport(root, parts)
            values.merge(try export.values()) { $1 }
            return (values, nil)
        } catch let error as TokenizerExport.Impossible {
            values[MetadataKeys.json] = .string(String(decoding: tokenizerJSON, as: UTF8.self))
            return (values, error.reason)
        }
    }

    private func common(_ vocabulary: Vocabulary) -> [String: MetadataValue] {
        var values: [String: MetadataValue] = [:]
        let tokens: [(String, Token?)] = [
            ("bos_token_id", vocabulary.bos), ("eos_token_id", vocabulary.eos),
            ("unknown_token_id", vocabulary.unknown),
            ("padding_token_id", vocabulary.padding),
        ]
        for (key, token) in tokens {
            if let token { values["tokenizer.ggml." + key] = .integer(Int64(token)) }
        }
        values["tokenizer.ggml.add_bos_token"] = .bool(vocabulary.addsBOS)
        values["tokenizer.ggml.add_eos_token"] = .bool(vocabulary.addsEOS)
        if vocabulary.endTokens.count > 1 {
            values["tokenizer.ggml.eos_token_ids"] = .integers(
                NumberTable(vocabulary.endTokens.sorted().lazy.map { Int64($0) }))
        }
        if let chatTemplate { values["tokenizer.chat_template"] = .string(chatTemplate) }
        return values
    }
}

/// Says with the keys under `tokenizer.ggml` what a `tokenizer.json` says.
private struct TokenizerExport {
    /// Why that cannot be.
    struct Impossible: Error { let reason: String }

    private let file: ModelJSON
    private let vocabulary: Vocabulary
    private let stages: TokenizerStages
    private let row: [PreTokenizer]
    private let added: [JSONPlace]

    init(_ root: JSONPlace, _ parts: TokenizerParts) throws {
        file = try ModelJSON(root.required("model"))
        vocabulary = parts.vocabulary
        stages = parts.stages
        row = try root["pre_tokenizer"].map { try PreTokenizer.row($0) } ?? []
        added = try root["added_tokens"]?.array() ?? []
    }

    private func require(_ condition: Bool, _ reason: String) throws {
        guard condition else { throw Impossible(reason: reason) }
    }

    func values() throws -> [String: MetadataValue] {
        for token in added {
            for flag in ["single_word", "lstrip", "rstrip"] {
                // What lstrip takes is lost in decoding too, so that a mask token may keep it.
                try require(
                    try token.flag(flag) == false || token["content"]?.json.string == "<mask>",
                    "an added token has the flag \(flag)")
            }
        }
        var values: [String: MetadataValue]
        switch vocabulary.model {
        case .byteLevel: values = try byteLevel()
        case .sentencePiece: values = try sentencePiece()
        case .wordPiece: values = try wordPiece()
        case .unigram: values = try unigram()
        case .bytePair, .wordLevel:
            throw Impossible(reason: "GGUF has no tokenizer of the kind \(file.kind.rawValue) without bytes")
        }
        values[MetadataKeys.model] = .string(vocabulary.model.rawValue)
        values[MetadataKeys.kinds] = .integers(NumberTable(kinds.lazy.map { Int64($0.rawValue) }))
        return values
    }

    private var kinds: [Vocabulary.Kind] {
        var kinds = vocabulary.kinds
        if vocabulary.model != .byteLevel, let unknown = vocabulary.unknown { kinds[Int(unknown)] = .unknown }
        return kinds
    }

    /// Texts as the file has them; ids that no token has get one that no text holds.
    private func texts(_ write: (Token, String) -> String = { $1 }) throws -> StringTable {
        var table = StringTable()
        var seen = Set<JSON.Key>(minimumCapacity: vocabulary.count)
        for i in vocabulary.kinds.indices {
            let token = Token(i)
            let text = vocabulary.isText(token) ? write(token, vocabulary.text(of: token)) : "[PAD\(i)]"
            try require(seen.insert(JSON.Key(text)).inserted, "two tokens would be written '\(text)'")
            table.append(text.utf8)
        }
        return table
    }

    // MARK: gpt2

    private func byteLevel() throws -> [String: MetadataValue] {
        guard case .published(let split, let addsPrefixSpace) = stages.cutting, case .bytePair(let model) = stages.model
        else {
            throw Impossible(reason: "its pre-tokenizer is none that GGUF has a name for")
        }
        try require(!addsPrefixSpace, "its pre-tokenizer puts a space before a text")
        try require(model.unknown == nil, "it has a token for unknown bytes")
        var normalizes = false
        switch stages.normalizer {
        case nil: break
        case .form(.nfc): normalizes = true
        default: throw Impossible(reason: "its normalizer is not NFC")
        }
        let names = [
            vocabulary.preTokenizerName, "gpt-2", "olmo", "smollm", "llama-bpe", "dbrx", "qwen2", "stablelm2", "qwen35",
            "gpt-4o", "tekken", "deepseek-v3", "deepseek-coder",
        ]
        let name = names.first {
            PublishedSplit(name: $0) == split && PublishedSplit.normalizes(name: $0) == normalizes
                && PublishedSplit.ignoresMerges(name: $0) == model.ignoresMerges
        }
        guard let name else {
            throw Impossible(
                reason: "no pre-tokenizer that GGUF names has these settings of normalizer and ignore_merges")
        }
        return [
            MetadataKeys.pre: .string(name), MetadataKeys.tokens: .strings(try texts()),
            MetadataKeys.merges: .strings(try merges()),
        ]
    }

    private func merges() throws -> StringTable {
        var table = StringTable()
        for item in file.place["merges"]?.json.array ?? [] {
            if let text = item.string {
                if !text.hasPrefix("#version") { table.append(text.utf8) }
            } else if let left = item[0]?.string, let right = item[1]?.string {
                try require(!left.utf8.contains(0x20) && !right.utf8.contains(0x20), "a merge holds a space")
                table.append((left + " " + right).utf8)
            }
        }
        return table
    }

    // MARK: llama

    private func sentencePiece() throws -> [String: MetadataValue] {
        guard case .bytePair(let model) = stages.model else { throw Impossible(reason: "it is no byte-pair encoding") }
        try require(!model.ignoresMerges, "it ignores merges")
        var addsPrefix = false
        let normalizers: [Normalizer] =
            switch stages.normalizer {
            case nil: []
            case .sequence(let stages)?: stages
            case let other?: [other]
            }
        var writesMarks = false
        for normalizer in normalizers {
            switch normalizer {
            case .prepend(let prefix) where prefix == Self.mark && !writesMarks: addsPrefix = true
            case .replace(.text(let text), let content) where text == [0x20] && content == Self.mark: writesMarks = true
            default: throw Impossible(reason: "its normalizer does more than write spaces as ▁")
            }
        }
        for stage in row {
            switch stage {
            // After the normalizer there is no space to split at.
            case .split(.text(let text), _, inverts: false) where text == [0x20] && writesMarks: break
            case .metaspace("▁", let scheme, splits: false) where scheme != .first:
                writesMarks = true
                addsPrefix = addsPrefix || scheme == .always
            default: throw Impossible(reason: "its pre-tokenizer is none that SentencePiece has")
            }
        }
        try require(writesMarks, "it does not write spaces as ▁")
        return [
            MetadataKeys.tokens: .strings(try texts()),
            MetadataKeys.scores: .floats(NumberTable(try scores(model.lexicon))),
            "tokenizer.ggml.add_space_prefix": .bool(addsPrefix),
        ]
    }

    /// Scores that let SentencePiece's rule, any two neighbours that are a token, do what the merges do.
    private func scores(_ lexicon: Lexicon) throws -> [Double] {
        var scores = [Double](repeating: 0, count: vocabulary.count)
        var merged = [Int](repeating: 0, count: vocabulary.count)
        var group = 0, last: Token = -1
        let merges = try merges()
        for i in 0..<merges.count {
            let bytes = Array(merges.bytes[merges.range(of: i)])
            guard let space = bytes.firstIndex(of: 0x20) else { continue }
            guard let token = lexicon.token(Array(bytes[..<space] + bytes[(space + 1)...])) else { continue }
            if token != last {
                try require(merged[Int(token)] == 0, "its merges are not in the order of tokens")
                group += 1
                last = token
                scores[Int(token)] = -Double(group)
            }
            merged[Int(token)] += 1
        }
        try require(group < 1 << 24, "it has more merges than scores can tell apart")
        for i in vocabulary.kinds.indices where vocabulary.kinds[i] == .normal {
            let range = lexicon.pieces.range(of: Token(i)), bytes = lexicon.pieces.bytes.span
            var ways = 0
            for middle in range.dropFirst() where bytes[middle] & 0xC0 != 0x80 {
                if isNormal(lexicon.token(bytes, range.lowerBound..<middle)),
                    isNormal(lexicon.token(bytes, middle..<range.upperBound))
                {
                    ways += 1
                }
            }
            try require(ways == merged[i], "its merges are not all the ways to make a token of two")
        }
        return scores
    }

    private func isNormal(_ token: Token?) -> Bool { token.map { vocabulary.kinds[Int($0)] == .normal } ?? false }

    private static let mark: [UInt8] = [0xE2, 0x96, 0x81]

    // MARK: bert

    private func wordPiece() throws -> [String: MetadataValue] {
        guard case .bert(let normalizer)? = stages.normalizer, normalizer.cleansText, normalizer.handlesIdeographs
        else {
            throw Impossible(reason: "its normalizer is not BERT's")
        }
        guard row.count == 1, case .bert = row[0] else { throw Impossible(reason: "its pre-tokenizer is not BERT's") }
        try require(
            file.place["continuing_subword_prefix"]?.json.string == "##", "tokens go on with other signs than ##")
        try require(file.place["max_input_chars_per_word"]?.json.int == 100, "words are not cut at 100 characters")
        guard let bos = vocabulary.bos, let eos = vocabulary.eos,
            stages.postProcessor?.joined([[-1]]) == [bos, -1, eos]
        else { throw Impossible(reason: "texts are not put between two tokens") }
        let tokens = try texts { token, text in
            if !isNormal(token) || token == vocabulary.unknown { return text }
            return text.hasPrefix("##") ? String(text.dropFirst(2)) : "▁" + text
        }
        return [
            MetadataKeys.tokens: .strings(tokens), "tokenizer.ggml.cls_token_id": .integer(Int64(bos)),
            "tokenizer.ggml.seperator_token_id": .integer(Int64(eos)),
            "tokenizer.ggml.normalizer.lowercase": .bool(normalizer.lowercases),
            "tokenizer.ggml.normalizer.strip_accents": .bool(normalizer.stripsAccents),
            "tokenizer.ggml.token_type_count": .integer(2),
        ]
    }

    // MARK: t5

    private func unigram() throws -> [String: MetadataValue] {
        try require(file.place["byte_fallback"]?.json.bool != true, "it spells unknown characters in bytes")
        var values: [String: MetadataValue] = [:]
        switch stages.normalizer {
        case nil: break
        case .precompiled(let map)?:
            values[MetadataKeys.characterMap] = .integers(NumberTable(map.bytes.lazy.map { Int64($0) }))
        default: throw Impossible(reason: "its normalizer is more than a precompiled character map")
        }
        guard row.count == 2, case .whitespaceSplit = row[0], case .metaspace("▁", .always, splits: true) = row[1]
        else {
            throw Impossible(reason: "its pre-tokenizer is none that SentencePiece has")
        }
        for i in vocabulary.kinds.indices where vocabulary.kinds[i] == .normal {
            try require(
                !vocabulary.text(of: Token(i)).unicodeScalars.dropFirst().contains("▁"), "a token spans several words")
        }
        var scores = file.scores
        scores += [Double](repeating: 0, count: max(0, vocabulary.count - scores.count))
        values[MetadataKeys.scores] = .floats(NumberTable(scores))
        values[MetadataKeys.tokens] = .strings(try texts())
        values["tokenizer.ggml.add_space_prefix"] = .bool(true)
        values["tokenizer.ggml.remove_extra_whitespaces"] = .bool(true)
        return values
    }
}
