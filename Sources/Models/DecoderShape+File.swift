public import TuttiCheckpoints
public import TuttiTensors

extension DecoderShape {
    /// The sizes that a checkpoint gives its decoder, read without its weights, also for families that are not known.
    /// - Throws: `ModelError` where a size is missing or makes no sense.
    public init(_ file: any Checkpoint) throws { self = try ConfigReader(file).shape(file) }

    /// Whether its keys and values can be cached so: blocks of `q8_0` hold 32 numbers of one head, vectors 16.
    public func canCache(_ kind: KeyValueKind) -> Bool { headWidth.isMultiple(of: kind == .q8_0 ? 32 : 16) }
}

extension EncoderShape {
    /// The sizes that a checkpoint gives its encoder, read without its weights.
    /// - Throws: `ModelError` where a size is missing or makes no sense.
    public init(_ checkpoint: any Checkpoint) throws {
        self = try ConfigReader(checkpoint).encoderShape(checkpoint)
    }
}
