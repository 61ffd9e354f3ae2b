import TuttiCheckpoints
import TuttiTensors

extension TokenizerParts {
    /// The largest `tokenizer.json` that is read, in bytes.
    static let mostBytes = 256 << 20
    /// The longest added token, in bytes: looking for them takes the text's length times this at worst.
    private static let longestAdded = 1024

    /// Reads a `tokenizer.json`, as `tokenizers` 0.23 does.
    init(tokenizerJSON bytes: some Sequence<UInt8>, _ configuration: TokenizerConfiguration) throws {
        let json: JSON
        do {
            json = try JSON(parsing: bytes, depth: 64, byteCount: Self.mostBytes)
        } catch {
            throw TokenizerFileError.malformed(path: "the whole", message: "\(error)")
        }
        try self.init(JSONPlace(json), configuration)
    }

    init(_ root: JSONPlace, _ configuration: TokenizerConfiguration) throws {
        try root.object()
        if let version = root["version"], try version.string() != "1.0" {
            throw TokenizerFileError.unsupported(path: "version", value: try version.string(), known: "1.0")
        }
        let file = try ModelJSON(root.required("model"))
        let added = try Self.addedTokens(root, file)
        let normalizer = try root["normalizer"].map { try Normalizer($0) }
        let row = try root["pre_tokenizer"].map { try PreTokenizer.row($0) } ?? []
        let decoders = try root["decoder"].map { try TokenDecoder.row($0) }

        // Ids and texts.
        var table = TextTable(count: max(file.entries.map(\.id).max() ?? -1, added.map(\.id).max() ?? -1) + 1)
        for (text, id) in file.entries {
            guard table.set(id, text) else {
                throw file.place.malformed("id \(id) is that of two tokens, '\(text)' is one of them")
            }
        }
        // What the model looks up: an added token may have taken over the id of one of its tokens.
        let modelTexts = table.texts
        let modelWords = file.entries.map { Token($0.id) }
        for token in added { table.replace(token.id, token.text) }
        let texts = table.texts

        let keepsBytes: Bool
        if case .byteLevel? = row.last, file.canKeepBytes, !Self.writesLetters(normalizer),
            !Self.writesLetters(row.dropLast())
        {
            keepsBytes = true
        } else {
            keepsBytes = false
        }
        var isWord = [Bool](repeating: false, count: modelTexts.count)
        for token in modelWords { isWord[Int(token)] = true }
        let lexicon = Lexicon(Pieces(modelTexts)) { isWord[Int($0)] }
        let model = try file.model(lexicon, words: modelWords, keepsBytes: keepsBytes)
        var stages = TokenizerStages(model: model)
        stages.normalizer = normalizer
        let name = PublishedSplit.name(of: row)
        stages.cutting = WordCutting(row, published: name.flatMap { PublishedSplit(name: $0) }, keepsBytes: keepsBytes)

        // Added tokens, as they are looked for and as they are shown.
        var shown: [Token: String] = [:], entries: [AddedTokens.Entry] = [], normalized: [AddedTokens.Entry] = []
        let specialTexts = Set(added.filter(\.isSpecial).map { JSON.Key($0.text) })
        var kinds = Self.kinds(table, file)
        for token in added {
            var text = token.text
            if token.isNormalized, let normalizer {
                text = normalizer.normalized(text)
                if !hasSameBytes(text, token.text) { shown[Token(token.id)] = text }
            }
            let entry = token.entry(Array(text.utf8))
            if token.isNormalized { normalized.append(entry) } else { entries.append(entry) }
            // A special token that is shown otherwise than it is written is none to the library where it decodes.
            kinds[token.id] = token.isSpecial && specialTexts.contains(JSON.Key(text)) ? .control : .userDefined
        }
        stages.added = AddedTokens(entries)
        stages.addedNormalized = AddedTokens(normalized)
        stages.postProcessor = try root["post_processor"].flatMap { try PostProcessor($0, count: table.count) }

        let decoderRow = decoders ?? []
        if decoders?.count == 1, decoders?[0] == .byteLevel {
            stages.decoding = .pieces(dropsFirstSpace: false)
        } else {
            stages.decoding = .row(decoderRow, shown: shown)
        }
        let pieces = Self.pieces(texts, kinds, decoderRow, shown)
        try self.init(
            vocabulary: Vocabulary(
                texts: texts, kinds: kinds, pieces: pieces, lexicon: Self.lexicon(of: model) ?? lexicon,
                file: file, added: added, preTokenizerName: name ?? "", stages: stages, configuration: configuration),
            stages: stages)
    }

    /// The kind of each id before added tokens are counted.
    private static func kinds(_ table: TextTable, _ file: ModelJSON) -> [Vocabulary.Kind] {
        var kinds = [Vocabulary.Kind](repeating: .normal, count: table.count)
        for id in kinds.indices where !table.isSet(id) { kinds[id] = .unused }
        if file.place["byte_fallback"]?.json.bool == true {
            for (text, id) in file.entries where TokenDecoder.byte(text) != nil { kinds[id] = .byte }
        }
        return kinds
    }

