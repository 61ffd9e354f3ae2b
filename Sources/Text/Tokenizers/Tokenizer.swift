import Synchronization
public import TuttiCheckpoints
public import TuttiTensors

/// Turns text into a model's tokens and back.
///
/// The stages: tokens that the vocabulary wants found first, normalisation, words, merges. All of them are immutable;
/// any number of tasks may encode at once.
public final class Tokenizer: Sendable {
    public let vocabulary: Vocabulary
    private let encoding: Encoding
    /// User-defined tokens.
    private let userDefined: TokenTrie
    /// User-defined and special tokens.
    private let special: TokenTrie
    /// Caches and buffers that no call is using.
    private let workspaces = Mutex<[Workspace]>([])
    private static let keptWorkspaces = 4

    private enum Encoding: Sendable {
        case byteLevel(ByteLevelEncoding)
        case sentencePiece(SentencePiece)
    }

    private struct Workspace: Sendable {
        var cache = WordCache()
        var merging = BytePairMerging()
    }

    /// Builds the tokenizer that a GGUF file's metadata describes.
    /// - Throws: `VocabularyError`: what is missing, contradicts itself, or is not known here.
    /// - Complexity: Linear in the vocabulary's size: 150,000 tokens and merges take some 30 ms.
    public init(_ metadata: Metadata) throws {
        let vocabulary = try Vocabulary(metadata)
        self.vocabulary = vocabulary
        switch vocabulary.model {
        case .byteLevel:
            encoding = .byteLevel(try ByteLevelEncoding(vocabulary, merges: metadata.strings(MetadataKeys.merges)))
        case .sentencePiece:
            let scores = try MetadataKeys(metadata).scores(count: vocabulary.count)
            encoding = .sentencePiece(SentencePiece(vocabulary, scores: scores))
        }
        let kinds = vocabulary.kinds
        let userDefined = kinds.indices.filter { kinds[$0] == .userDefined }.map { Token($0) }
        let special = kinds.indices.filter { kinds[$0] == .control || kinds[$0] == .unknown }.map { Token($0) }
        self.userDefined = TokenTrie(userDefined, texts: vocabulary.pieces)
        self.special = TokenTrie(userDefined + special + vocabulary.plainMarks, texts: vocabulary.pieces)
    }

    /// The tokens of `text`, with neither `bos` nor `eos`.
    /// - Parameter special: Whether special tokens that are written in the text become tokens. False for anything that
    ///   somebody else wrote: its `<|im_end|>` is nine letters and signs.
    /// - Complexity: Linear in the text; a word of n characters takes n log n.
    public func encode(_ text: String, special: Bool = false) -> [Token] {
        encode(text, special: special, addingBOS: false, addingEOS: false)
    }

    /// The tokens of `text`, with `bos` before them or `eos` behind them if asked, and if the vocabulary has them.
    public func encode(_ text: String, special: Bool, addingBOS: Bool, addingEOS: Bool = false) -> [Token] {
        var output: [Token] = []
        output.reserveCapacity(text.utf8.count / 4 + 8)
        if addingBOS, let bos = vocabulary.bos { output.append(bos) }
        encode(Array(text.utf8), special: special, into: &output)
        if addingEOS, let eos = vocabulary.eos { output.append(eos) }
        return output
    }

    private func encode(_ bytes: [UInt8], special: Bool, into output: inout [Token]) {
        let text = bytes.span
        let trie = special ? self.special : userDefined
        var workspace = workspaces.withLock { $0.popLast() } ?? Workspace()
        var start = 0
        while let match = trie.first(in: text, start..<text.count) {
            if match.range.lowerBound > start {
                encodePlain(text, start..<match.range.lowerBound, &workspace, into: &output)
            }
            output.append(match.token)
            start = match.range.upperBound
        }
        if start < text.count { encodePlain(text, start..<text.count, &workspace, into: &output) }
        workspace.merging.trim()
        workspaces.withLock { kept in
            if kept.count < Self.keptWorkspaces { kept.append(workspace) }
        }
    }

