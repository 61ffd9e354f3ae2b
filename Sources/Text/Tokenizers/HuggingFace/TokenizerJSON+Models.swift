import OrderedCollections
import TuttiCheckpoints
import TuttiTensors

/// The `model` of a `tokenizer.json` and its vocabulary, as the file has them.
struct ModelJSON {
    enum Kind: String { case bytePair = "BPE", unigram = "Unigram", wordPiece = "WordPiece", wordLevel = "WordLevel" }

    let place: JSONPlace
    let kind: Kind
    /// Texts and ids, in the file's order.
    private(set) var entries: [(text: String, id: Int)] = []
    /// Unigram's log-probabilities, by id.
    private(set) var scores: [Double] = []
    /// No id may lie further above the number of tokens, so that a file of a few bytes cannot ask for gigabytes.
    static let mostGaps = 1 << 20
    static let mostTokens = 1 << 24
    private static let longestAffix = 1024

    init(_ place: JSONPlace) throws {
        try place.object()
        self.place = place
        if let type = place["type"] {
            guard let kind = Kind(rawValue: try type.string()) else {
                throw TokenizerFileError.unsupported(
                    path: type.path, value: try type.string(), known: "BPE, Unigram, WordPiece, WordLevel")
            }
            self.kind = kind
        } else {
            // Files of old do not say: each kind has a member that the others lack.
            kind =
                place["merges"] != nil
                ? .bytePair
                : place["max_input_chars_per_word"] != nil
                    ? .wordPiece : place["vocab"]?.json.array != nil ? .unigram : .wordLevel
        }
        let vocabulary = try place.required("vocab")
        if kind == .unigram {
            try readPieces(vocabulary)
        } else {
            guard case .object(let members) = vocabulary.json else { throw vocabulary.malformed("it is not an object") }
            entries.reserveCapacity(members.count)
            for (key, value) in members {
                guard let id = value.int, id >= 0, id < members.count + Self.mostGaps else {
                    throw JSONPlace(value, path: vocabulary.path + "[\"\(key)\"]").malformed(
                        "it is not an id from 0 to about the number of tokens, \(members.count)")
                }
                entries.append((key.text, id))
            }
        }
        guard entries.count <= Self.mostTokens else {
            throw TokenizerFileError.tooLarge(path: vocabulary.path, count: entries.count, limit: Self.mostTokens)
        }
    }

    /// Unigram's vocabulary: texts and log-probabilities.
    private mutating func readPieces(_ vocabulary: JSONPlace) throws {
        guard let items = vocabulary.json.array else { throw vocabulary.malformed("it is not an array") }
        entries.reserveCapacity(items.count)
        scores.reserveCapacity(items.count)
        for (i, item) in items.enumerated() {
            guard let pair = item.array, pair.count == 2, let text = pair[0].string, let score = pair[1].double else {
                throw JSONPlace(item, path: "\(vocabulary.path)[\(i)]").malformed("it is not a text and a number")
            }
            entries.append((text, i))
            scores.append(score)
        }
    }

    /// The model over a vocabulary.
    /// - Parameters:
    ///   - texts: The model's tokens by their texts.
    ///   - words: The ids of the model's tokens, one for each text.
    ///   - keepsBytes: Whether tokens are looked up by the bytes that byte-level letters stand for.
    func model(_ texts: Lexicon, words: [Token], keepsBytes: Bool) throws -> TokenModel {
        switch kind {
        case .bytePair: return .bytePair(try bytePair(texts, words: words, keepsBytes: keepsBytes))
        case .unigram:
            var unknown: Token?
            if let place = place["unk_id"] {
                let id = try place.count()
                guard id < entries.count else { throw place.malformed("\(id) is no token") }
                unknown = Token(id)
            }
            let fallsBack = try place.flag("byte_fallback", default: false)
            guard
                let model = Unigram(
                    texts, words: words, scores: scores, unknown: unknown,
                    byteTokens: fallsBack ? texts.byteTokens : nil)
            else { throw tooLong() }
            return .unigram(model)
        case .wordPiece:
            let unknown = try place.required("unk_token").string()
            guard
                let model = WordPiece(
                    texts, words: words,
                    prefix: Array(try place.required("continuing_subword_prefix").string().utf8),
                    unknown: texts.token(unknown),
                    longestWord: try place.required("max_input_chars_per_word").count())
            else { throw tooLong() }
            return .wordPiece(model)
        case .wordLevel:
            return .wordLevel(texts, unknown: texts.token(try place.required("unk_token").string()))
        }
    }

    private func tooLong() -> TokenizerFileError {
        place.malformed("its tokens are too many, or one is longer than \(Unigram.longestToken) bytes")
    }

    // MARK: Byte-pair encoding

