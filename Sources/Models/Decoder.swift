public import TuttiTensors

/// A transformer that continues sequences: token ids or embeddings in, logits out.
///
/// It holds weights and nothing else; keys and values live in the batch's pages, so any number of sequences may be
/// computed by one decoder, several in one step.
public protocol Decoder: Sendable {
    /// The sizes that a cache, a scheduler and a person need to know.
    var shape: DecoderShape { get }

    /// The embeddings of `tokens`, `[tokens, hidden]`, as the first block expects them.
    func embed(_ tokens: [Token], _ step: Step) -> Tensor

    /// One pass over `x`, `[rows, hidden]`: writes the rows' keys and values into their pages.
    /// - Returns: The last layer's states of `batch.outputs`, normalised, `[outputs, hidden]`, in the step's arena.
    func states(_ x: Tensor, _ batch: Batch, _ step: Step) -> Tensor

    /// What the states say about the next token.
    /// - Parameter states: `[rows, hidden]`, as ``states(_:_:_:)`` gives them.
    /// - Returns: `[rows, vocabulary]`, in the step's arena.
    func logits(_ states: Tensor, _ step: Step) -> Tensor
}

extension Decoder {
    /// One pass over `x`, `[rows, hidden]`, to the logits of `batch.outputs`, `[outputs, vocabulary]`.
    public func callAsFunction(_ x: Tensor, _ batch: Batch, _ step: Step) -> Tensor {
        logits(states(x, batch, step), step)
    }
}

/// The sizes of a decoder.
public struct DecoderShape: Sendable, Equatable {
    public var architecture: String
    public var layers: Int
    public var hidden: Int
    public var feedForward: Int
    public var heads: Int
    public var keyValueHeads: Int
    public var headWidth: Int
    public var vocabulary: Int
    /// The longest sequence that the model was made for, in tokens.
    public var context: Int
    /// For every layer, how many tokens back a row sees, itself included; nil for all.
    public var windows: [Int?]
    /// Whether the keys of a sequence change when it grows.
    public var lengthDependence = LengthDependence.none
    /// Which way the tokens of pictures look.
    public var sight = PictureSight.causal
    /// Whether the positions of pictures' tokens have three parts: see `GridPositions`.
    public var hasGridPositions = false

    /// - Parameter windows: Left out when every layer sees all.
    public init(
        architecture: String, layers: Int, hidden: Int, feedForward: Int, heads: Int, keyValueHeads: Int,
        headWidth: Int, vocabulary: Int, context: Int, windows: [Int?]? = nil
    ) {
        self.architecture = architecture
        self.layers = layers
        self.hidden = hidden
        self.feedForward = feedForward
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headWidth = headWidth
        self.vocabulary = vocabulary
        self.context = context
        self.windows = windows ?? Array(repeating: nil, count: layers)
    }

    /// The layout of this decoder's cached keys and values.
    public func layout(_ kind: KeyValueKind) -> KeyValueLayout {
        KeyValueLayout(kind: kind, windows: windows, heads: keyValueHeads, headWidth: headWidth)
    }
}

/// Which tokens see later ones, where a prompt holds pictures.
public enum PictureSight: Sendable, Equatable {
    /// None.
    case causal
    /// Those of one picture see each other; it has at most so many.
    case eachPicture(rows: Int)
    /// Those of the prompt, pictures and text; only the answer looks back alone.
    case prompt
}
