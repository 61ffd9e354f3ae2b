public import TuttiTensors

/// What was said in a recording, and when.
public struct Transcript: Sendable, Equatable {
    /// All of it, without a space at either end.
    public var text: String
    /// In order of their times.
    public var segments: [Segment]
    /// ISO 639-1, such as `en`; nil where nobody asked and the recogniser does not tell.
    public var language: String?
    /// How long the recording is.
    public var seconds: Double

    public init(text: String = "", segments: [Segment] = [], language: String? = nil, seconds: Double) {
        self.text = text
        self.segments = segments
        self.language = language
        self.seconds = seconds
    }

    /// A sentence or so.
    public struct Segment: Sendable, Equatable {
        /// Seconds from the recording's beginning.
        public var start: Double
        public var end: Double
        public var text: String
        public var tokens: [Token]
        /// Natural logarithms of the tokens' probabilities, as many as `tokens`; empty where nobody asked.
        public var logProbabilities: [Float]
        /// The temperature at which the tokens were chosen; 0 for the likeliest.
        public var temperature: Float
        /// The mean of the logarithms of the tokens' probabilities.
        public var meanLogProbability: Float
        /// Bytes of the text over bytes of the text compressed: a text that goes in circles has a high one.
        public var compressionRatio: Float
        /// How likely nobody speaks, 0 to 1.
        public var noSpeechProbability: Float
        /// Empty where nobody asked or the recogniser does not know.
        public var words: [Word]

        public init(
            start: Double, end: Double, text: String, tokens: [Token] = [], logProbabilities: [Float] = [],
            temperature: Float = 0, meanLogProbability: Float = 0, compressionRatio: Float = 1,
            noSpeechProbability: Float = 0, words: [Word] = []
        ) {
            self.start = start
            self.end = end
            self.text = text
            self.tokens = tokens
            self.logProbabilities = logProbabilities
            self.temperature = temperature
            self.meanLogProbability = meanLogProbability
            self.compressionRatio = compressionRatio
            self.noSpeechProbability = noSpeechProbability
            self.words = words
        }
    }

    /// A word and its punctuation.
    public struct Word: Sendable, Equatable {
        public var text: String
        /// Seconds from the recording's beginning.
        public var start: Double
        public var end: Double
        /// The least likely of its tokens' probabilities, 0 to 1.
        public var probability: Float

        public init(text: String, start: Double, end: Double, probability: Float) {
            self.text = text
            self.start = start
            self.end = end
            self.probability = probability
        }
    }
}
