/// What one step computes: rows of any number of sequences, each with its position and its pages.
public struct Batch: Sendable {
    /// The position of every row in its sequence.
    public let positions: [Int32]
    /// Which rows continue which sequence; together they cover all rows, in order.
    public let sequences: [SequenceRows]
    /// The rows whose logits are asked for, ascending.
    public let outputs: [Int]
    public let layout: KeyValueLayout

    public init(sequences: [SequenceRows], outputs: [Int], layout: KeyValueLayout) {
        positions = sequences.flatMap { sequence in
            (sequence.start..<sequence.start + sequence.rows.count).map { Int32(clamping: $0) }
        }
        self.sequences = sequences
        self.outputs = outputs
        self.layout = layout
    }
}
