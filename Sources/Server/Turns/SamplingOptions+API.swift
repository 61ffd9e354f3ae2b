package import Tutti
package import TuttiOpenAI

extension SamplingOptions {
    /// The options that a request's parameters stand for.
    ///
    /// A request that sets neither temperature nor top-p gets the library's defaults, which suit small models. One that
    /// sets either gets what OpenAI documents: the other is 1, and no other truncation plays a part.
    /// - Parameters:
    ///   - index: Which of several answers: each has a seed of its own.
    ///   - topLogprobs: How many alternatives come with each token's log-probability; nil for none.
    package init(_ parameters: SamplingParameters, index: Int = 0, topLogprobs: Int? = nil) {
        self.init()
        if parameters.temperature != nil || parameters.topP != nil {
            temperature = parameters.temperature ?? 1
            topP = parameters.topP ?? 1
            topK = 0
            minP = 0
        }
        presencePenalty = parameters.presencePenalty ?? 0
        frequencyPenalty = parameters.frequencyPenalty ?? 0
        for (id, bias) in parameters.logitBias {
            // An id that no vocabulary can have is refused as any other that this one lacks.
            logitBias[Token(clamping: id)] = bias
        }
        seed = parameters.seed.map { UInt64(bitPattern: Int64($0)) &+ UInt64(index) }
        logProbabilities = topLogprobs
    }
}
