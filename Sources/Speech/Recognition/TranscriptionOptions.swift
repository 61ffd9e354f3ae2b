/// What is asked of a recogniser.
public struct TranscriptionOptions: Sendable, Hashable {
    public enum Task: Sendable, Hashable {
        /// The words as they were spoken.
        case transcribe
        /// What they mean in English.
        case translate
    }

    public var task = Task.transcribe
    /// ISO 639-1, such as `de`; nil to find out.
    public var language: String?
    /// What may have been said before, or how names are spelt.
    public var prompt: String?
    /// 0 chooses the likeliest token; more chooses by chance.
    public var temperature: Float = 0
    /// What chance begins with.
    public var seed: UInt64 = 0
    /// How many texts are followed side by side; 1 is greedy.
    public var beamWidth = 1
    /// Whether words get times.
    public var wantsWords = false
    /// Whether tokens get logarithms of their probabilities.
    public var wantsLogProbabilities = false

    public init() {}
}
