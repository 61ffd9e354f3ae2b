import TuttiTensors

/// Unigram: of all ways to write a word in tokens, the likeliest one (Viterbi).
/// - SeeAlso: Kudo 2018, Subword Regularization, arXiv:1804.10959, section 3.2.
struct Unigram: Sendable {
    private let lexicon: Lexicon
    private let trie: ByteTrie
    private let scores: [Double]
    private let unknown: Token?
    private let unknownScore: Double
    /// The token of each byte, or -1, for what is not in the vocabulary; nothing: it is not spelled.
    private let byteTokens: [Token]?
    private static let unknownPenalty = 10.0
    /// The longest token, in bytes: looking a text up takes its length times this at worst.
    static let longestToken = 4096

    /// - Parameters:
    ///   - lexicon: The tokens by their texts.
    ///   - words: The tokens that texts are written in.
    ///   - scores: Log-probabilities, one for each token.
    /// - Returns: Nothing if the vocabulary is too large to be put into a tree.
    init?(
        _ lexicon: Lexicon, words: some Sequence<Token>, scores: [Double], unknown: Token?, byteTokens: [Token]?
    ) {
        var trie = ByteTrie(nodeCount: lexicon.pieces.bytes.count / 2)
        var lowest = Double.infinity
        for token in words {
            let range = lexicon.pieces.range(of: token)
            guard range.count <= Self.longestToken else { return nil }
            guard trie.insert(lexicon.pieces.bytes.span, range, value: token, replaces: true) else { return nil }
            lowest = min(lowest, scores[Int(token)])
        }
        self.lexicon = lexicon
        self.trie = trie
        self.scores = scores
        self.unknown = unknown
        unknownScore = lowest - Self.unknownPenalty
        self.byteTokens = byteTokens
    }

    private struct Best {
        var score = 0.0
        var start = -1
        var token: Token = -1
    }

    /// Appends the tokens of one word. What the vocabulary cannot write is the unknown token, a run of it one; without an
    /// unknown token it is left out.
    /// - Complexity: The word's length times that of the longest token.
    func encode(_ text: Span<UInt8>, _ range: Range<Int>, into output: inout [Token]) {
        var best = [Best](repeating: Best(), count: range.count + 1)
        var start = range.lowerBound
        while start < range.upperBound {
            let next = min(CharacterScanner.next(text, start), range.upperBound)
            let score = best[start - range.lowerBound].score
            var node = 0, isCharacter = false
            for i in start..<range.upperBound {
                guard let child = trie.child(of: node, text[i]) else { break }
                node = child
                let token = trie.value(at: node)
                if token < 0 { continue }
                let end = i + 1 - range.lowerBound
                let candidate = scores[Int(token)] + score
                if best[end].start < 0 || candidate > best[end].score {
                    best[end] = Best(score: candidate, start: start, token: token)
                }
                if i + 1 == next { isCharacter = true }
            }
            if !isCharacter {
                let end = next - range.lowerBound
                let candidate = unknownScore + score
                if best[end].start < 0 || candidate > best[end].score {
                    best[end] = Best(score: candidate, start: start, token: unknown ?? -1)
                }
            }
            start = next
        }
        trace(text, range, best, into: &output)
    }

    /// Follows the best way back, and appends it forwards.
    private func trace(_ text: Span<UInt8>, _ range: Range<Int>, _ best: [Best], into output: inout [Token]) {
        var parts: [(range: Range<Int>, token: Token)] = []
        var end = range.upperBound
        while end > range.lowerBound {
            let step = best[end - range.lowerBound]
            guard step.start >= range.lowerBound, step.start < end else { break }
            let isUnknown = step.token < 0 || step.token == unknown
            if isUnknown, let last = parts.last, last.token < 0 {
                parts[parts.count - 1].range = step.start..<last.range.upperBound
            } else {
                parts.append((step.start..<end, isUnknown ? -1 : step.token))
            }
            end = step.start
        }
        for part in parts.reversed() {
            if part.token >= 0 {
                output.append(part.token)
            } else if let token = lexicon.token(text, part.range) {
                output.append(token)
            } else if let byteTokens, part.range.allSatisfy({ byteTokens[Int(text[$0])] >= 0 }) {
                for i in part.range { output.append(byteTokens[Int(text[i])]) }
            } else if let unknown {
                output.append(unknown)
            }
        }
    }
}
