/// How many rows of prompts a step takes beside sequences that decode: so many that they lengthen it by at most a fixed
/// share of what it takes alone. Nobody's time between tokens doubles, then, because somebody sent a long prompt.
///
/// Both times are measured, not assumed: what a row costs depends on the model, the machine, the depth and on what else
/// runs. For each number of decoding rows it keeps the mean duration of steps without prompts, and makes such a step now
/// and then while prompts are computed; what a step with prompts takes beyond that is the price of its rows.
package struct PrefillBudget {
    /// A step with prompts takes at most so much longer than one without, as a share of it. Less than 1, because what
    /// is bounded is what the slowest steps take, not the mean.
    package static let share = 0.75
    /// Prompts move on by so many rows a step, whatever they cost.
    package static let least = 8
    /// Of so many steps beside prompts one is made without, to see what that takes now.
    package static let stepsBetweenProbes = 32

    /// The most rows of a step.
    private let most: Int
    /// The mean duration of steps without prompts, by the class of their number of rows.
    private var decodeSeconds: [Int: Double] = [:]
    /// What a row of a prompt added to a step.
    private var secondsPerRow: Double?
    /// The rows that were granted last, and how many steps ago it was seen what a step takes without.
    private var lastRows = 0
    private var stepsSinceProbe = 0

    /// How much a new measurement counts in a mean.
    private static let weight = 0.25

    package init(most: Int) { self.most = most }

    /// Rows of prompts in the next step; 0 when it has to be seen first what the step takes without.
    package func rows(besideDecoding decodingRows: Int) -> Int {
        guard stepsSinceProbe < PrefillBudget.stepsBetweenProbes,
            let alone = decodeSeconds[PrefillBudget.sizeClass(decodingRows)]
        else { return 0 }
        let least = min(PrefillBudget.least, most)
        guard let secondsPerRow, secondsPerRow > 0 else { return least }
        // A small piece tells little about what a large one costs: it grows step by step.
        let limit = min(most, max(least, 2 * lastRows))
        let affordable = PrefillBudget.share * alone / secondsPerRow
        return affordable < Double(limit) ? max(least, Int(affordable)) : limit
    }

    package mutating func note(decodingRows: Int, prefillRows: Int, seconds: Double) {
        guard decodingRows > 0 else { return }
        let size = PrefillBudget.sizeClass(decodingRows)
        guard prefillRows > 0 else {
            stepsSinceProbe = 0
            decodeSeconds[size] = PrefillBudget.mean(decodeSeconds[size], seconds)
            return
        }
        // The end of a prompt may be a small piece, which would bear the price of the step itself.
        let isTelling = 2 * prefillRows >= rows(besideDecoding: decodingRows)
        stepsSinceProbe += 1
        guard isTelling, let alone = decodeSeconds[size] else { return }
        secondsPerRow = PrefillBudget.mean(secondsPerRow, max(0, seconds - alone) / Double(prefillRows))
        lastRows = prefillRows
    }

    private static func mean(_ old: Double?, _ new: Double) -> Double { old.map { $0 + weight * (new - $0) } ?? new }

    /// Numbers of rows that differ by less than a quarter count as one.
    private static func sizeClass(_ rows: Int) -> Int {
        guard rows > 4 else { return rows }
        let shift = Int.bitWidth - 3 - rows.leadingZeroBitCount
        return (rows >> shift) << shift
    }
}