    /// Encodes what lies between special tokens.
    private func encodePlain(
        _ text: Span<UInt8>, _ range: Range<Int>, _ workspace: inout Workspace, into output: inout [Token]
    ) {
        switch encoding {
        case .byteLevel(let encoding):
            if encoding.normalizes, let normal = CanonicalComposition.shared.normalized(text, range) {
                encodeWords(normal.span, encoding, &workspace, into: &output)
            } else {
                encodeWords(text.extracting(range), encoding, &workspace, into: &output)
            }
        case .sentencePiece(let encoding):
            if let normal = spaced(text, range) {
                encodeWords(normal.span, encoding, &workspace, into: &output)
            } else {
                encodeWords(text.extracting(range), encoding, &workspace, into: &output)
            }
        }
    }

    private func encodeWords(
        _ text: Span<UInt8>, _ encoding: ByteLevelEncoding, _ workspace: inout Workspace, into output: inout [Token]
    ) {
        vocabulary.preTokenizer.forEachPiece(of: text) { range in
            guard range.count > 1, range.count <= WordCache.longestWord else {
                encoding.encode(text, range, vocabulary, &workspace.merging, into: &output)
                return
            }
            let key = WordCache.Key(text, range)
            if workspace.cache.append(key, to: &output) { return }
            let start = output.count
            encoding.encode(text, range, vocabulary, &workspace.merging, into: &output)
            workspace.cache.insert(key, output[start...])
        }
    }

    private func encodeWords(
        _ text: Span<UInt8>, _ encoding: SentencePiece, _ workspace: inout Workspace, into output: inout [Token]
    ) {
        var start = 0
        while start < text.count {
            let range = start..<encoding.wordEnd(text, start, text.count)
            start = range.upperBound
            guard range.count <= WordCache.longestWord else {
                encoding.encode(text, range, &workspace.merging, into: &output)
                continue
            }
            let key = WordCache.Key(text, range)
            if workspace.cache.append(key, to: &output) { continue }
            let first = output.count
            encoding.encode(text, range, &workspace.merging, into: &output)
            workspace.cache.insert(key, output[first...])
        }
    }

    /// SentencePiece's normalisation: the space before a text, marks as spaces, perhaps no superfluous ones. Nothing if
    /// the text stays as it is.
    private func spaced(_ text: Span<UInt8>, _ range: Range<Int>) -> [UInt8]? {
        var hasMark = false
        for i in range where text[i] == 0xE2 && i + 2 < range.upperBound {
            if text[i + 1] == 0x96 && text[i + 2] == 0x81 {
                hasMark = true
                break
            }
        }
        guard hasMark || vocabulary.addsSpacePrefix || vocabulary.removesExtraWhitespace else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count + 1)
        let skips = vocabulary.removesExtraWhitespace
        if vocabulary.addsSpacePrefix { bytes.append(0x20) }
        SentencePiece.appendUnescaped(text, range) { byte in
            if skips, byte == 0x20, bytes.last ?? 0x20 == 0x20 { return }
            bytes.append(byte)
        }
        if skips, bytes.last == 0x20 { bytes.removeLast() }
        return bytes
    }

    /// The bytes that `token` stands for; nothing for an id that is not in the vocabulary.
    public func bytes(of token: Token) -> [UInt8] {
        vocabulary.contains(token) ? Array(vocabulary.bytes(of: token)) : []
    }

    /// The text of `tokens`; bytes that are no characters become U+FFFD.
    /// - Parameter skippingSpecial: Whether special tokens are left out, or shown as they are written.
    public func decode(_ tokens: some Sequence<Token>, skippingSpecial: Bool = true) -> String {
        var bytes: [UInt8] = []
        var dropsSpace = vocabulary.addsSpacePrefix
        for token in tokens where vocabulary.contains(token) {
            if skippingSpecial, vocabulary.isSpecial(token) { continue }
            let piece = vocabulary.bytes(of: token)
            if dropsSpace, !vocabulary.isSpecial(token), !piece.isEmpty {
                dropsSpace = false
                bytes.append(contentsOf: piece.first == 0x20 ? piece.dropFirst() : piece)
            } else {
                bytes.append(contentsOf: piece)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
