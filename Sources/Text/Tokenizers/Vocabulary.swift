import TuttiCheckpoints
public import TuttiTensors

/// The tokens of a model: their texts, what they stand for, what kind they are, and which of them end an answer.
public struct Vocabulary: Sendable {
    /// How text is cut into tokens; raw values are those of `tokenizer.ggml.model`, where there is one.
    public enum Model: String, Sendable {
        /// Byte-level byte-pair encoding (GPT-2 and most since).
        case byteLevel = "gpt2"
        /// SentencePiece's byte-pair encoding with byte fallback (Llama 2, Gemma).
        case sentencePiece = "llama"
        case wordPiece = "bert"
        case unigram = "t5"
        /// Byte-pair encoding of other kinds (`tokenizer.json` only).
        case bytePair = "bpe"
        /// Whole words (`tokenizer.json` only).
        case wordLevel = "word-level"
    }

    /// What a token is for; the numbers are those of GGUF and of SentencePiece.
    public enum Kind: UInt8, Sendable {
        case normal = 1
        /// Stands for what the vocabulary cannot say.
        case unknown = 2
        /// Marks structure (begin, end, roles) and is no text.
        case control = 3
        /// Text that is found before anything else.
        case userDefined = 4
        case unused = 5
        /// A single byte, `<0x0A>`, that stands in where no other token fits.
        case byte = 6
    }

    public let model: Model
    /// The name of the pre-tokenizer in a GGUF, "default" if there is none.
    public let preTokenizerName: String
    let texts: StringTable
    let kinds: [Kind]
    /// What each token stands for; special tokens stand for their text.
    let pieces: Pieces
    /// Normal tokens by the bytes under which the model looks them up.
    let lexicon: Lexicon
    /// All other tokens by their text.
    let specials: [String: Token]

    /// Begins a text, if the vocabulary has such a token.
    public let bos: Token?
    /// Ends a text.
    public let eos: Token?
    public let unknown: Token?
    public let padding: Token?
    /// All tokens after which nothing more is generated: end of text, of a turn, of a message.
    public let endTokens: Set<Token>
    /// Whether the model expects `bos` before a text.
    public let addsBOS: Bool
    /// Whether the model expects `eos` after a text.
    public let addsEOS: Bool
    /// SentencePiece: whether a space is put before a text, and taken away from the beginning of what is decoded.
    public let addsSpacePrefix: Bool

    /// The number of tokens: ids go from 0 to `count - 1`.
    public var count: Int { kinds.count }

    /// Whether `token` is an id of this vocabulary.
    public func contains(_ token: Token) -> Bool { token >= 0 && Int(token) < count }

    /// The kind of `token`.
    /// - Precondition: The vocabulary contains it.
    public func kind(of token: Token) -> Kind { kinds[Int(token)] }

    /// Whether `token` is no text: control tokens and the unknown one.
    /// - Precondition: The vocabulary contains it.
    public func isSpecial(_ token: Token) -> Bool {
        kinds[Int(token)] == .control || kinds[Int(token)] == .unknown
    }

    /// Whether `token` stands for anything: false for ids that no token has.
    func isText(_ token: Token) -> Bool { kinds[Int(token)] != .unused }

    /// The text of `token` as the file writes it, such as `Ġthe` or `▁the`.
    /// - Precondition: The vocabulary contains it.
    public func text(of token: Token) -> String { texts[Int(token)] }

    /// The bytes that `token` stands for, perhaps only a part of a character. Special tokens stand for their text,
    /// unused ones for nothing.
    /// - Precondition: The vocabulary contains it.
    public func bytes(of token: Token) -> ArraySlice<UInt8> { pieces.bytes[pieces.range(of: token)] }

    /// The token that stands for `text`: a special one (`<|im_end|>`), or else a normal one (" the").
    public func token(for text: String) -> Token? {
        if let token = specials[text] { return token }
        return lexicon.token(text)
    }
}
