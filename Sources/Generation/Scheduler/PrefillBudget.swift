/// How many rows of prompts a step takes beside sequences that decode: so many that they lengthen it by at most a fixed
/// share of what it takes alone. Nobody's time between tokens doubles, then, because somebody sent a long prompt.
///
/// All of it is measured, not assumed: what rows cost depends on the model, the machine, the depth and on what else
/// runs, and not evenly on their number, since kernels take rows in tiles. For each number of decoding rows it keeps what
/// a step takes without prompts, and what pieces of several sizes add to it. It begins with a small piece and grows as
/// long as that stays within the share. Now and then, while prompts are computed, it looks again: at a step without
/// them, and at the next larger piece.
package struct PrefillBudget {
    /// A step with prompts takes at most so much longer than one without, as a share of it. Less than 1, because what
    /// is bounded is what the slowest steps take, not the mean.
    package static let share = 0.75
    /// Prompts move on by so many rows a step where even one row costs too much.
    package static let least = 4
    /// Of so many steps with prompts one is followed by a look at what was not measured since. Larger pieces are too
    /// large more seldom than once in twenty steps, which the 95th percentile does not see.
    package static let stepsBetweenLooks = 48

    /// Sizes of pieces, each at most half as large again as the one before, except for the smallest.
    private static let sizes = [1, 2, 3] + (2...20).flatMap { [1 << $0, 3 << ($0 - 1)] }

    /// What was measured beside one number of decoding rows.
    private struct Prices {
        /// Seconds of a step without prompts.
        var alone: Double
        /// Seconds that a piece of each size added to it.
        var added: [Double?]
        /// Steps with prompts since the last look.
        var steps = 0
    }

    private let most: Int
    private let sizes: ArraySlice<Int>
    private var prices: [Int: Prices] = [:]

    /// - Parameter most: The most rows of a step.
    package init(most: Int) {
        self.most = most
        sizes = PrefillBudget.sizes.prefix { $0 <= max(1, most) }
    }

    /// Rows of prompts in the next step; 0 when it has to be seen first what the step takes without.
    package func rows(besideDecoding decodingRows: Int) -> Int {
        guard let prices = prices[PrefillBudget.sizeClass(decodingRows)],
            prices.steps < PrefillBudget.stepsBetweenLooks
        else { return 0 }
        let limit = PrefillBudget.share * prices.alone
        let tooLarge = firstTooLarge(prices)
        guard let known = sizes.indices.last(where: { $0 < tooLarge && prices.added[$0] != nil }),
            let added = prices.added[known]
        else {
            // Nothing fits, or nothing is known: the second size comes first, then the one below.
            return tooLarge == 0 ? min(PrefillBudget.least, most) : sizes[min(tooLarge - 1, 1)]
        }
        // The next larger one is tried: only that tells whether it fits. A piece twice as large adds at most twice as
        // much, unless it is one where kernels change.
        let larger = sizes.indices.last { index in
            index > known && index < tooLarge && sizes[index] <= 2 * sizes[known]
                && (index == known + 1 || added * Double(sizes[index]) <= limit * Double(sizes[known]))
        }
        return sizes[larger ?? known]
    }

    /// The place of the first size that was seen to be too large.
    private func firstTooLarge(_ prices: Prices) -> Int {
        sizes.indices.first { (prices.added[$0] ?? 0) > PrefillBudget.share * prices.alone } ?? sizes.count
    }

    package mutating func note(decodingRows: Int, prefillRows: Int, seconds: Double) {
        guard decodingRows > 0 else { return }
        let key = PrefillBudget.sizeClass(decodingRows)
        var known = prices[key] ?? Prices(alone: seconds, added: Array(repeating: nil, count: sizes.count))
        if prefillRows == 0 {
            let isLook = known.steps >= PrefillBudget.stepsBetweenLooks
            // One look stands for many steps.
            known.alone += (isLook ? 0.5 : 0.25) * (seconds - known.alone)
            if isLook {
                known.steps = 0
                // What was too large may fit by now: it is tried again, from the smallest on.
                for size in firstTooLarge(known)..<sizes.count { known.added[size] = nil }
            }
        } else if prices[key] != nil, let size = sizes.lastIndex(where: { $0 <= prefillRows }) {
            let added = max(0, seconds - known.alone)
            known.added[size] = known.added[size].map { $0 + 0.25 * (added - $0) } ?? added
            known.steps += 1
        } else {
            return
        }
        prices[key] = known
    }

    /// Numbers of decoding rows that differ by less than a quarter count as one.
    private static func sizeClass(_ rows: Int) -> Int {
        guard rows > 4 else { return rows }
        let shift = Int.bitWidth - 3 - rows.leadingZeroBitCount
        return (rows >> shift) << shift
    }
}
