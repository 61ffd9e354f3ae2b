import TuttiModels
import TuttiTensors

/// Pictures in prompts: their rows are ordered when a sequence could begin and needs them, and written over what the
/// decoder makes of their places.
extension EngineThread {
    /// The sequence of a request: its tokens, in which a picture's places are ids of the picture's own, and its places.
    func places(_ request: GenerationRequest) throws -> (tokens: [Token], places: SequenceEmbeddings?) {
        guard !request.embeddings.isEmpty || decoder.shape.sight == .prompt else { return (request.prompt, nil) }
        let places = try EmbeddingPlaces(request.prompt, request.embeddings, decoder.shape)
        let names = request.embeddings.map { embeddingNames.name(of: $0) }
        return (request.prompt.map { $0 < 0 ? names[Int(-1 - $0)] : $0 }, SequenceEmbeddings(places))
    }

    /// Whether a sequence that could begin has the rows that it needs. If not, they are ordered, and it sits out until
    /// they are there.
    func hasRows(_ sequence: Sequence, _ id: Scheduler.ID) -> Bool {
        guard let embeddings = sequence.embeddings, embeddings.lacksRows else { return true }
        // Where a sequence may have to be computed anew, it needs all of them.
        let known = decoder.shape.lengthDependence == .none ? cache.knownTokens(sequence) : 0
        return order(embeddings, behind: known, id)
    }

    /// Orders what is missing of the rows behind the first `known` tokens.
    /// - Returns: Whether nothing is.
    func order(_ embeddings: SequenceEmbeddings, behind known: Int, _ id: Scheduler.ID) -> Bool {
        for run in embeddings.places.runs(behind: known) where embeddings.rows[run] == nil {
            if let rows = maker.keptRows(embeddings.places.runs[run].key) {
                embeddings.rows[run] = rows
            } else if embeddings.ordered.insert(run).inserted {
                maker.make(embeddings.places.runs[run], embeddings.order) { [mailbox] in
                    mailbox.send(.made(id, run: run, $0))
                }
            }
        }
        guard !embeddings.ordered.isEmpty else { return true }
        scheduler.pause(id, true)
        return false
    }

    /// Rows have come.
    func take(_ result: Result<[Float], any Error>, run: Int, _ id: Scheduler.ID) {
        guard let embeddings = sequences[id]?.embeddings else { return }
        embeddings.ordered.remove(run)
        switch result {
        case .success(let rows):
            let count = embeddings.places.runs[run].count
            guard rows.count == count * decoder.shape.hidden else {
                return fail(
                    id, EngineError.embeddingPlaces(count, rows: rows.count / max(1, decoder.shape.hidden)))
            }
            embeddings.rows[run] = rows
            if embeddings.ordered.isEmpty { scheduler.pause(id, false) }
        case .failure(let error): fail(id, error)
        }
    }

    /// The embeddings of a step's tokens, and over them the rows of the pictures that its sequences hold.
    func embed(_ tokens: [Token], _ parts: [SequenceRows], of sequences: [Sequence]) -> Tensor {
        guard sequences.contains(where: { $0.embeddings != nil }) else { return decoder.embed(tokens, step) }
        let x = decoder.embed(tokens.map { max(0, $0) }, step)
        for (part, sequence) in zip(parts, sequences) {
            guard let embeddings = sequence.embeddings else { continue }
            let range = part.start..<part.start + part.rows.count
            for stretch in embeddings.places.stretches where stretch.places.overlaps(range) {
                let places = stretch.places.clamped(to: range)
                guard let rows = embeddings.rows[stretch.run] else {
                    preconditionFailure("no rows for the places \(places)")
                }
                let first = (stretch.firstRow + places.lowerBound - stretch.places.lowerBound) * x.width
                let row = part.rows.lowerBound + places.lowerBound - part.start
                step.write(
                    rows[first..<first + places.count * x.width], to: x, rows: row..<row + places.count)
            }
        }
        return x
    }
}

/// A sequence's pictures, and what was made of them.
final class SequenceEmbeddings {
    let places: EmbeddingPlaces
    /// Of each run, once they are there.
    var rows: [[Float]?]
    /// Runs whose rows are being made.
    var ordered: Set<Int> = []
    let order = EmbeddingMaker.Order()

    init(_ places: EmbeddingPlaces) {
        self.places = places
        rows = Array(repeating: nil, count: places.runs.count)
    }

    var lacksRows: Bool { rows.contains { $0 == nil } }
}
