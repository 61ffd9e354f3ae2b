import TuttiTensors

/// One sequence in the engine's care.
final class Sequence: CachedSequence {
    /// What is wanted of it.
    enum Task {
        case answer(Answer)
        case score(Outlet<Choice>.Source, top: Int)
        case embed(Outlet<[Float]>.Source)
    }

    /// Where guesses of its next tokens come from.
    enum Guesses {
        case none
        /// The engine's own speculation.
        case standard
        /// Tokens that the answer probably repeats.
        case predicted([Token])
    }

    let task: Task
    var guesses = Guesses.none
    let arrived: ContinuousClock.Instant
    /// The most tokens that it may come to have.
    let tokenLimit: Int
    /// The most of its tokens that one step computes.
    let rowLimit: Int
    /// Whether it was admitted before: what its reader was told then is not told again.
    var hasBegun = false
    /// Of a sequence that is scored, the tokens whose scores its reader has.
    var scored = 0
    /// Of a sequence that is embedded, what was gathered of its states.
    var pool: StatePool?
    /// The pictures in its prompt.
    var embeddings: SequenceEmbeddings?
    /// A number of its own for each prompt whose keys depend on all of it, so that they go with no other's; or 0.
    var root = 0

    /// - Parameter tokens: The prompt; what is chosen is appended.
    init(
        tokens: [Token], tokenLimit: Int, rowLimit: Int = .max, task: Task, arrived: ContinuousClock.Instant
    ) {
        self.tokenLimit = tokenLimit
        self.rowLimit = rowLimit
        self.task = task
        self.arrived = arrived
        switch task {
        case .answer: super.init(tokens: tokens, isShared: true)
        // Every one of its tokens has to be computed; who goes on from there need not do it again.
        case .score: super.init(tokens: tokens, isShared: false, isKept: true)
        case .embed: super.init(tokens: tokens, isShared: false)
        }
    }

    func finish(throwing error: any Error) {
        switch task {
        case .answer(let answer): answer.source.finish(throwing: error)
        case .score(let source, _): source.finish(throwing: error)
        case .embed(let source): source.finish(throwing: error)
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
    /// What the answer must look like, and where it stands in that.
    var constraint: Constraint?
    var prefilled: ContinuousClock.Instant?
    var statistics = GenerationStatistics()

    /// Whether a token that the constraint leaves no choice about is taken without a look at what the model thinks of it.
    var needsNoLogits: Bool { sampler.options.logProbabilities == nil }

    /// The most tokens that may still be chosen.
    var tokensToCome: Int { max(0, limit - statistics.generatedTokens) }

    init(
        _ source: Outlet<GenerationEvent>.Source, _ sampler: Sampler, limit: Int, _ stopTokens: Set<Token>,
        _ constraint: Constraint? = nil
    ) {
        self.source = source
        self.sampler = sampler
        self.limit = limit
        self.stopTokens = stopTokens
        self.constraint = constraint
    }
}
