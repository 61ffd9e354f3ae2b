package import TuttiTensors

/// Drafts what followed the last tokens where they stood before in the same sequence.
///
/// A guess is graded by how many of the tokens before it agree with those before its origin: two in a row are often
/// chance, sixteen are a quotation.
final class PromptLookup: Drafter {
    let priorRates = [0.2, 0.35, 0.5, 0.65, 0.8, 0.9]
    let tokenCost = 0.0
    private var indices: [Scheduler.ID: PairIndex] = [:]
    /// Of sequences that have one, a prediction and behind it the sequence itself, as far as it was seen.
    private var expected: [Scheduler.ID: (tokens: [Token], prefixCount: Int)] = [:]

    /// Puts a prediction before a sequence, for its answer to be found in; once told, it is kept.
    /// - Parameter prompt: The sequence as it is at first: its last tokens lead to the prediction's beginning.
    func expect(_ prediction: [Token], of id: Scheduler.ID, after prompt: [Token]) {
        guard expected[id] == nil else { return }
        let prefix = prompt.suffix(PairIndex.longestLength) + prediction
        expected[id] = (Array(prefix), prefix.count)
    }

    func draft(_ requests: [DraftRequest]) -> [Draft] {
        requests.map { request in
            var index = indices.removeValue(forKey: request.id) ?? PairIndex()
            defer { indices[request.id] = index }
            guard var history = expected.removeValue(forKey: request.id) else {
                return draft(request, request.tokens, &index)
            }
            history.tokens += request.tokens[(history.tokens.count - history.prefixCount)...]
            defer { expected[request.id] = history }
            return draft(request, history.tokens[...], &index)
        }
    }

    private func draft(_ request: DraftRequest, _ tokens: ArraySlice<Token>, _ index: inout PairIndex) -> Draft {
        index.extend(tokens)
        guard request.limit > 0, let match = index.longestMatch(tokens) else { return Draft() }
        var draft = Draft()
        for offset in 0..<request.limit {
            // Behind the end of what is known come the guesses themselves: a repetition goes on repeating.
            let origin = match.place + offset, known = tokens.count
            let token = origin < known ? tokens[origin] : draft.tokens[origin - known]
            // A picture's place is nothing that a model says.
            guard token >= 0 else { break }
            draft.tokens.append(token)
            draft.grades.append(PromptLookup.grade(match.length + offset))
        }
        return draft
    }

    func end(_ id: Scheduler.ID) {
        indices[id] = nil
        expected[id] = nil
    }

    /// Matches of 2, 3, 4, 5 to 7, 8 to 15, 16 and more tokens.
    private static func grade(_ length: Int) -> Int {
        switch length {
        case ...4: max(0, length - 2)
        case 5...7: 3
        case 8...15: 4
        default: 5
        }
    }
}

/// Where each pair of neighbouring tokens stands in a sequence that grows.
///
/// Places of the same pair are chained, the latest first.
package struct PairIndex {
    /// For each pair, the place behind its latest occurrence.
    private var latest: [UInt64: Int32] = [:]
    /// For each place, the place behind the occurrence before of the pair that ends there; −1 for none.
    private var earlier: [Int32] = []

    /// The most occurrences that a search looks at, and the most tokens that it compares.
    package static let candidateCount = 16, longestLength = 32

    private static func pair(_ tokens: ArraySlice<Token>, before place: Int) -> UInt64 {
        UInt64(UInt32(bitPattern: tokens[place - 2])) << 32 | UInt64(UInt32(bitPattern: tokens[place - 1]))
    }

    package init() {}

    /// Takes in the pairs that a token follows.
    /// - Precondition: `tokens` begins at 0 with what was taken in before.
    package mutating func extend(_ tokens: ArraySlice<Token>) {
        while earlier.count < tokens.count {
            let place = earlier.count
            guard place >= 2 else {
                earlier.append(-1)
                continue
            }
            let pair = PairIndex.pair(tokens, before: place)
            earlier.append(latest.updateValue(Int32(clamping: place), forKey: pair) ?? -1)
        }
    }

    /// The place behind the longest earlier run that equals the last tokens, of equal ones the latest, and its length.
    package func longestMatch(_ tokens: ArraySlice<Token>) -> (place: Int, length: Int)? {
        guard tokens.count > 2, var next = latest[PairIndex.pair(tokens, before: tokens.count)] else { return nil }
        var best: (place: Int, length: Int)?
        for _ in 0..<PairIndex.candidateCount where next >= 0 {
            let place = Int(next), most = min(place, PairIndex.longestLength)
            var length = 2
            while length < most, tokens[place - 1 - length] == tokens[tokens.count - 1 - length] { length += 1 }
            if length > best?.length ?? 0 { best = (place, length) }
            if length == PairIndex.longestLength { break }
            next = earlier[place]
        }
        return best
    }
}
