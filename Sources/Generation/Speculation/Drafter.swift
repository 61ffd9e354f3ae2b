import TuttiTensors

/// Guesses how sequences go on.
protocol Drafter: AnyObject {
    /// For each grade that this drafter gives, how often its guesses are right: where a sequence begins to count.
    var priorRates: [Double] { get }
    /// What one guess costs, in steps over one row of the model that is drafted for.
    var tokenCost: Double { get }

    /// Follows the sequences of a step, and guesses for those that want it.
    /// - Returns: A draft for each request, in order; empty ones where there is nothing to guess.
    func draft(_ requests: [DraftRequest]) -> [Draft]

    /// A sequence is over.
    func end(_ id: Scheduler.ID)
}

/// What is asked of a drafter for one sequence.
struct DraftRequest {
    let id: Scheduler.ID
    /// The sequence's tokens as far as they are settled. From one request to the next they only grow.
    let tokens: ArraySlice<Token>
    /// The most tokens that the sequence will ever have.
    let longest: Int
    /// The most tokens to guess; 0 asks only to follow.
    let limit: Int
    /// How often this sequence's guesses of each grade were right.
    let rates: DraftRates
    /// A guess is not worth its cost when it is less likely than this to be taken, with all before it.
    let leastChance: Double
}

/// Tokens that may follow, and for each a grade that says how sure it is.
struct Draft {
    var tokens: [Token] = []
    var grades: [Int] = []
}

/// How often the guesses of each grade were right, in one sequence: older ones count less and less.
package struct DraftRates {
    private var accepted: [Double]
    private var tried: [Double]

    /// What the priors weigh, in guesses.
    private static let priorWeight = 4.0
    /// What is left of a guess's weight when the next one of its grade is noted.
    private static let memory = 0.95

    package init(priors: [Double]) {
        accepted = priors.map { $0 * DraftRates.priorWeight }
        tried = Array(repeating: DraftRates.priorWeight, count: priors.count)
    }

    package subscript(grade: Int) -> Double { accepted[grade] / tried[grade] }

    package mutating func note(grade: Int, isAccepted: Bool) {
        accepted[grade] = accepted[grade] * DraftRates.memory + (isAccepted ? 1 : 0)
        tried[grade] = tried[grade] * DraftRates.memory + 1
    }
}
