import TuttiTensors

/// One sequence in the engine's care.
final class Sequence {
    /// What is wanted of it.
    enum Task {
        case answer(Answer)
        case score(Outlet<Choice>.Source, top: Int)
    }

    let task: Task
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

    init(tokens: [Token], task: Task) {
        self.tokens = tokens
        self.task = task
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
    let arrived: ContinuousClock.Instant
    var prefilled: ContinuousClock.Instant?
    var statistics = GenerationStatistics()

    init(
        _ source: Outlet<GenerationEvent>.Source, _ sampler: Sampler, limit: Int, _ stopTokens: Set<Token>,
        arrived: ContinuousClock.Instant
    ) {
        self.source = source
        self.sampler = sampler
        self.limit = limit
        self.stopTokens = stopTokens
        self.arrived = arrived
    }
}
