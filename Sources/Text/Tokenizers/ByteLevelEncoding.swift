import TuttiCheckpoints
import TuttiTensors

/// Byte-level byte-pair encoding: every byte is a token to begin with, and a list of merges says what goes together.
struct ByteLevelEncoding: Sendable, MergeRanking {
    /// The token of each byte; -1: the vocabulary has none, and the byte is left out, as the original tokenizers do.
    private let bytes: [Token]
    private let merges: MergeTable
    /// Whether a word that is in the vocabulary is that token, whatever its merges would give.
    private let ignoresMerges: Bool
    let normalizes: Bool

    init(_ vocabulary: Vocabulary, merges list: StringTable?) throws {
        guard let list else { throw VocabularyError.missing(key: MetadataKeys.merges) }
        guard list.count < 1 << 28 else {
            throw VocabularyError.tooLarge(key: MetadataKeys.merges, count: list.count)
        }
        let pieces = vocabulary.pieces, words = vocabulary.words
        bytes = (0..<256).map { byte in
            let text = [UInt8(byte)]
            return words.token(text.span, 0..<1, in: pieces) ?? -1
        }
        merges = try Self.table(list, vocabulary)
        switch vocabulary.preTokenizerName {
        case "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano",
            "glm4", "glm5", "tekken":
            ignoresMerges = true
        default: ignoresMerges = false
        }
        switch vocabulary.preTokenizerName {
        case "qwen2", "qwen2.5", "qwen3", "qwen35", "deepseek-r1-qwen", "f2llmv2", "olmo", "mpt": normalizes = true
        default: normalizes = false
        }
    }

    private static func table(_ list: StringTable, _ vocabulary: Vocabulary) throws -> MergeTable {
        var table = MergeTable(count: list.count)
        let texts = list.bytes, pieces = vocabulary.pieces, words = vocabulary.words
        var merge = Pieces(), last: Token?
        for rank in 0..<list.count {
            let range = list.range(of: rank)
            // A token may begin with a space of its own, hence the first space after the first byte.
            guard range.count >= 3, let space = texts[(range.lowerBound + 1)..<range.upperBound].firstIndex(of: 0x20)
            else { throw VocabularyError.malformedMerge(index: rank, text: list[rank]) }
            merge.reset()
            func append(_ range: Range<Int>) {
                if !ByteLevelAlphabet.append(texts.span, range, to: &merge) {
                    merge.append(contentsOf: texts[range])
                }
                merge.endPiece()
            }
            append(range.lowerBound..<space)
            append(space + 1..<range.upperBound)
            let bytes = merge.bytes.span
            func token(_ range: Range<Int>, _ text: () -> String) -> Token? {
                words.token(bytes, range, in: pieces) ?? vocabulary.specials[text()]
            }
            let middle = merge.range(of: 0).upperBound
            // Merges stand in the order in which their tokens were made, mostly: then the next one needs no search.
            let whole = 0..<bytes.count
            var next: Token?
            if let last, Int(last) + 1 < pieces.count, vocabulary.kinds[Int(last) + 1] == .normal,
                pieces.equal(last + 1, bytes, whole)
            {
                next = last + 1
            }
            guard
                let left = token(0..<middle, { String(decoding: texts[range.lowerBound..<space], as: UTF8.self) }),
                let right = token(
                    middle..<bytes.count, { String(decoding: texts[(space + 1)..<range.upperBound], as: UTF8.self) }),
                let merged = next
                    ?? token(
                        whole, { list[rank].replacing(" ", with: "", maxReplacements: 1) })
            else { throw VocabularyError.malformedMerge(index: rank, text: list[rank]) }
            last = merged
            table.insert(left, right, rank: rank, merged: merged)
        }
        return table
    }

    @inline(__always)
    func merge(_ left: Symbol, _ right: Symbol, in text: Span<UInt8>) -> UInt64 {
        merges.merge(left.token, right.token)
    }

    /// Appends the tokens of one word.
    func encode(
        _ text: Span<UInt8>, _ range: Range<Int>, _ vocabulary: borrowing Vocabulary, _ merging: inout BytePairMerging,
        into output: inout [Token]
    ) {
        if range.count == 1 {
            let token = bytes[Int(text[range.lowerBound])]
            if token >= 0 { output.append(token) }
            return
        }
        if ignoresMerges, let token = vocabulary.words.token(text, range, in: vocabulary.pieces) {
            output.append(token)
            return
        }
        merging.symbols.removeAll(keepingCapacity: true)
        for i in range {
            let token = bytes[Int(text[i])]
            if token >= 0 { merging.symbols.append(Symbol(token: token, start: 0, byteCount: 1)) }
        }
        merging.merge(self, in: text)
        for symbol in merging.symbols { output.append(symbol.token) }
    }
}
