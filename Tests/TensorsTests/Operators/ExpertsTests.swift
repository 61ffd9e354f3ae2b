import Foundation
import TestSupport
import Testing
import TuttiTensors

@Suite struct ExpertsTests {
    private func tensor(_ step: Step, _ values: [Float], rows: Int) -> Tensor {
        let tensor = step.scratch(rows, values.count / rows)
        tensor.fill(from: values)
        return tensor
    }

    @Test func rowsAreGroupedByExpert() {
        let step = Step(pool: ComputePool(threads: 1))
        let scores = tensor(step, [1, 3, 2, 0, /**/ 5, 5, 5, 5, /**/ 0, -1, 4, 4.5], rows: 3)
        let shares = step.route(scores, count: 2, .softmaxOverChosen)
        // Of equal scores the first count.
        #expect(shares.map(\.expert) == [0, 1, 2, 3])
        #expect(shares.map(\.rows) == [[1], [0, 1], [0, 2], [2]])
        #expect(shares[0].weights == [0.5])
        #expect(abs(shares[1].weights[0] - 1 / (1 + exp(-1))) < 1e-6)
    }

    @Test func sharesOfAllSumToLessThanOne() {
        let step = Step(pool: ComputePool(threads: 1))
        let scores: [Float] = [0.5, -1, 2, 1.5], total = scores.reduce(0) { $0 + exp($1) }
        let shares = step.route(tensor(step, scores, rows: 1), count: 2, .softmaxOverAll)
        #expect(shares.map(\.expert) == [2, 3])
        #expect(
            abs(shares[0].weights[0] - exp(2) / total) < 1e-6 && abs(shares[1].weights[0] - exp(1.5) / total) < 1e-6)
    }

    @Test func numbersThatAreNoneRankLast() {
        let step = Step(pool: ComputePool(threads: 1))
        let shares = step.route(tensor(step, [.nan, 1, .infinity, 0], rows: 1), count: 2, .softmaxOverChosen)
        #expect(shares.map(\.expert) == [1, 3])
        #expect(shares.allSatisfy { $0.weights.allSatisfy(\.isFinite) })
    }

    @Test func resultsAreAddedToTheirRows() {
        let step = Step(pool: ComputePool(threads: 2))
        let shares = step.route(tensor(step, [1, 0, /**/ 0, 1, /**/ 1, 0], rows: 3), count: 1, .softmaxOverChosen)
        let sum = step.zeros(3, 2)
        step.add(tensor(step, [1, 2, 3, 4], rows: 2), of: shares[0], to: sum)
        step.add(tensor(step, [5, 6], rows: 1), of: shares[1], to: sum)
        #expect((0..<3).flatMap { sum.values(row: $0) } == [1, 2, 5, 6, 3, 4])
    }
}