    private func bytePair(_ texts: Lexicon, words: [Token], keepsBytes: Bool) throws -> BytePairEncoding {
        if let dropout = place["dropout"] {
            guard 0...1 ~= (try dropout.number()) else { throw dropout.malformed("it does not lie between 0 and 1") }
        }
        let prefix = Array(try place["continuing_subword_prefix"]?.string().utf8 ?? "".utf8)
        let suffix = Array(try place["end_of_word_suffix"]?.string().utf8 ?? "".utf8)
        guard prefix.count + suffix.count <= Self.longestAffix else {
            throw TokenizerFileError.tooLarge(
                path: place.path, count: prefix.count + suffix.count, limit: Self.longestAffix)
        }
        let fallsBack = try place.flag("byte_fallback", default: false)
        let ignoresMerges = try place.flag("ignore_merges", default: false)
        var unknown: UnknownToken?
        if let text = try place["unk_token"]?.string(), let token = texts.token(text) {
            unknown = UnknownToken(token: token, fuses: try place.flag("fuse_unk", default: false))
        }
        let byteTokens = fallsBack ? texts.byteTokens : nil
        var joins: JoinTable? = JoinTable()
        let table = try merges(texts, prefixCount: prefix.count, joins: &joins)
        let units: BytePairEncoding.Units, lexicon: Lexicon
        if keepsBytes {
            lexicon = Self.bytes(texts, words)
            units = .bytes((0..<256).map { lexicon.token([UInt8($0)]) ?? -1 })
            joins = nil
        } else {
            lexicon = texts
            units = .characters(CharacterUnits(prefix: prefix, suffix: suffix, byteTokens: byteTokens))
            // Cutting is right only where every character leaves a symbol behind, and only merges join.
            if !prefix.isEmpty || !suffix.isEmpty || ignoresMerges || byteTokens?.contains(-1) ?? true { joins = nil }
        }
        return BytePairEncoding(
            lexicon: lexicon, units: units, ranking: .merges(table), ignoresMerges: ignoresMerges, unknown: unknown,
            joins: joins)
    }

    /// Whether tokens may be looked up by bytes where byte-level is the last pre-tokenizer.
    var canKeepBytes: Bool {
        func isEmpty(_ key: String) -> Bool { place[key] == nil || place[key]?.json == .string("") }
        return kind == .bytePair && isEmpty("continuing_subword_prefix") && isEmpty("end_of_word_suffix")
            && place["byte_fallback"]?.json.bool != true
    }

    /// Tokens by the bytes that their letters stand for. Those that are not written in letters are out of reach.
    private static func bytes(_ texts: Lexicon, _ words: [Token]) -> Lexicon {
        var pieces = Pieces()
        pieces.reserveCapacity(tokens: texts.pieces.count, bytes: texts.pieces.bytes.count)
        var isWord = [Bool](repeating: false, count: texts.pieces.count)
        for token in words { isWord[Int(token)] = true }
        let bytes = texts.pieces.bytes.span
        for i in isWord.indices {
            isWord[i] = isWord[i] && ByteLevelAlphabet.append(bytes, texts.pieces.range(of: Token(i)), to: &pieces)
            if !isWord[i] { pieces.dropPiece() }
            pieces.endPiece()
        }
        return Lexicon(pieces) { isWord[Int($0)] }
    }

    /// The merges: `["a b", …]` or `[["a", "b"], …]`. Of two of the same pair the last one counts, as in the library.
    private func merges(_ texts: Lexicon, prefixCount: Int, joins: inout JoinTable?) throws -> MergeTable {
        let place = try place.required("merges")
        guard let items = place.json.array else { throw place.malformed("it is not an array") }
        guard items.count < Self.mostTokens else {
            throw TokenizerFileError.tooLarge(path: place.path, count: items.count, limit: Self.mostTokens)
        }
        var table = MergeTable(count: items.count)
        var joined: [UInt8] = []
        for (rank, item) in items.enumerated() {
            func malformed(_ message: String) -> TokenizerFileError {
                JSONPlace(item, path: "\(place.path)[\(rank)]").malformed(message)
            }
            joined.removeAll(keepingCapacity: true)
            let middle: Int
            if let pair = item.array, pair.count == 2, let left = pair[0].string, let right = pair[1].string {
                joined.append(contentsOf: left.utf8)
                middle = joined.count
                joined.append(contentsOf: right.utf8)
            } else if let text = item.string {
                if text.utf8.starts(with: "#version".utf8) { continue }
                joined.append(contentsOf: text.utf8)
                guard let space = joined.firstIndex(of: 0x20), joined.lastIndex(of: 0x20) == space else {
                    throw malformed("it is not two tokens with a space between")
                }
                middle = space
                joined.remove(at: space)
            } else {
                throw malformed("it is neither a text nor two")
            }
            func unknown(_ range: Range<Int>) -> TokenizerFileError {
                malformed("'\(String(decoding: joined[range], as: UTF8.self))' is not in the vocabulary")
            }
            guard let left = texts.token(joined.span, 0..<middle) else { throw unknown(0..<middle) }
            guard let right = texts.token(joined.span, middle..<joined.count) else {
                throw unknown(middle..<joined.count)
            }
            guard joined.count - middle >= prefixCount else {
                throw malformed("its second token is shorter than the prefix")
            }
            if middle > 0, middle < joined.count {
                joins?.join(joined[middle - 1], joined[middle])
                // Tokens of single bytes stand for other bytes than those that they are written in.
                if joined[0] == UInt8(ascii: "<"),
                    TokenDecoder.byte(String(decoding: joined[..<middle], as: UTF8.self)) != nil
                {
                    joins = nil
                }
                if joined[middle] == UInt8(ascii: "<"),
                    TokenDecoder.byte(String(decoding: joined[middle...], as: UTF8.self)) != nil
                {
                    joins = nil
                }
            }
            joined.removeSubrange(middle..<middle + prefixCount)
            guard let merged = texts.token(joined.span, 0..<joined.count) else { throw unknown(0..<joined.count) }
            table.insert(left, right, rank: rank, merged: merged, replaces: true)
        }
        return table
    }
}
