import Tutti
import TuttiOpenAI

/// One choice of a chat completion, as it grows out of a turn's events.
struct ChatChoice {
    typealias Piece = (delta: ChatCompletionChunk.Delta, logprobs: [TokenLogprob]?)

    /// What happens to it.
    enum Event: Sendable {
        case turn(TurnEvent)
        /// The next bytes of the file in which it is spoken.
        case sound([UInt8])
        case soundEnded
    }

    let index: Int
    private(set) var message: AnsweredMessage
    private(set) var end: TurnEnd?
    private var logprobs: [TokenLogprob]?
    /// What speaks it; nil where nobody asked.
    let spoken: SpokenChoice?
    private var hasSoundEnded = false
    private var hasBegun = false
    private var meter: AnswerMeter
    private var metered = 0
    private let tokenizer: Tokenizer

    /// - Parameter hasLogprobs: Whether log-probabilities were asked for.
    init(
        index: Int, hasLogprobs: Bool, usesFunctionCall: Bool, spoken: SpokenChoice?, meter: AnswerMeter,
        tokenizer: Tokenizer
    ) {
        self.index = index
        self.spoken = spoken
        self.meter = meter
        self.tokenizer = tokenizer
        message = AnsweredMessage(usesFunctionCall: usesFunctionCall)
        logprobs = hasLogprobs ? [] : nil
    }

    /// Takes what happened next.
    /// - Returns: What a stream tells of it; the first piece has the role.
    mutating func take(_ event: Event) -> [Piece] {
        switch event {
        case .turn(let event): return take(event)
        case .sound(let bytes):
            guard let spoken, !bytes.isEmpty, !message.text.isEmpty else { return [] }
            message.audio?.data += bytes
            return [(.audio(id: spoken.id, bytes.base64), nil)]
        case .soundEnded:
            hasSoundEnded = true
            if let spoken, let audio = message.audio { message.audio?.data = spoken.whole(audio.data) }
            return []
        }
    }

    /// Whether nothing more comes.
    var isOver: Bool { end != nil && (spoken == nil || hasSoundEnded) }

    private mutating func take(_ event: TurnEvent) -> [Piece] {
        measure(event)
        switch event {
        case .started: return []
        case .text(let text, let choices):
            message.text += text
            let logprobs = measured(choices)
            guard !text.isEmpty || logprobs?.isEmpty == false else { return [] }
            if let spoken { return pieces(told(text, spoken, logprobs)) }
            return pieces([(.text(text), logprobs)], hasText: true)
        case .reasoning(let text):
            message.reasoning += text
            return pieces([(.reasoning(text), nil)])
        case .toolCallBegan(let index, let id, let name):
            message.calls.append(ChatMessage.Call(id, name, ""))
            let delta = ChatCompletionChunk.Delta.callBegan(index: index, id: id, name: name)
            return pieces([(message.usesFunctionCall ? .functionCallBegan(name: name) : delta, nil)])
        case .toolCallArguments(let index, let text):
            guard message.calls.indices.contains(index) else { return [] }
            message.calls[index].arguments += text
            let delta = ChatCompletionChunk.Delta.callArguments(index: index, text)
            return pieces([(message.usesFunctionCall ? .functionCallArguments(text) : delta, nil)])
        case .finished(let end):
            self.end = end
            return pieces([], hasText: message.calls.isEmpty && spoken == nil)
        }
    }

    /// Why it ended; `stop` before it has.
    var finishReason: ChatCompletion.FinishReason {
        switch end?.reason {
        case .length: .length
        case .toolCalls: message.usesFunctionCall ? .functionCall : .toolCalls
        case .stop, nil: .stop
        }
    }

    /// The choice as a whole answer tells it.
    var whole: ChatCompletion.Choice {
        ChatCompletion.Choice(index: index, message: message, finishReason: finishReason, logprobs: logprobs)
    }

    /// Tells the meter what came. How many tokens calls and thoughts had is known at the end; the prompt counts once.
    private mutating func measure(_ event: TurnEvent) {
        switch event {
        case .started(let promptTokens, let cachedTokens):
            if index == 0 { meter.began(promptTokens: promptTokens, cachedTokens: cachedTokens) }
        case .text(_, let choices): count(choices.count)
        case .reasoning, .toolCallBegan, .toolCallArguments: count(1)
        case .finished(let end): count(end.usage.completionTokens - metered)
        }
    }

    private mutating func count(_ tokens: Int) {
        meter.came(tokens)
        metered += max(0, tokens)
    }

    /// Text that is spoken is told as what the sound says.
    private mutating func told(_ text: String, _ spoken: SpokenChoice, _ logprobs: [TokenLogprob]?) -> [Piece] {
        let isFirst = message.audio == nil
        if isFirst { message.audio = SpokenAnswer(id: spoken.id, expiresAt: spoken.expiresAt) }
        message.audio?.transcript += text
        let began: [Piece] = isFirst ? [(.audioBegan(id: spoken.id, expiresAt: spoken.expiresAt), nil)] : []
        return began + [(.transcript(id: spoken.id, text), logprobs)]
    }

    private mutating func pieces(_ pieces: [Piece], hasText: Bool = false) -> [Piece] {
        defer { hasBegun = true }
        return hasBegun ? pieces : [(.role(hasText: hasText), nil)] + pieces
    }

    /// The tokens of the text; what ends a turn is no part of it.
    private mutating func measured(_ choices: [Choice]) -> [TokenLogprob]? {
        guard logprobs != nil else { return nil }
        let ends = tokenizer.vocabulary.endTokens
        let measured = choices.filter { !ends.contains($0.token) }.map { TokenLogprob($0, tokenizer) }
        logprobs? += measured
        return measured
    }
}
