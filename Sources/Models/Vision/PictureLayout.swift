public import TuttiTensors

/// How much of a picture is looked at, as OpenAI's `detail` says it.
public enum PictureDetail: String, Sendable, Hashable, CaseIterable, Codable {
    /// Few rows, soon: the picture as a whole.
    case low
    /// All that the model can make out.
    case high
    /// What the model's makers chose.
    case auto
}

/// What stands in a prompt for a picture, as its size alone tells it.
public struct PictureLayout: Sendable, Equatable {
    public enum Part: Sendable, Equatable {
        /// Special tokens, written out.
        case text(String)
        /// So many of the encoder's rows, in their order.
        case rows(Int)
    }

    /// All that takes the place of the placeholder that a chat template writes.
    public var parts: [Part]
    /// Where the rows stand in the picture, for decoders whose positions have three parts; nil for others.
    public var grid: PictureGrid?

    public init(parts: [Part], grid: PictureGrid? = nil) { (self.parts, self.grid) = (parts, grid) }

    /// Rows of the encoder: what the picture costs in tokens, its special tokens aside.
    public var rowCount: Int {
        parts.reduce(0) { sum, part in
            if case .rows(let count) = part { sum + count } else { sum }
        }
    }
}
