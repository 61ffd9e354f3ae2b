/// What a step over few rows costs, in steps over one row.
///
/// Until the arithmetic outweighs the reading of the weights, more rows cost next to nothing. The figures lie between
/// those of the models that were measured (Benchmarks/Results/2026-11.md, speculation), nearer to the dear ones: they
/// are fixed rather than measured on the way, so that what is computed together never depends on a clock.
package enum StepCost {
    /// For 1 to 8 rows: kernels take 1, 2, 4 or 8 at once.
    private static let few = [1, 1.13, 1.45, 1.35, 1.75, 1.9, 2.3, 2.5]

    /// What a row adds beyond those.
    private static let further = 0.3

    package static func of(rows: Int) -> Double {
        guard rows > few.count else { return rows > 0 ? few[rows - 1] : 0 }
        return few[few.count - 1] + further * Double(rows - few.count)
    }

    /// How many guesses of these chances, the likeliest first, give the most tokens for what the step costs.
    /// - Parameters:
    ///   - tokens: What the step brings without guesses.
    ///   - rows: What it computes without guesses.
    package static func worthwhileCount(_ chances: [Double], tokens: Int, rows: Int) -> Int {
        var best = 0, expected = Double(tokens), bestRate = expected / of(rows: rows)
        for (index, chance) in chances.enumerated() {
            expected += chance
            let rate = expected / of(rows: rows + index + 1)
            if rate > bestRate { (best, bestRate) = (index + 1, rate) }
        }
        return best
    }
}
