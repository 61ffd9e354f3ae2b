import Foundation
import TuttiCheckpoints
public import TuttiImages
public import TuttiModels
public import TuttiTensors
import TuttiText

/// A model that puts pictures and texts into one space, CLIP or SigLIP: for search by likeness, and to say which of some
/// texts a picture goes with without having been taught them.
///
///     let model = try PictureTextModel(folder: "siglip-base", pool: pool)
///     let scores = try model.classify(picture, as: ["a cat", "a dog"], Step(pool: pool))
///
/// It computes on the calling thread and the step's pool: not to be called from a task.
public struct PictureTextModel: Sendable {
    /// What it computes, in numbers.
    public let shape: ContrastiveShape
    private let encoder: any ContrastiveEncoder
    private let processor: any PictureProcessor
    private let tokenizer: Tokenizer
    private let padding: Token?
    /// SigLIP's tokenizer takes lower case without punctuation, which its `tokenizer.json` does not see to.
    private let isPlain: Bool

    /// Loads a Hugging Face folder with its `tokenizer.json`.
    /// - Throws: `CheckpointError`, `ModelError` or `TokenizerFileError`, naming what is missing or damaged.
    public init(folder: String, pool: ComputePool) throws {
        let (encoder, processor) = try Registry.contrastiveEncoder(folder, pool: pool)
        let files = try TokenizerFolder(URL(filePath: folder)), tokenizer = try files.tokenizer()
        let named = files.configuration.padding.flatMap { tokenizer.vocabulary.token(for: $0) }
        padding = encoder.shape.padding.map { named ?? $0 }
        isPlain = encoder.shape.judgement == .alone
        shape = encoder.shape
        (self.encoder, self.processor, self.tokenizer) = (encoder, processor, tokenizer)
    }

    // MARK: Embeddings

    /// A picture's place in the space: `shape.width` numbers, of length one.
    /// - Throws: `VisionError` for a picture that the model cannot take.
    public func embed(_ picture: Picture, _ step: Step) throws -> [Float] {
        step.reset()
        return encoder(try processor.prepare(picture, detail: .auto), step).values(row: 0)
    }

    /// The places of texts, each of `shape.width` numbers and of length one. Longer ones than the model takes are cut.
    public func embed(_ texts: [String], _ step: Step) -> [[Float]] {
        texts.map { text in
            // One at a time: hardly slower, and the arena stays small however many there are.
            step.reset()
            return encoder([tokens(text)], step).values(row: 0)
        }
    }

    /// What the text's tower reads of a text: its tokens with their ends, cut and filled up as it was trained.
    public func tokens(_ text: String) -> [Token] {
        var tokens = tokenizer.encode(isPlain ? Self.plain(text) : text, addingSpecial: true)
        if tokens.count > shape.positions, let end = tokens.last {
            tokens = tokens.prefix(shape.positions - 1) + [end]
        }
        if let padding { tokens += repeatElement(padding, count: shape.positions - tokens.count) }
        return tokens.isEmpty ? [0] : tokens
    }

    /// How many tokens a text has with its ends, what it is filled up with not counted; what is beyond
    /// `shape.positions` is cut.
    public func tokenCount(of text: String) -> Int {
        tokenizer.encode(isPlain ? Self.plain(text) : text, addingSpecial: true).count
    }

    /// Small letters, no ASCII punctuation, single spaces.
    private static func plain(_ text: String) -> String {
        let kept = text.lowercased().unicodeScalars.filter {
            !($0.isASCII && ($0.properties.generalCategory.isPunctuationOrSymbol))
        }
        return String(String.UnicodeScalarView(kept)).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    // MARK: Zero-shot classification

    /// How well each label fits the picture, in the order given.
    ///
    /// CLIP's scores add up to 1: which of the labels it is, if it is one of them. SigLIP's stand alone: none may fit, or
    /// several.
    /// - Parameters:
    ///   - labels: What may be seen, in a few words each.
    ///   - template: The sentence that a label is put into, in place of `{}`.
    /// - Throws: `VisionError` for a picture that the model cannot take.
    public func classify(
        _ picture: Picture, as labels: [String], template: String = "This is a photo of {}.", _ step: Step
    ) throws -> [Float] {
        let sight = try embed(picture, step)
        let logits = embed(labels.map { template.replacing("{}", with: $0) }, step).map { text in
            shape.scale * zip(sight, text).reduce(0) { $0 + $1.0 * $1.1 } + shape.bias
        }
        return switch shape.judgement {
        case .among: logits.span.probabilities
        case .alone: logits.map { 1 / (1 + exp(-$0)) }
        }
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isPunctuationOrSymbol: Bool {
        switch self {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol:
            true
        default: false
        }
    }
}
