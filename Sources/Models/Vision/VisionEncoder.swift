public import TuttiImages
public import TuttiTensors

/// Makes rows of a decoder's width of pictures: tower and projector.
public protocol VisionEncoder: Sendable {
    /// The width of the rows: the decoder's hidden size.
    var hidden: Int { get }

    /// One pass over one picture, all its tiles.
    /// - Returns: `[rows, hidden]`, in the step's arena, as they enter the decoder's first block; as many as the
    ///   processor's layout says, in the order of its parts.
    func callAsFunction(_ picture: PreparedPicture, _ step: Step) -> Tensor
}

/// What happens to a picture before a family's encoder sees it, and what stands in the prompt for it.
public protocol PictureProcessor: Sendable {
    /// - Throws: ``VisionError`` for a size that the model cannot take.
    func layout(width: Int, height: Int, detail: PictureDetail) throws -> PictureLayout
    func prepare(_ picture: Picture, detail: PictureDetail) throws -> PreparedPicture

    /// Frames of one video, all of one size.
    func videoLayout(width: Int, height: Int, frames: Int) throws -> PictureLayout
    func prepareVideo(_ frames: [Picture]) throws -> PreparedPicture
}

extension PictureProcessor {
    public func videoLayout(width: Int, height: Int, frames: Int) throws -> PictureLayout {
        throw VisionError.noVideo
    }

    public func prepareVideo(_ frames: [Picture]) throws -> PreparedPicture { throw VisionError.noVideo }
}

/// The eyes of a language model: what stands between a picture and the rows of embeddings that its decoder reads.
public struct Eyes: Sendable {
    public let encoder: any VisionEncoder
    public let processor: any PictureProcessor
    /// What the model's chat template writes for a picture, and is replaced by its layout.
    public let placeholder: String
    /// The text of the token that the model was taught to see a row at; as many as a layout has rows stand in the prompt,
    /// and each gives way to one.
    public let rowToken: String
    /// What it is, in a few words: encoder, resolution, tokens.
    public let summary: String

    /// - Parameter rowToken: Left out where it is the placeholder.
    public init(
        encoder: any VisionEncoder, processor: any PictureProcessor, placeholder: String, rowToken: String? = nil,
        summary: String
    ) {
        (self.encoder, self.processor) = (encoder, processor)
        (self.placeholder, self.rowToken, self.summary) = (placeholder, rowToken ?? placeholder, summary)
    }

    /// A picture's rows, `[rows, hidden]`, in the step's arena.
    ///
    /// Weights that are stored in bfloat16 are multiplied by inputs in bfloat16 where the processor can do so, as their
    /// makers do; the encoder called by itself rounds nothing.
    /// - SeeAlso: ``Step/roundingToBFloat16(_:)``
    public func rows(of picture: PreparedPicture, _ step: Step) -> Tensor {
        step.roundingToBFloat16 { encoder(picture, step) }
    }
}
