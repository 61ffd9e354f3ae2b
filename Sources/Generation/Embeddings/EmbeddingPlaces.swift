import TuttiModels
import TuttiTensors

/// Where a prompt's runs of embeddings stand, and what follows from that for who sees whom and for rotary positions.
struct EmbeddingPlaces: Sendable {
    /// Neighbouring places that hold neighbouring rows of one run.
    struct Stretch: Sendable {
        let places: Range<Int>
        let run: Int
        let firstRow: Int
    }

    let runs: [EmbeddingRun]
    let stretches: [Stretch]
    /// Stretches of the sequence whose tokens see each other both ways, ascending.
    let spans: [Range<Int>]
    /// Nil where positions are places.
    let positions: GridPositions?

    /// - Throws: ``EngineError`` where places and runs do not fit each other or the decoder.
    init(_ prompt: [Token], _ runs: [EmbeddingRun], _ shape: DecoderShape) throws {
        var stretches: [Stretch] = [], counts = Array(repeating: 0, count: runs.count)
        for (place, token) in prompt.enumerated() where token < 0 {
            let run = Int(-1 - token)
            guard run < runs.count else { throw EngineError.unknownToken(token, vocabulary: shape.vocabulary) }
            defer { counts[run] += 1 }
            if let last = stretches.last, last.run == run, last.places.upperBound == place {
                stretches[stretches.count - 1] = Stretch(
                    places: last.places.lowerBound..<place + 1, run: run, firstRow: last.firstRow)
            } else {
                stretches.append(Stretch(places: place..<place + 1, run: run, firstRow: counts[run]))
            }
        }
        for (run, count) in zip(runs, counts) where run.count != count || count == 0 {
            throw EngineError.embeddingPlaces(count, rows: run.count)
        }
        (self.runs, self.stretches) = (runs, stretches)
        switch shape.sight {
        case .causal: spans = []
        case .prompt: spans = [0..<prompt.count]
        case .eachPicture(let most):
            spans = stretches.map(\.places)
            for span in spans where span.count > most { throw EngineError.longPicture(rows: span.count, limit: most) }
        }
        guard shape.hasGridPositions, !runs.isEmpty else {
            positions = nil
            return
        }
        positions = GridPositions(
            try stretches.map { stretch in
                // A run without a grid stands in one row after the other, as text does.
                let run = runs[stretch.run]
                let grid = run.grid ?? PictureGrid(frames: run.count, rows: 1, columns: 1)
                guard stretch.places.count == grid.count else {
                    throw EngineError.embeddingPlaces(stretch.places.count, rows: grid.count)
                }
                return (stretch.places, grid)
            })
    }

    /// The longest stretch that has to be computed in one step.
    var longestSpan: Int { spans.lazy.map(\.count).max() ?? 0 }

    /// The runs that have a place behind the first `known` tokens.
    func runs(behind known: Int) -> Set<Int> {
        Set(stretches.lazy.filter { $0.places.upperBound > known }.map(\.run))
    }

    /// Moves the end of a step's rows out of a stretch that has to be computed as a whole: before it, or, where it begins
    /// the step, behind it.
    func wholeEnd(from start: Int, to end: Int) -> Int {
        guard let span = spans.first(where: { $0.contains(end) && $0.lowerBound < end }) else { return end }
        return span.lowerBound > start ? span.lowerBound : span.upperBound
    }

    /// The spans that some of the sequence's tokens `range` lie in.
    func spans(in range: Range<Int>) -> [Range<Int>] { spans.filter { $0.overlaps(range) } }
}

/// Names runs of embeddings by token ids that no vocabulary has, so that a sequence with pictures is a sequence of ids: the
/// same for the same picture, and never for another one.
///
/// One id stands for all of a picture's places: behind equal prefixes, equal ids are the same rows, since a picture's
/// places are always all there.
struct EmbeddingNames {
    /// What makes two runs one picture.
    private struct Identity: Hashable {
        let key: ContentKey
        let count: Int
        let grid: PictureGrid?
    }

    private var names: [Identity: Token] = [:]
    private var last: Token = 0

    /// So many are remembered. Those that were forgotten get another id when they come again.
    private static let limit = 65_536

    /// The id of a run's places. (Two thousand million pictures are more than an engine lives to see.)
    mutating func name(of run: EmbeddingRun) -> Token {
        let identity = Identity(key: run.key, count: run.count, grid: run.grid)
        if let name = names[identity] { return name }
        if names.count >= EmbeddingNames.limit { names.removeAll() }
        last -= 1
        names[identity] = last
        return last
    }
}

/// Numbers prompts that are seen as a whole: equal prompts have one number, which is the root of what the cache knows of
/// them. Other prompts' keys are of no use to them, however alike they begin.
struct PromptNames {
    private var names: [[Token]: Int] = [:]
    private var last = 0

    private static let limit = 4096
    /// Beside these numbers there is room for those of lengths.
    private static let step = 1 << 32

    mutating func name(of prompt: [Token]) -> Int {
        if let name = names[prompt] { return name }
        if names.count >= PromptNames.limit { names.removeAll() }
        last += PromptNames.step
        names[prompt] = last
        return last
    }
}
