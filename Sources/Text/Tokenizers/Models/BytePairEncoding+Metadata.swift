import TuttiCheckpoints
import TuttiTensors

extension BytePairEncoding {
    /// Byte-level: every byte is a token to begin with. Of a GGUF's vocabulary and merges, `a b` each.
    init(byteLevel vocabulary: Vocabulary, merges list: StringTable?) throws {
        guard let list else { throw VocabularyError.missing(key: MetadataKeys.merges) }
        guard list.count < 1 << 28 else {
            throw VocabularyError.tooLarge(key: MetadataKeys.merges, count: list.count)
        }
        lexicon = vocabulary.lexicon
        units = .bytes((0..<256).map { vocabulary.lexicon.token([UInt8($0)]) ?? -1 })
        ranking = .merges(try Self.table(list, vocabulary))
        ignoresMerges = PublishedSplit.ignoresMerges(name: vocabulary.preTokenizerName)
    }

    /// SentencePiece's: of a GGUF's vocabulary and scores.
    init(sentencePiece vocabulary: Vocabulary, scores: [Double]) {
        let kinds = vocabulary.kinds
        lexicon = vocabulary.lexicon
        var bytes = [Token](repeating: -1, count: 256)
        var joins = JoinTable()
        for i in kinds.indices {
            let range = vocabulary.pieces.range(of: Token(i))
            switch kinds[i] {
            case .byte where range.count == 1: bytes[Int(vocabulary.pieces.bytes[range.lowerBound])] = Token(i)
            case .normal: joins.join(vocabulary.pieces.bytes.span, range)
            default: break
            }
        }
        units = .spelled(ByteSpelling(bytes: bytes, unknown: vocabulary.unknown))
        ranking = .scores(ScoreRanking(vocabulary.lexicon, scores: scores) { kinds[Int($0)] == .normal })
        self.joins = joins
    }

    private static func table(_ list: StringTable, _ vocabulary: Vocabulary) throws -> MergeTable {
        var table = MergeTable(count: list.count)
        let texts = list.bytes, lexicon = vocabulary.lexicon
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
                lexicon.token(bytes, range) ?? vocabulary.specials[text()]
            }
            let middle = merge.range(of: 0).upperBound
            // Merges stand in the order in which their tokens were made, mostly: then the next one needs no search.
            let whole = 0..<bytes.count
            var next: Token?
            if let last, Int(last) + 1 < vocabulary.count, vocabulary.kinds[Int(last) + 1] == .normal,
                lexicon.pieces.equal(last + 1, bytes, whole)
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
}
