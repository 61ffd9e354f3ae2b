public import TuttiTensors

/// A Moonshine of either kind, as a recogniser needs it: something that hears a clip, and the decoder that writes it down.
public protocol MoonshineModel: Sendable {
    var decoder: MoonshineDecoder { get }
    /// Before the first token, and behind the last.
    var start: Token { get }
    var end: Token { get }
    /// The fewest samples of a clip.
    var leastSamples: Int { get }
    /// How many frames the decoder looks at in a clip.
    func frames(samples: Int) -> Int
    /// Memory for what the encoder keeps while it hears a clip.
    func makeEncoderMemory() -> KeyValueMemory
    /// Hears a clip.
    /// - Parameters:
    ///   - samples: At 16 kHz, full scale from -1 to 1; at least `leastSamples`.
    ///   - memory: As `makeEncoderMemory` gives it; what it held is lost.
    /// - Returns: What the decoder looks at, `[frames(samples:), width]`, in the step's arena.
    func states(of samples: [Float], _ memory: inout KeyValueMemory, _ step: Step) -> Tensor
}

extension Moonshine: MoonshineModel {
    public var start: Token { config.start }
    public var end: Token { config.end }
    public var leastSamples: Int { Config.leastSamples }
    public func frames(samples: Int) -> Int { Config.frames(samples: samples) }
    public func makeEncoderMemory() -> KeyValueMemory { encoder.makeMemory() }

    public func states(of samples: [Float], _ memory: inout KeyValueMemory, _ step: Step) -> Tensor {
        encoder(samples, &memory, step)
    }
}
