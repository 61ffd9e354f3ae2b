import TuttiTensors

extension Bench {
    /// Qwen2.5 0.5B's attention: a new token after 2048, of one conversation and of eight, and prompts.
    func attention() {
        for kind in [KeyValueKind.f16, .q8_0] {
            decode(kind, conversations: 1, depth: 2048)
            decode(kind, conversations: 8, depth: 2048)
            prefill(kind, rows: 512, start: 0)
            prefill(kind, rows: 512, start: 1536)
        }
    }

    private static let layers = 24
    private static let heads = 14
    private static let keyValueHeads = 2
    private static let headWidth = 64
    private static let shape = AttentionShape(heads: heads, scale: 0.125)

    private static func layout(_ kind: KeyValueKind) -> KeyValueLayout {
        KeyValueLayout(
            kind: kind, windows: Array(repeating: nil, count: layers), heads: keyValueHeads, headWidth: headWidth)
    }

    /// Each call is of one layer; there are as many layers and conversations as no cache holds.
    private func decode(_ kind: KeyValueKind, conversations: Int, depth: Int) {
        let layout = Bench.layout(kind), step = Step(pool: pool)
        let bytes = layout.pageBytes(group: 0) * (depth + 1) / KeyValueLayout.pageTokens
        let sets = (ringByteCount / (bytes * conversations) + 1)
        let tables = (0..<sets * conversations).map { _ in filled(layout, tokens: depth + 1) }
        let q = Bench.tensor(conversations, Bench.heads * Bench.headWidth, step)
        let rings = (0..<sets).map { set in
            (0..<conversations).map { place in
                SequenceRows(rows: place..<place + 1, start: depth, pages: [tables[set * conversations + place]])
            }
        }
        var next = 0
        let work = Work(
            multiplyAdds: Double(conversations * Bench.multiplyAdds(keys: depth + 1)),
            memoryBytes: Double(bytes * conversations) / Double(Bench.layers))
        measure(.attention, "attention \(kind.rawValue), \(conversations) of 1 row at \(depth)", work) {
            let layer = next % Bench.layers, set = next / Bench.layers % sets
            step.frame { _ = step.attention(q, layer: layer, over: rings[set], layout, Bench.shape) }
            next += 1
        }
    }

    private func prefill(_ kind: KeyValueKind, rows: Int, start: Int) {
        let layout = Bench.layout(kind), step = Step(pool: pool)
        let q = Bench.tensor(rows, Bench.heads * Bench.headWidth, step)
        let sequence = SequenceRows(rows: 0..<rows, start: start, pages: [filled(layout, tokens: start + rows)])
        var next = 0
        let work = Work(
            multiplyAdds: Double((start..<start + rows).reduce(0) { $0 + Bench.multiplyAdds(keys: $1 + 1) }))
        measure(.attention, "attention \(kind.rawValue), \(rows) rows at \(start)", work) {
            step.frame { _ = step.attention(q, layer: next % Bench.layers, over: [sequence], layout, Bench.shape) }
            next += 1
        }
    }

    /// Of one row with keys and with values.
    private static func multiplyAdds(keys: Int) -> Int { 2 * heads * headWidth * keys }

    /// Pages in which all layers hold keys and values of `tokens` tokens.
    private func filled(_ layout: KeyValueLayout, tokens: Int) -> PageTable {
        let pageTokens = KeyValueLayout.pageTokens, step = Step(pool: pool)
        let page = KeyValuePage(layout, group: 0)
        let rows = SequenceRows(rows: 0..<pageTokens, start: 0, pages: [[page]])
        let values = Bench.tensor(pageTokens, Bench.keyValueHeads * Bench.headWidth, step)
        for layer in 0..<Bench.layers { step.store(values, values, layer: layer, in: [rows], layout) }
        return (0..<(tokens + pageTokens - 1) / pageTokens).map { _ in
            let copy = KeyValuePage(layout, group: 0)
            copy.copy(from: page)
            return copy
        }
    }
}
