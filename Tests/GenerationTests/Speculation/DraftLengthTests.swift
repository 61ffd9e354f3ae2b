import Testing
import TuttiGeneration

/// How many guesses are worth their cost.
@Suite struct DraftLengthTests {
    @Test func certainGuessesFillAStepThatCostsLittle() {
        #expect(StepCost.worthwhileCount([], tokens: 1, rows: 1) == 0)
        #expect(StepCost.worthwhileCount([1, 1, 1], tokens: 1, rows: 1) == 3)
        #expect(StepCost.worthwhileCount([0.01, 0.0001], tokens: 1, rows: 1) == 0)
        // One that may be right is worth a second row, three are not worth four.
        #expect(StepCost.worthwhileCount([0.4, 0.16, 0.06], tokens: 1, rows: 1) == 1)
    }

    @Test func theCountGivesTheMostTokensForTheCost() {
        for rows in 1...12 {
            for chance in stride(from: 0.05, through: 1, by: 0.05) {
                var chances: [Double] = []
                for _ in 0..<7 { chances.append((chances.last ?? 1) * chance) }
                let count = StepCost.worthwhileCount(chances, tokens: rows, rows: rows)
                func rate(_ count: Int) -> Double {
                    (Double(rows) + chances.prefix(count).reduce(0, +)) / StepCost.of(rows: rows + count)
                }
                #expect((0...7).allSatisfy { rate($0) <= rate(count) })
            }
        }
    }

    @Test func ratesFollowWhatHappens() {
        var rates = DraftRates(priors: [0.5, 0.9])
        #expect(rates[0] == 0.5 && rates[1] == 0.9)
        for _ in 0..<100 { rates.note(grade: 0, isAccepted: true) }
        for _ in 0..<100 { rates.note(grade: 1, isAccepted: false) }
        #expect(rates[0] > 0.95 && rates[1] < 0.05)
        for _ in 0..<100 { rates.note(grade: 0, isAccepted: false) }
        #expect(rates[0] < 0.05)
    }

    /// The share of steps that go without guesses.
    private func rested(gain: Double, steps: Int) -> Double {
        var pace = DraftPace(), rested = 0
        for _ in 0..<steps {
            if pace.rests() { rested += 1 } else { pace.note(gain: gain) }
        }
        return Double(rested) / Double(steps)
    }

    @Test func guessesThatCostMoreThanTheyBringGetRare() {
        #expect(rested(gain: 1, steps: 1000) == 0)
        #expect(rested(gain: 0.05, steps: 1000) == 0)
        #expect(rested(gain: -0.5, steps: 1000) > 0.9)
    }
}
