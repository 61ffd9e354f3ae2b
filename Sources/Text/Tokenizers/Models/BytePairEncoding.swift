import TuttiTensors

/// Byte-pair encoding: a word is its smallest units, and a list of merges (or the tokens' scores) says what goes together.
/// - SeeAlso: Sennrich, Haddow and Birch 2016, arXiv:1508.07909; for scores Kudo and Richardson 2018, arXiv:1808.06226.
struct BytePairEncoding: Sendable {
    /// What a word is made of to begin with.
    enum Units: Sendable {
        /// Bytes: the token of each, or -1.
        case bytes([Token])
        case characters(CharacterUnits)
        /// Characters that may be no tokens until the end, when what is left of them is spelled in bytes.
        case spelled(ByteSpelling)
    }

    enum Ranking: Sendable {
        case merges(MergeTable)
        case scores(ScoreRanking)
    }

    let lexicon: Lexicon
    let units: Units
    let ranking: Ranking
    /// Whether a word that is in the vocabulary is that token, whatever its merges would give.
    var ignoresMerges = false
    /// What stands for a byte that is no token; nothing: it is left out, as the original tokenizers do.
    var unknown: UnknownToken?
    /// Where a word may be cut because no merge crosses.
    var joins: JoinTable?

    /// Appends the tokens of one word.
    func encode(
        _ text: Span<UInt8>, _ range: Range<Int>, _ merging: inout BytePairMerging, into output: inout [Token]
    ) {
        if case .bytes(let bytes) = units, range.count == 1, unknown == nil {
            let token = bytes[Int(text[range.lowerBound])]
            if token >= 0 { output.append(token) }
            return
        }
        if ignoresMerges, let token = lexicon.token(text, range) {
            output.append(token)
            return
        }
        merging.symbols.removeAll(keepingCapacity: true)
        switch units {
        case .bytes(let bytes):
            var row = UnknownRow(unknown)
            for i in range {
                let token = bytes[Int(text[i])]
                if token >= 0 {
                    row.end(&merging.symbols)
                    merging.symbols.append(Symbol(token: token, start: 0, byteCount: 1))
                } else {
                    row.add(byteCount: 1, &merging.symbols)
                }
            }
            row.end(&merging.symbols)
        case .characters(let units): units.append(text, range, lexicon, unknown, &merging)
        case .spelled: ByteSpelling.appendSymbols(text, range, lexicon, &merging.symbols)
        }
        switch ranking {
        case .merges(let merges): merging.merge(merges, in: text)
        case .scores(let scores): merging.merge(scores, in: text)
        }
        if case .spelled(let spelling) = units {
            for symbol in merging.symbols { spelling.append(symbol, text, into: &output) }
        } else {
            for symbol in merging.symbols { output.append(symbol.token) }
        }
    }
}

/// What stands for characters that are not in the vocabulary.
struct UnknownToken: Sendable {
    let token: Token
    /// Whether neighbours share one.
    let fuses: Bool
}

/// Unknown characters that wait for their token: it is appended when a known one comes, or at the end.
struct UnknownRow {
    private let unknown: UnknownToken?
    private var byteCount = 0

    init(_ unknown: UnknownToken?) { self.unknown = unknown }

    mutating func add(byteCount count: Int, _ symbols: inout [Symbol]) {
        guard let unknown else { return }
        if byteCount > 0, !unknown.fuses { end(&symbols) }
        byteCount += count
    }

    mutating func end(_ symbols: inout [Symbol]) {
        guard let unknown, byteCount > 0 else { return }
        symbols.append(Symbol(token: unknown.token, start: 0, byteCount: UInt32(byteCount)))
        byteCount = 0
    }
}

extension MergeTable: MergeRanking {
    @inline(__always)
    func merge(_ left: Symbol, _ right: Symbol, in text: Span<UInt8>) -> UInt64 { merge(left.token, right.token) }
}
