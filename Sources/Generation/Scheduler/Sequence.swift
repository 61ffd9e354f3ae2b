import TuttiTensors

/// One sequence in the engine's care.
final class Sequence {
    /// What is wanted of it.
    enum Task {
        case answer(Answer)
        case score(Outlet<Choice>.Source, top: Int)
    }

    let task: Task
    let arrived: ContinuousClock.Instant
    let promptCount: Int
    /// The most tokens that it may come to have.
    let tokenLimit: Int
    /// The most of its tokens that one step computes.
    let rowLimit: Int
    /// The prompt, then what was chosen.
    var tokens: [Token]
    /// How many of `tokens` have their keys and values in `pages`.
    var computed = 0
    /// The regime of rotary positions in which they were computed.
    var regime = 0
    /// A table for each group of layers.
    var pages: [PageTable] = []
    /// The first page of each table that is still held.
    var firstPages: [Int] = []
    /// The nodes of the tree that have its first pages; those are read only.
    var path: [PrefixTree.Node] = []
    /// How many of them were there when it began.
    var takenOver = 0
    /// Lengths at which other sequences are likely to go on from it.
    var landmarks: [Int] = []

    /// Whether it was admitted before: what its reader was told then is not told again.
    var hasBegun = false
    /// Of a sequence that is scored, the tokens whose scores its reader has.
    var scored = 0

    init(
        tokens: [Token], tokenLimit: Int, rowLimit: Int = .max, task: Task, arrived: ContinuousClock.Instant
    ) {
        self.tokens = tokens
        self.tokenLimit = tokenLimit
        self.rowLimit = rowLimit
        self.task = task
        self.arrived = arrived
        promptCount = tokens.count
    }

    func finish(throwing error: any Error) {
        switch task {
        case .answer(let answer): answer.source.finish(throwing: error)
        case .score(let source, _): source.finish(throwing: error)
        }
    }
}

/// The state of an answer under way.
final class Answer {
    let source: Outlet<GenerationEvent>.Source
    var sampler: Sampler
    /// The most tokens that it may have.
    let limit: Int
    let stopTokens: Set<Token>
    var prefilled: ContinuousClock.Instant?
    var statistics = GenerationStatistics()

    init(
        _ source: Outlet<GenerationEvent>.Source, _ sampler: Sampler, limit: Int, _ stopTokens: Set<Token>
    ) {
        self.source = source
        self.sampler = sampler
        self.limit = limit
        self.stopTokens = stopTokens
    }
}
