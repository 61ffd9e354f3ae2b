public import TuttiTensors

/// A transformer that reads whole texts, every place seeing every other, and gives a vector for each place.
public protocol TextEncoder: Sendable {
    var shape: EncoderShape { get }

    /// One pass over `texts`, one after the other in the rows.
    /// - Parameters:
    ///   - texts: Of 1 to `shape.positions` tokens each, below `shape.vocabulary`.
    ///   - batch: The rows of each text, all from its beginning, with pages of `shape.layout`.
    /// - Returns: The last layer's states, `[rows, hidden]`, in the step's arena.
    func callAsFunction(_ texts: [[Token]], _ batch: Batch, _ step: Step) -> Tensor
}

/// The sizes of an encoder, and what its makers say about using it.
public struct EncoderShape: Sendable, Equatable {
    public var architecture: String
    public var layers: Int
    public var hidden: Int
    public var feedForward: Int
    public var heads: Int
    public var headWidth: Int
    public var vocabulary: Int
    /// The longest text that it has positions for, in tokens.
    public var positions: Int
    /// The longest text that it was made to embed; longer ones are cut.
    public var maximumTokens: Int
    public var pooling: Pooling
    /// Whether embeddings are scaled to length one.
    public var normalizes: Bool

    /// How a text's places become one vector.
    public enum Pooling: Int, Sendable {
        // The numbers are GGUF's.
        case mean = 1
        case first = 2
        case last = 3

        /// A word for it.
        public var name: String {
            switch self {
            case .mean: "mean"
            case .first: "first"
            case .last: "last"
            }
        }
    }

    /// Keys and values of one layer at a time: a layer's are of no use to the next.
    public var layout: KeyValueLayout {
        KeyValueLayout(kind: .f32, windows: [nil], heads: heads, headWidth: headWidth)
    }
}
