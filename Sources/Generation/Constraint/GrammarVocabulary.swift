import Synchronization
public import TuttiText
import TuttiTensors

/// A vocabulary's tokens by their bytes, made once for a tokenizer; it keeps the grammars that were compiled last.
public final class GrammarVocabulary: Sendable {
    package let tokens: VocabularyTokens
    private let compiled = Mutex<[String: (grammar: Grammar, use: Int)]>([:])
    private static let keptGrammars = 64

    /// - Complexity: Linear in the vocabulary's bytes: 150,000 tokens take some 100 ms.
    public init(_ tokenizer: Tokenizer) { tokens = VocabularyTokens(tokenizer) }

    /// How many tokens the vocabulary has.
    public var tokenCount: Int { tokens.tokenCount }

    /// The grammar of an expression, from those that were compiled before, or else by `compile`.
    func grammar(
        _ expression: GrammarExpression, compile: () throws(GrammarError) -> Grammar
    ) throws(GrammarError) -> Grammar {
        let key = expression.text
        let known = compiled.withLock { kept in
            let use = (kept.values.map(\.use).max() ?? 0) + 1
            kept[key]?.use = use
            return kept[key]?.grammar
        }
        if let known, !known.isLarge { return known }
        let grammar = try compile()
        compiled.withLock { kept in
            let use = (kept.values.map(\.use).max() ?? 0) + 1
            if kept.count >= Self.keptGrammars, let oldest = kept.min(by: { $0.value.use < $1.value.use })?.key {
                kept[oldest] = nil
            }
            kept[key] = (grammar, use)
        }
        return grammar
    }
}

/// The tokens that grammars choose from.
///
/// Tokens that a grammar can never choose (the unknown one, those that stand for nothing or end an answer) are left out, and
/// control tokens are no text but themselves. Two tries hold the others: those that are *plain* inside a JSON string (whole characters, nothing to escape), which
/// are most, and the rest. What a state of a language allows is kept here too, so that grammars share it.
package final class VocabularyTokens: Sendable {
    package let tokenizer: Tokenizer
    /// How many tokens the vocabulary has.
    package let tokenCount: Int
    package let plain: TokenTrie
    package let rest: TokenTrie
    /// Tokens by their count of characters: those of `plain` with at most so many.
    let plainMasks: [[UInt64]]
    /// Whether the detokenizer takes a space away from the beginning of an answer.
    package let dropsFirstSpace: Bool
    /// 64 tokens a word: how many words a mask of the vocabulary has.
    package let wordCount: Int
    /// Tokens that a grammar can choose.
    private let usable: [UInt64]
    /// Tokens that begin with a space.
    let spaced: [UInt64]
    let kept = Mutex<KeptMasks>(KeptMasks())

    init(_ tokenizer: Tokenizer) {
        let vocabulary = tokenizer.vocabulary
        self.tokenizer = tokenizer
        tokenCount = vocabulary.count
        dropsFirstSpace = tokenizer.dropsFirstSpace
        wordCount = (vocabulary.count + 63) / 64
        var plain: [(bytes: [UInt8], token: Token)] = [], rest: [(bytes: [UInt8], token: Token)] = []
        var byLength: [[Token]] = [], spaced = [UInt64](repeating: 0, count: wordCount), usable = spaced
        for id in 0..<vocabulary.count {
            let token = Token(id)
            switch vocabulary.kind(of: token) {
            case .unknown, .unused: continue
            default: break
            }
            if vocabulary.endTokens.contains(token) { continue }
            let bytes = Array(Self.bytes(of: token, vocabulary))
            if bytes.isEmpty { continue }
            usable[id >> 6] |= 1 << UInt64(id & 63)
            if bytes[0] == 0x20 { spaced[id >> 6] |= 1 << UInt64(id & 63) }
            if let count = PlainText.characterCount(bytes), count <= PlainText.longest {
                plain.append((bytes, token))
                while byLength.count <= count { byLength.append([]) }
                byLength[count].append(token)
            } else {
                rest.append((bytes, token))
            }
        }
        self.spaced = spaced
        self.usable = usable
        self.plain = TokenTrie(plain)
        self.rest = TokenTrie(rest)
        var masks: [[UInt64]] = [], mask = [UInt64](repeating: 0, count: wordCount)
        for tokens in byLength {
            for token in tokens { mask[Int(token) >> 6] |= 1 << UInt64(token & 63) }
            masks.append(mask)
        }
        plainMasks = masks
    }

    /// The bytes that a token adds to an answer, as grammars see it.
    func bytes(of token: Token) -> ArraySlice<UInt8> { Self.bytes(of: token, tokenizer.vocabulary) }

    private static func bytes(of token: Token, _ vocabulary: Vocabulary) -> ArraySlice<UInt8> {
        guard vocabulary.kind(of: token) == .control else { return vocabulary.bytes(of: token) }
        return SpecialText.bytes(vocabulary.text(of: token))[...]
    }

    /// Whether a grammar can choose the token.
    func isUsable(_ token: Token) -> Bool {
        token >= 0 && Int(token) < tokenCount && usable[Int(token) >> 6] & 1 << UInt64(token & 63) != 0
    }

    /// The most characters of a plain token.
    var longestPlain: Int { plainMasks.count - 1 }
}

