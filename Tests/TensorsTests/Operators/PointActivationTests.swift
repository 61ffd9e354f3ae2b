import Foundation
import TestSupport
import Testing
import TuttiTensors

struct PointActivationTests {
    /// Shapes of less than a stretch, of several, and of more than one thread's share.
    @Test(arguments: [(1, 1), (3, 700), (40, 3072)], [PointActivation.gelu, .geluTanh, .quickGelu])
    func agreesWithItsFormula(shape: (rows: Int, width: Int), activation: PointActivation) {
        var random = Random(seed: UInt64(shape.width))
        let step = Step(pool: ComputePool(threads: 2)), y = step.scratch(shape.rows, shape.width)
        let x = random.floats(y.count, scale: 3)
        y.fill(from: x)
        step.activate(y, activation)
        var worst = 0.0
        for row in 0..<shape.rows {
            for (place, value) in y.values(row: row).enumerated() {
                let x = Double(x[row * shape.width + place])
                let formula =
                    switch activation {
                    case .gelu: 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
                    case .geluTanh: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
                    case .quickGelu: x / (1 + exp(-1.702 * x))
                    }
                worst = max(worst, abs(Double(value) - formula) / max(1, abs(formula)))
            }
        }
        #expect(worst < 2e-6)
    }

    @Test func axesTurnTheirOwnPairs() {
        let step = Step(pool: ComputePool(threads: 2)), frequencies: [Float] = [1, 0.25]
        let angles = step.angles(places: [[0, 3, 7], [0, 1, 2]], frequencies: frequencies)
        let x = step.scratch(3, 16)
        x.fill(from: (0..<3).flatMap { _ in (0..<16).map { Float($0 % 8) + 1 } })
        step.rope(x, headWidth: 8, angles)
        for (row, places) in [(0, 0), (3, 1), (7, 2)].enumerated() {
            let turned = x.values(row: row)
            for head in 0..<2 {
                for pair in 0..<4 {
                    let place = Float(pair < 2 ? places.0 : places.1), angle = place * frequencies[pair % 2]
                    let a = Float(pair) + 1, b = Float(pair) + 5
                    #expect(abs(turned[8 * head + pair] - (a * cos(angle) - b * sin(angle))) < 1e-5)
                    #expect(abs(turned[8 * head + pair + 4] - (a * sin(angle) + b * cos(angle))) < 1e-5)
                }
            }
        }
    }

    @Test func viewsShareTheirNumbers() {
        let step = Step(pool: ComputePool(threads: 1)), x = step.scratch(6, 4)
        x.fill(from: (0..<24).map(Float.init))
        #expect(x[rows: 2..<4].values(row: 1) == [12, 13, 14, 15])
        #expect(x.reshaped(rows: 3).values(row: 1) == (8..<16).map(Float.init))
        step.scale(x[rows: 0..<1], by: 2)
        #expect(x.reshaped(rows: 12).values(row: 1) == [4, 6])
    }
}
