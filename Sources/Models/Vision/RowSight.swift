import TuttiTensors

/// Which rows of a step see which, and the pages where they find each other's keys and values: one layer's at a time.
struct RowSight: Sendable {
    private let layout: KeyValueLayout
    /// The rows whose keys are kept, in their order; nil for all.
    private let seen: [Int]?
    private let kept: [SequenceRows]
    private let looking: [SequenceRows]

    /// Every row sees its own stretch: a picture, a frame, a window, a text.
    /// - Parameter stretches: They cover all rows, in order.
    init(_ stretches: [Range<Int>], heads: Int, headWidth: Int) {
        let layout = KeyValueLayout(kind: .f32, windows: [nil], heads: heads, headWidth: headWidth)
        let sequences = stretches.map { SequenceRows(rows: $0, start: 0, pages: [RowSight.pages($0.count, layout)]) }
        (self.layout, seen, kept, looking) = (layout, nil, sequences, sequences)
    }

    /// Every row, of `count`, sees the rows `seen` and no others.
    init(_ count: Int, seeing seen: [Int], heads: Int, headWidth: Int) {
        layout = KeyValueLayout(kind: .f32, windows: [nil], heads: heads, headWidth: headWidth)
        let pages = RowSight.pages(seen.count, layout)
        self.seen = seen
        kept = [SequenceRows(rows: 0..<seen.count, start: 0, pages: [pages])]
        looking = [SequenceRows(rows: 0..<count, start: 0, pages: [pages], length: seen.count)]
    }

    private static func pages(_ count: Int, _ layout: KeyValueLayout) -> PageTable {
        (0..<(count + KeyValueLayout.pageTokens - 1) / KeyValueLayout.pageTokens).map { _ in
            KeyValuePage(layout, group: 0)
        }
    }

    /// What every row finds: `[rows, heads · headWidth]`, as queries, keys and values are.
    /// - Parameter output: What it meets next; the step rounds here what it would round there.
    func attention(
        _ queries: Tensor, _ keys: Tensor, _ values: Tensor, _ shape: AttentionShape, before output: Linear,
        _ step: Step
    ) -> Tensor {
        let keys = seen.map { step.gather(keys, rows: $0) } ?? keys
        let values = seen.map { step.gather(values, rows: $0) } ?? values
        if step.rounds(output.matrix), shape.seesAll {
            return step.attention(
                queries, keys, values, over: zip(looking, kept).map { AttentionStretch(rows: $0.rows, keys: $1.rows) },
                heads: shape.heads, headWidth: layout.headWidth, scale: shape.scale)
        }
        step.store(keys, values, layer: 0, in: kept, layout)
        return step.attention(queries, layer: 0, over: looking, layout, shape)
    }
}
