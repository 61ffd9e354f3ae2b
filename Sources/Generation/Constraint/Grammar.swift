public import TuttiTensors
import Synchronization
import TuttiText

/// What answers may look like, compiled for one vocabulary. Any number of requests share it.
///
/// The automaton is built as answers come to its states, and what it has found stays for those that follow.
public final class Grammar: Sendable {
    let automaton: Mutex<GrammarAutomaton>
    let start: GrammarAutomaton.Continuation
    package let tokens: VocabularyTokens

    init(_ automaton: consuming sending GrammarAutomaton) throws(GrammarError) {
        tokens = automaton.vocabulary
        start = automaton.start()
        if let overflow = automaton.overflow { throw GrammarError(overflow) }
        if start.threads.isEmpty, !start.isComplete { throw GrammarError("no text satisfies it") }
        self.automaton = Mutex(automaton)
    }

    /// Compiles an expression, or finds it among those that were compiled last.
    /// - Throws: ``GrammarError``: what of it cannot be compiled, and where it stands. Nothing is ever ignored.
    /// - Complexity: Linear in the expression for what is usual; bounded for anything.
    public static func compile(
        _ expression: GrammarExpression, for vocabulary: GrammarVocabulary
    ) throws(GrammarError) -> Grammar {
        try vocabulary.grammar(expression) { () throws(GrammarError) -> Grammar in
            var compiler = ExpressionCompiler()
            let root = try compiler.compile(expression)
            return try Grammar(
                GrammarAutomaton(
                    store: compiler.store, rules: compiler.rules, root: root, vocabulary: vocabulary.tokens))
        }
    }

    /// Whether it has grown so much that it should be compiled anew for those to come.
    var isLarge: Bool { automaton.withLock { $0.isLarge } }
}

/// Where one answer stands in its grammar.
///
///     var matcher = GrammarMatcher(grammar)
///     let choice = try sampler.sample(logits.span, mask: matcher.mask())
///     matcher.accept(choice.token)
public struct GrammarMatcher: Sendable {
    public let grammar: Grammar
    private var threads: [GrammarThread]
    /// Whether the answer may end here.
    public private(set) var isComplete: Bool
    /// Why nothing more can be followed: the grammar's automaton outgrew its limits.
    public private(set) var failure: GrammarError?
    /// Whether a space that comes next does not count.
    private var dropsSpace: Bool

    /// Stands at the beginning of an answer.
    public init(_ grammar: Grammar) {
        self.grammar = grammar
        threads = grammar.start.threads
        isComplete = grammar.start.isComplete
        dropsSpace = grammar.tokens.dropsFirstSpace
    }

    /// Whether anything may follow.
    public var canContinue: Bool { !threads.isEmpty }

    /// The tokens that may come next; what ends an answer is not among them.
    /// - Parameter count: How many tokens the mask has; nil for as many as the vocabulary.
    public func mask(count: Int? = nil) -> TokenMask {
        var mask = TokenMask(count: count ?? grammar.tokens.tokenCount)
        fill(&mask)
        return mask
    }

    /// Sets a mask to the tokens that may come next.
    /// - Complexity: Linear in the vocabulary's bits; what is found out about a state is kept.
    public func fill(_ mask: inout TokenMask) {
        mask.forbidAll()
        guard !threads.isEmpty else { return }
        mask.withWords(atLeast: grammar.tokens.wordCount) { words in
            grammar.automaton.withLock { automaton in
                if dropsSpace {
                    automaton.addFirstTokens(threads, &words)
                } else {
                    automaton.addTokens(threads, &words)
                }
            }
        }
    }

    /// Goes on behind a token.
    /// - Returns: Whether the grammar allows it; if not, nothing changes.
    @discardableResult
    public mutating func accept(_ token: Token) -> Bool {
        guard grammar.tokens.isUsable(token) else { return false }
        return accept(grammar.tokens.bytes(of: token).span)
    }

    /// Goes on behind some bytes.
    /// - Returns: Whether the grammar allows them; if not, nothing changes.
    @discardableResult
    public mutating func accept(bytes: [UInt8]) -> Bool { accept(bytes.span) }

    private mutating func accept(_ bytes: Span<UInt8>) -> Bool {
        var threads = threads, isComplete = isComplete, overflow: String?
        var first = 0
        if dropsSpace, bytes.count > 0, bytes[0] == 0x20 { first = 1 }
        if first == bytes.count, first == 0 { return true }
        let taken = grammar.automaton.withLock { automaton in
            for place in first..<bytes.count {
                let end = threads.count
                isComplete = automaton.advance(&threads, 0..<end, bytes[place])
                threads.removeSubrange(0..<end)
                if threads.isEmpty, !isComplete || place < bytes.count - 1 {
                    overflow = automaton.overflow
                    return false
                }
            }
            overflow = automaton.overflow
            return true
        }
        if let overflow { failure = GrammarError(overflow) }
        guard taken else { return false }
        self.threads = threads
        self.isComplete = isComplete
        dropsSpace = false
        return true
    }

    /// Whether a token may come next.
    public func allows(_ token: Token) -> Bool {
        var next = self
        return next.accept(token)
    }

    /// The bytes that must come next whatever is chosen, at most `limit`; none where the answer may end.
    public func forcedBytes(limit: Int = 256) -> [UInt8] {
        if dropsSpace { return [] }
        var threads = threads, isComplete = isComplete, bytes: [UInt8] = []
        grammar.automaton.withLock { automaton in
            while !isComplete, bytes.count < limit, let byte = automaton.onlyByte(threads) {
                let end = threads.count
                isComplete = automaton.advance(&threads, 0..<end, byte)
                threads.removeSubrange(0..<end)
                bytes.append(byte)
            }
        }
        return bytes
    }
}
