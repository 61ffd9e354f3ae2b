/// A regular expression with Oniguruma's meaning, over UTF-8.
///
/// It backtracks, as Oniguruma does, so that of several ways to match the same one is taken; but it counts its steps, and
/// a search that takes too many of them ends without a match, so that no pattern and no text holds a program up.
/// Case is folded one scalar for one (Oniguruma also takes `ß` for `ss`).
package struct RegularExpression: Sendable {
    package let pattern: String
    fileprivate let steps: [RegularExpressionStep]
    private let sets: [ScalarSet]
    /// For each set, which ASCII characters are in it: two words.
    private let ascii: [UInt64]
    fileprivate let loopCount: Int

    /// - Throws: `RegularExpressionError`: what is wrong with the pattern, or not known here, and where.
    package init(_ pattern: String) throws(RegularExpressionError) {
        let program = try RegularExpressionCompiler(pattern)
        self.pattern = pattern
        steps = program.steps
        sets = program.sets
        loopCount = program.loopCount
        ascii = program.sets.flatMap { set in
            [0, 64].map { base in
                (0..<64).reduce(UInt64(0)) { set.contains(UInt32(base + $1)) ? $0 | 1 << UInt64($1) : $0 }
            }
        }
    }

    /// Steps that a search through a text of `byteCount` bytes may take, all its matches together.
    static func stepLimit(byteCount: Int) -> Int { 20_000 + 500 * byteCount }

    /// The matches in `text`, from left to right. An empty one does not stand at the end of the one before.
    package func matches(in text: Span<UInt8>) -> [Range<Int>] {
        var matcher = Matcher(self, text)
        var found: [Range<Int>] = []
        var start = 0, lastEnd = -1
        while start <= text.count, let match = matcher.search(text, from: start) {
            if match.isEmpty, match.lowerBound == lastEnd {
                guard start < text.count else { break }
                start = CharacterScanner.next(text, start)
            } else {
                found.append(match)
                start = match.upperBound
                lastEnd = start
            }
        }
        return found
    }

    @inline(__always)
    fileprivate func isMember(_ set: Int, _ scalar: UInt32) -> Bool {
        if scalar < 128 { return ascii[2 * set + Int(scalar >> 6)] >> UInt64(scalar & 63) & 1 == 1 }
        return sets[set].contains(scalar)
    }
}

/// The state of a search.
private struct Matcher {
    /// What to do when the way taken fails.
    private enum Choice {
        case step(Int, Int)
        /// The run that ends here may end earlier, down to the second place.
        case run(step: Int, end: Int, start: Int)
        case loop(Int, Int)
    }

    private let expression: RegularExpression
    private let steps: [RegularExpressionStep]
    private var choices: [Choice] = []
    private var loops: [Int]
    private var stepsLeft: Int
    private var searchStart = 0
    private static let mostChoices = 1 << 22
    /// From where no match was reached, noted once a search has become long: nested repetitions come to the same places
    /// again and again, and what comes behind a place does not depend on how it was reached.
    private var failures: Set<Failure> = []
    private let halfLimit: Int

    private struct Failure: Hashable { let step: Int, place: Int, loops: [Int] }

    init(_ expression: RegularExpression, _ text: Span<UInt8>) {
        self.expression = expression
        steps = expression.steps
        loops = [Int](repeating: -1, count: expression.loopCount)
        stepsLeft = RegularExpression.stepLimit(byteCount: text.count)
        halfLimit = stepsLeft / 2
    }

    mutating func search(_ text: Span<UInt8>, from start: Int) -> Range<Int>? {
        searchStart = start
        var start = start
        while true {
            choices.removeAll(keepingCapacity: true)
            if let end = match(text, at: 0, start) { return start..<end }
            guard start < text.count, stepsLeft > 0 else { return nil }
            start = CharacterScanner.next(text, start)
        }
    }