    private static func lexicon(of model: TokenModel) -> Lexicon? {
        if case .bytePair(let model) = model { model.lexicon } else { nil }
    }

    /// What each token stands for. Special tokens stand for their text.
    private static func pieces(
        _ texts: StringTable, _ kinds: [Vocabulary.Kind], _ decoders: [TokenDecoder], _ shown: [Token: String]
    ) -> Pieces {
        var pieces = Pieces()
        pieces.reserveCapacity(tokens: texts.count, bytes: texts.bytes.count)
        let isByteLevel = decoders.count == 1 && decoders[0] == .byteLevel
        for i in 0..<texts.count {
            let range = texts.range(of: i)
            if let text = shown[Token(i)] {
                pieces.append(contentsOf: TokenDecoder.bytes(of: Array(text.utf8), decoders)[...])
            } else if isByteLevel {
                if !ByteLevelAlphabet.append(texts.bytes.span, range, to: &pieces) {
                    pieces.append(contentsOf: texts.bytes[range])
                }
            } else if kinds[i] == .control {
                pieces.append(contentsOf: texts.bytes[range])
            } else {
                pieces.append(contentsOf: TokenDecoder.bytes(of: Array(texts.bytes[range]), decoders)[...])
            }
            pieces.endPiece()
        }
        return pieces
    }

    private static func writesLetters(_ normalizer: Normalizer?) -> Bool {
        switch normalizer {
        case .byteLevel?: true
        case .sequence(let stages)?: stages.contains { writesLetters($0) }
        default: false
        }
    }

    private static func writesLetters(_ row: ArraySlice<PreTokenizer>) -> Bool {
        row.contains { if case .byteLevel = $0 { true } else { false } }
    }
}

/// An entry of `added_tokens`.
struct AddedTokenJSON {
    let text: String
    let id: Int
    let isSpecial: Bool, isSingleWord: Bool, stripsLeft: Bool, stripsRight: Bool, isNormalized: Bool

    func entry(_ text: [UInt8]) -> AddedTokens.Entry {
        AddedTokens.Entry(
            token: Token(id), text: text, isSpecial: isSpecial, isSingleWord: isSingleWord, stripsLeft: stripsLeft,
            stripsRight: stripsRight)
    }
}

extension TokenizerParts {
    /// The added tokens. Ids are given as the library gives them: a token of the model keeps its own, others get the next
    /// ones behind the model's, whatever the file says.
    private static func addedTokens(_ root: JSONPlace, _ file: ModelJSON) throws -> [AddedTokenJSON] {
        guard let place = root["added_tokens"] else { return [] }
        let items = try place.array()
        guard items.count <= ModelJSON.mostTokens else {
            throw TokenizerFileError.tooLarge(path: place.path, count: items.count, limit: ModelJSON.mostTokens)
        }
        var ids: [JSON.Key: Int] = [:]
        let wanted = Set(items.compactMap { $0.json["content"]?.string.map { JSON.Key($0) } })
        for (text, id) in file.entries {
            let key = JSON.Key(text)
            if wanted.contains(key) { ids[key] = id }
        }
        var next = file.entries.count
        var found: [AddedTokenJSON] = [], places: [JSON.Key: Int] = [:]
        for item in items {
            let text = try item.required("content").string()
            _ = try item.required("id").count()
            if text.isEmpty { continue }
            guard text.utf8.count <= longestAdded else {
                throw TokenizerFileError.tooLarge(
                    path: item.path + ".content", count: text.utf8.count, limit: longestAdded)
            }
            let key = JSON.Key(text)
            let id: Int
            if let known = ids[key] {
                id = known
            } else {
                id = next
                next += 1
                ids[key] = id
            }
            let token = AddedTokenJSON(
                text: text, id: id, isSpecial: try item.flag("special"), isSingleWord: try item.flag("single_word"),
                stripsLeft: try item.flag("lstrip"), stripsRight: try item.flag("rstrip"),
                isNormalized: try item.flag("normalized"))
            if let place = places[key] {
                found[place] = token
            } else {
                places[key] = found.count
                found.append(token)
            }
        }
        return found
    }
}

/// Texts by ids that come in any order and may leave gaps.
private struct TextTable {
    private var slots: [String?]

    init(count: Int) { slots = [String?](repeating: nil, count: count) }

    var count: Int { slots.count }

    /// Gives an id its text. False if it has one.
    mutating func set(_ id: Int, _ text: String) -> Bool {
        guard slots[id] == nil else { return false }
        slots[id] = text
        return true
    }

    mutating func replace(_ id: Int, _ text: String) { slots[id] = text }

    func isSet(_ id: Int) -> Bool { slots[id] != nil }

    /// All texts; those of gaps are empty.
    var texts: StringTable { StringTable(slots.lazy.map { $0 ?? "" }) }
}

extension Pieces {
    /// The strings of a table as they are.
    init(_ table: StringTable) {
        self.init(bytes: table.bytes, ends: table.ends)
    }
}
