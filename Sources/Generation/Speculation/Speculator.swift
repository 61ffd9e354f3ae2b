import TuttiTensors

/// Decides how many guesses a step confirms: as many as make the step's tokens cheapest.
///
/// For each sequence it keeps how often guesses of each grade were right. A guess is taken only if all before it are, so
/// its chance is the product of their rates; of all sequences' guesses the likeliest are computed, up to the number that
/// brings the most tokens for what the step costs. Where nothing is likely, nothing is guessed.
final class Speculator {
    /// One sequence's part of a step.
    struct Part {
        let id: Scheduler.ID
        let tokens: ArraySlice<Token>
        let longest: Int
        /// The most tokens that may be guessed for it; 0 where its next token is not wanted yet.
        let limit: Int
    }

    /// The most guesses for one sequence in a step: with the row before them they stay one unit of attention.
    static let longestDraft = 7

    private struct State {
        var rates: DraftRates
        /// What was guessed for the step under way, and how many of it are computed.
        var draft = Draft()
        var count = 0
        var pace = DraftPace()
    }

    private let drafter: any Drafter
    private var states: [Scheduler.ID: State] = [:]

    init(_ drafter: any Drafter) { self.drafter = drafter }

    /// The guesses to compute behind each part's rows.
    /// - Parameter rows: What the step computes without them.
    func drafts(_ parts: [Part], rows: Int) -> [Scheduler.ID: [Token]] {
        let decoding = max(1, parts.count { $0.limit > 0 })
        // Before anything is guessed: a token's share of the step, and what one more row adds to it.
        let share = StepCost.of(rows: rows) / Double(decoding)
        let least = (drafter.tokenCost + StepCost.of(rows: rows + 1) - StepCost.of(rows: rows)) / share
        let requests = parts.map { part in
            var state = states[part.id] ?? State(rates: DraftRates(priors: drafter.priorRates))
            let isResting = part.limit > 0 && state.pace.rests()
            states[part.id] = state
            return DraftRequest(
                id: part.id, tokens: part.tokens, longest: part.longest, limit: isResting ? 0 : part.limit,
                rates: state.rates, leastChance: least)
        }
        let drafts = drafter.draft(requests)
        var chances: [(chance: Double, part: Int)] = []
        for (index, draft) in drafts.enumerated() {
            states[parts[index].id]?.draft = draft
            states[parts[index].id]?.count = 0
            var chance = 1.0
            for grade in draft.grades {
                chance *= requests[index].rates[grade]
                chances.append((chance, index))
            }
        }
        // Stable: of one sequence's guesses an earlier one is never behind a later one, which is no likelier.
        chances = chances.enumerated().sorted { ($0.element.chance, $1.offset) > ($1.element.chance, $0.offset) }
            .map(\.element)
        let taken = StepCost.worthwhileCount(chances.map(\.chance), tokens: decoding, rows: rows)
        var result: [Scheduler.ID: [Token]] = [:]
        for (_, index) in chances.prefix(taken) { states[parts[index].id]?.count += 1 }
        for (part, draft) in zip(parts, drafts) {
            if let count = states[part.id]?.count, count > 0 { result[part.id] = Array(draft.tokens.prefix(count)) }
        }
        return result
    }

    /// Learns from the tokens that were chosen in a step: those that were guessed right, and the one behind them.
    func note(_ id: Scheduler.ID, chosen: [Token]) {
        guard var state = states[id] else { return }
        var rightCount = 0
        // One guess more than was computed may be compared.
        for (token, (guess, grade)) in zip(chosen, zip(state.draft.tokens, state.draft.grades)) {
            state.rates.note(grade: grade, isAccepted: token == guess)
            guard token == guess else { break }
            rightCount += 1
        }
        if !state.draft.tokens.isEmpty {
            let cost =
                drafter.tokenCost * Double(state.draft.tokens.count) + StepCost.of(rows: 1 + state.count)
                - StepCost.of(rows: 1)
            state.pace.note(gain: Double(min(rightCount, state.count)) - cost)
        }
        state.draft = Draft()
        states[id] = state
    }

    func end(_ id: Scheduler.ID) {
        states[id] = nil
        drafter.end(id)
    }
}