/// Special tokens as bytes that are no text: only an expression that names one allows it.
enum SpecialText {
    /// 255 occurs nowhere in UTF-8.
    static func bytes(_ name: String) -> [UInt8] { [0xFF] + Array(name.utf8) }
}

/// Text that stands in a JSON string as it is.
enum PlainText {
    /// Longer tokens (rows of dashes or spaces) count as not plain: they are few.
    static let longest = 32

    /// The characters of `bytes`, nil where they are not whole characters that need no escape.
    static func characterCount(_ bytes: [UInt8]) -> Int? {
        for byte in bytes where byte < 0x20 || byte == 0x22 || byte == 0x5C { return nil }
        return String(validating: bytes, as: UTF8.self)?.unicodeScalars.count
    }
}

/// Tokens sorted by their bytes, as a tree in one row: a node stands before those below it.
package struct TokenTrie: Sendable {
    /// A node's last byte.
    package private(set) var bytes: [UInt8] = []
    /// How many bytes lead to a node, less one.
    package private(set) var depths: [UInt8] = []
    /// The node after all those below a node.
    package private(set) var ends: [Int32] = []
    /// A node's token, -1 for none; more tokens of the same bytes stand in `others`.
    package private(set) var tokens: [Int32] = []
    package private(set) var others: [Int32: [Int32]] = [:]
    /// The deepest that the token of any node at or below this one lies, in characters.
    package private(set) var reach: [UInt8] = []
    /// How many bytes the longest token below a node has beyond it.
    package private(set) var heights: [UInt8] = []

    var count: Int { bytes.count }

    /// - Parameter entries: Tokens with at least one byte; longer ones than 255 bytes are left out.
    init(_ entries: [(bytes: [UInt8], token: Token)]) {
        let sorted = entries.filter { $0.bytes.count <= 255 }.sorted {
            $0.bytes.lexicographicallyPrecedes($1.bytes) || ($0.bytes == $1.bytes && $0.token < $1.token)
        }
        var path: [Int] = [], last: [UInt8] = []
        for (text, token) in sorted {
            var common = 0
            while common < min(last.count, text.count), last[common] == text[common] { common += 1 }
            while path.count > common { ends[path.removeLast()] = Int32(bytes.count) }
            for depth in common..<text.count {
                path.append(bytes.count)
                bytes.append(text[depth])
                depths.append(UInt8(depth))
                ends.append(0)
                tokens.append(-1)
            }
            let node = path[path.count - 1]
            if tokens[node] < 0 { tokens[node] = token } else { others[Int32(node), default: []].append(token) }
            last = text
        }
        while let node = path.popLast() { ends[node] = Int32(bytes.count) }
        reach = [UInt8](repeating: 0, count: bytes.count)
        heights = reach
        var characters: [UInt8] = [], parents: [Int] = []
        for node in bytes.indices {
            let depth = Int(depths[node])
            characters.removeLast(characters.count - depth)
            parents.removeLast(parents.count - depth)
            characters.append((characters.last ?? 0) + (bytes[node] & 0xC0 == 0x80 ? 0 : 1))
            parents.append(node)
            if tokens[node] >= 0 {
                for (above, parent) in parents.enumerated() {
                    reach[parent] = max(reach[parent], characters[depth])
                    heights[parent] = max(heights[parent], UInt8(depth - above))
                }
            }
        }
    }
}
