public import TuttiModels
public import TuttiTensors

/// Tells when somebody speaks, in a stream or a whole recording.
///
///     var voice = VoiceActivity(model)
///     for event in voice.append(samples, step) { … }
public struct VoiceActivity: Sendable {
    public let model: SileroVAD
    private var state = SileroVAD.State()
    private var segments: VoiceSegments
    /// What is no whole frame yet.
    private var rest: [Float] = []

    public init(_ model: SileroVAD, _ options: VoiceSegments.Options = VoiceSegments.Options()) {
        self.model = model
        segments = VoiceSegments(options, frameSamples: model.frameSamples, sampleRate: model.sampleRate)
    }

    /// Whether somebody speaks, as far as is known.
    public var isSpeaking: Bool { segments.start != nil }

    /// How many samples have been looked at.
    public var position: Int { segments.position }

    /// Takes samples as they come, as many or few as there are, at the model's rate.
    public mutating func append(_ samples: [Float], _ step: Step) -> [VoiceSegments.Event] {
        rest += samples
        let count = rest.count / model.frameSamples * model.frameSamples
        guard count > 0 else { return [] }
        defer { rest.removeFirst(count) }
        return model(Array(rest[..<count]), &state, step).compactMap { segments.append($0) }
    }

    /// Nothing follows.
    public mutating func finish() -> VoiceSegments.Event? {
        segments.finish(samples: segments.position + rest.count)
    }

    /// How likely somebody speaks in each whole or begun frame of a recording.
    /// - Parameter body: Called with pieces of work, one after the other, so that others may be done between.
    public static func probabilities(
        _ samples: ArraySlice<Float>, _ model: SileroVAD, _ state: inout SileroVAD.State, _ step: Step
    ) -> [Float] {
        let missing = (model.frameSamples - samples.count % model.frameSamples) % model.frameSamples
        return model(samples + Array(repeating: 0, count: missing), &state, step)
    }
}