    /// Where the match of the steps from `first` that begins at `start` ends.
    private mutating func match(_ text: Span<UInt8>, at first: Int, _ start: Int) -> Int? {
        let base = choices.count
        var step = first, place = start
        while true {
            stepsLeft -= 1
            if stepsLeft <= 0 || choices.count > Self.mostChoices {
                stepsLeft = 0
                choices.removeAll()
                return nil
            }
            var fails = false
            switch steps[step] {
            case .accept:
                choices.removeLast(choices.count - base)
                return place
            case .scalar(let set):
                if place < text.count {
                    let (scalar, next) = CharacterScanner.scalar(text, place)
                    if expression.isMember(set, scalar) {
                        place = next
                        step += 1
                    } else {
                        fails = true
                    }
                } else {
                    fails = true
                }
            case .run(let set):
                let start = place
                place = run(text, set, place)
                if place > start { choices.append(.run(step: step + 1, end: place, start: start)) }
                step += 1
            case .either(let first, let second):
                choices.append(.step(second, place))
                step = first
            case .jump(let target): step = target
            case .lookahead(let end, let negative):
                let isThere = match(text, at: step + 1, place) != nil
                fails = isThere == negative
                step = end
            case .lookbehind(let end, let count, let negative):
                var isThere = false
                if let before = back(text, place, count), match(text, at: step + 1, before) == place { isThere = true }
                fails = isThere == negative
                step = end
            case .atomic(let end):
                if let found = match(text, at: step + 1, place) {
                    place = found
                    step = end
                } else {
                    fails = true
                }
            case .assertion(let assertion):
                fails = !holds(assertion, text, place)
                step += 1
            case .loopStart(let loop):
                choices.append(.loop(loop, loops[loop]))
                loops[loop] = place
                step += 1
            case .loopEnd(let loop):
                fails = loops[loop] == place
                step += 1
            }
            if stepsLeft <= 0 { return nil }
            guard fails else { continue }
            var isResumed = false
            while choices.count > base, !isResumed {
                switch choices[choices.count - 1] {
                case .step(let target, let start):
                    choices.removeLast()
                    (step, place) = (target, start)
                    isResumed = first > 0 || isNew(target, start)
                case .run(let target, let end, let start):
                    var shorter = end - 1
                    while shorter > start, text[shorter] & 0xC0 == 0x80 { shorter -= 1 }
                    if shorter > start {
                        choices[choices.count - 1] = .run(step: target, end: shorter, start: start)
                    } else {
                        choices.removeLast()
                    }
                    (step, place) = (target, shorter)
                    isResumed = first > 0 || isNew(target, shorter)
                case .loop(let loop, let start):
                    choices.removeLast()
                    loops[loop] = start
                }
            }
            if !isResumed { return nil }
        }
    }

    /// Whether a way has not been tried before in this search; it is noted as one that is being tried.
    ///
    /// Only for ways to the end of the whole expression: within a lookahead or an atomic group they end elsewhere.
    private mutating func isNew(_ step: Int, _ place: Int) -> Bool {
        guard stepsLeft < halfLimit else { return true }
        stepsLeft -= 1
        return failures.insert(Failure(step: step, place: place, loops: loops)).inserted
    }

    private mutating func run(_ text: Span<UInt8>, _ set: Int, _ start: Int) -> Int {
        var place = start
        while place < text.count {
            let (scalar, next) = CharacterScanner.scalar(text, place)
            if !expression.isMember(set, scalar) { break }
            place = next
            stepsLeft -= 1
        }
        return place
    }

    private func back(_ text: Span<UInt8>, _ place: Int, _ count: Int) -> Int? {
        var place = place
        for _ in 0..<count {
            guard place > 0 else { return nil }
            place = CharacterScanner.previous(text, place)
        }
        return place
    }

    private func holds(_ assertion: RegularExpressionNode.Assertion, _ text: Span<UInt8>, _ place: Int) -> Bool {
        switch assertion {
        case .textStart: return place == 0
        case .textEnd: return place == text.count
        case .lastLineEnd: return place == text.count || (place == text.count - 1 && text[place] == 0x0A)
        // At the very end behind a newline no line begins.
        case .lineStart: return place == 0 || (place < text.count && text[place - 1] == 0x0A)
        case .lineEnd: return place == text.count || text[place] == 0x0A
        case .searchStart: return place == searchStart
        case .wordBoundary, .noWordBoundary:
            func isWord(at place: Int) -> Bool { ScalarSet.words.contains(CharacterScanner.scalar(text, place).value) }
            let before = place > 0 && isWord(at: CharacterScanner.previous(text, place))
            let behind = place < text.count && isWord(at: place)
            return (before != behind) == (assertion == .wordBoundary)
        }
    }
}
