import Foundation
import TuttiTensors

/// Options of ``DRY``.
public struct DRYOptions: Sendable, Equatable {
    /// 0 turns DRY off. Range: 0 to 100. Typical: 0.8.
    public var multiplier: Double = 0
    /// How fast the penalty grows with the length of the repetition. Range: 1 to 10. Typical: 1.75.
    public var base: Double = 1.75
    /// The shortest repetition that is penalised, with the multiplier itself. Range: 1 upwards. Typical: 2 for prose, 4
    /// or more for code.
    public var allowedLength: Int = 2
    /// How many of the last tokens, prompt and answer together, are searched; nil is all.
    public var window: Int?
    /// Texts over which no repetition reaches: names and punctuation that a dialogue repeats of need.
    public var sequenceBreakers: [String] = ["\n", ":", "\"", "*"]

    public init() {}

    var isOff: Bool { multiplier == 0 || window == 0 }

    func validate() throws(SamplingError) {
        try check(multiplier, "dry.multiplier", in: 0...100, "from 0 (off) to 100")
        try check(base, "dry.base", in: 1...10, "from 1 to 10")
        guard allowedLength >= 1 else {
            throw .outOfRange(option: "dry.allowedLength", value: Double(allowedLength), range: "1 or more")
        }
        if let window, window < 0 {
            throw .outOfRange(option: "dry.window", value: Double(window), range: "0 or more, or absent for all")
        }
        _ = try StringMatcher(sequenceBreakers, option: "dry.sequenceBreakers")
    }
}

/// Makes the token unlikely that would carry on a sequence that was said before ("don't repeat yourself"): where the
/// last `n` tokens stand earlier too, the token that followed them there loses multiplier · base^(n − allowed length).
///
/// Ranges and typical values stand at ``DRYOptions``. A repetition does not reach over a sequence breaker, and a token
/// that ends one is never penalised. Breakers are looked for in the text of the tokens, so one may span several.
/// - Complexity: O(window) a token.
/// - SeeAlso: <https://github.com/oobabooga/text-generation-webui/pull/5637>, where P. E. Weidmann proposed it.
struct DRY: Sendable {
    private let options: DRYOptions
    private let breakers: StringMatcher
    private var breakerState = StringMatcher.start
    /// Prompt and answer; a token that ends a breaker is −1, which is equal to nothing.
    private var history: [Token] = []
    /// `matches[i]`: how many tokens before place `i`, counted from the end, equal the last ones.
    private var matches: [Int32] = []
    /// The longest repetition that each token would carry on.
    private var longest: [Token: Int] = [:]

    init(_ options: DRYOptions) throws(SamplingError) {
        try options.validate()
        self.options = options
        breakers = try StringMatcher(options.sequenceBreakers, option: "dry.sequenceBreakers")
    }

    var isOff: Bool { options.isOff }
    var needsText: Bool { !isOff && !options.sequenceBreakers.isEmpty }

    /// Notes a token; `bytes` is its text.
    mutating func append(_ token: Token, bytes: [UInt8]) {
        var isBreaker = false
        for byte in bytes {
            breakerState = breakers.next(breakerState, byte)
            if breakers.match(breakerState) != nil { isBreaker = true }
        }
        history.append(isBreaker ? -1 : token)
    }

    mutating func apply(to scores: inout MutableSpan<Float>) {
        findRepetitions()
        for (token, length) in longest where scores.indices.contains(Int(token)) {
            let penalty = options.multiplier * pow(options.base, Double(length - options.allowedLength))
            // Long repetitions overflow; 1e30 rules a token out as surely, and stays a number.
            scores[Int(token)] -= Float(min(penalty, 1e30))
        }
    }

    /// Fills `longest`, by the Z-algorithm (Gusfield 1997, section 1.4) over the window read backwards.
    private mutating func findRepetitions() {
        longest.removeAll(keepingCapacity: true)
        let last = history.count - 1, count = min(history.count, options.window ?? .max)
        guard count > options.allowedLength, history[last] >= 0 else { return }
        while matches.count < count { matches.append(0) }
        // The run `left..<right` equals the last tokens; it is the one that reaches furthest so far.
        var left = 0, right = 0
        for i in 1..<count {
            var length = i < right ? min(right - i, Int(matches[i - left])) : 0
            while i + length < count, history[last - length] >= 0, history[last - length] == history[last - i - length]
            {
                length += 1
            }
            if i + length > right { (left, right) = (i, i + length) }
            matches[i] = Int32(length)
            let follower = history[last - i + 1]
            if length >= options.allowedLength, follower >= 0 {
                longest[follower] = max(longest[follower] ?? 0, length)
            }
        }
    }
}

extension DRYOptions: Codable {
    private enum CodingKeys: String, CodingKey { case multiplier, base, allowedLength, window, sequenceBreakers }

    /// Reads what is there; what is absent keeps its default.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        multiplier = try values.decodeIfPresent(Double.self, forKey: .multiplier) ?? multiplier
        base = try values.decodeIfPresent(Double.self, forKey: .base) ?? base
        allowedLength = try values.decodeIfPresent(Int.self, forKey: .allowedLength) ?? allowedLength
        window = try values.decodeIfPresent(Int.self, forKey: .window)
        sequenceBreakers = try values.decodeIfPresent([String].self, forKey: .sequenceBreakers) ?? sequenceBreakers
    }
}
