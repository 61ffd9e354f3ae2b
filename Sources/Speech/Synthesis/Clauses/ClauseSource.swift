/// Where clauses come from, one by one.
protocol ClauseSource: Sendable {
    /// The next clause; nil after the last.
    mutating func next() async throws -> Clause?
}

/// Clauses that somebody else has cut.
struct GivenClauses: ClauseSource {
    var clauses: ArraySlice<Clause>

    mutating func next() -> Clause? { clauses.popFirst() }
}

/// A text that is still being written, cut as it comes.
struct WrittenText: ClauseSource {
    private let text: AsyncStream<String>
    private var cutter: ClauseCutter
    private var ready: [Clause] = []
    private var isOver = false

    init(_ text: AsyncStream<String>, language: String) {
        self.text = text
        cutter = ClauseCutter(language: language)
    }

    mutating func next() async -> Clause? {
        while ready.isEmpty && !isOver {
            // An iterator of its own each time: a stream has one buffer, whoever asks it.
            var iterator = text.makeAsyncIterator()
            if let piece = await iterator.next() {
                ready = cutter.append(piece)
            } else {
                ready = cutter.finish()
                isOver = true
            }
        }
        return ready.isEmpty ? nil : ready.removeFirst()
    }
}
