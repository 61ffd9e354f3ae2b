import ArgumentParser
import Tutti

/// How the next token is chosen; what is left out keeps the library's defaults.
///
/// Values are read whatever they look like: numbers may begin with a minus sign.
struct SamplingArguments: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("0 takes the likeliest token each time (default: 0.7).", valueName: "t"))
    var temperature: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Choose among the k likeliest; 0 is all (default: 40).", valueName: "k"))
    var topK: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("… among those that together have this probability (default: 0.95).", valueName: "p"))
    var topP: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("… among those at least p times as likely as the likeliest (default: 0.05).", valueName: "p")
    )
    var minP: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("… among those whose surprise is typical; 1 is off (default: 1).", valueName: "p"))
    var typicalP: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Divide what was said before by this; 1 is off (default: 1).", valueName: "x"))
    var repetitionPenalty: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Lower what was said before by this (default: 0).", valueName: "x"))
    var presencePenalty: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("… by this for each time it was said (default: 0).", valueName: "x")
    )
    var frequencyPenalty: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("DRY against repeated sequences: its multiplier; 0 is off, 0.8 is usual.", valueName: "x"))
    var dryMultiplier: Double?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("DRY: how fast the penalty grows (default: 1.75).", valueName: "x"))
    var dryBase: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("DRY: the shortest repetition that counts (default: 2).", valueName: "tokens"))
    var dryAllowedLength: Int?

    @Option(help: ArgumentHelp("Add B to the logit of token ID; may be repeated.", valueName: "id=b"))
    var logitBias: [Bias] = []

    @Option(help: ArgumentHelp("End the answer where this text comes; may be repeated.", valueName: "text"))
    var stop: [String] = []

    @Option(help: ArgumentHelp("The same seed gives the same answer.", valueName: "n"))
    var seed: UInt64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The most tokens of the answer (default: what the context holds).", valueName: "n"))
    var maxTokens: Int?

    struct Bias: ExpressibleByArgument {
        let token: Token
        let bias: Double

        init?(argument: String) {
            let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2, let token = Token(parts[0]), let bias = Double(parts[1]) else { return nil }
            (self.token, self.bias) = (token, bias)
        }
    }

    func validate() throws {
        if let maxTokens { try require(maxTokens, "--max-tokens", in: 0...(1 << 30)) }
        do {
            try sampling.validate()
        } catch {
            throw ValidationError("\(error)")
        }
    }

    var sampling: SamplingOptions {
        var options = SamplingOptions()
        if let temperature { options.temperature = temperature }
        if let topK { options.topK = topK }
        if let topP { options.topP = topP }
        if let minP { options.minP = minP }
        if let typicalP { options.typicalP = typicalP }
        if let repetitionPenalty { options.repetitionPenalty = repetitionPenalty }
        if let presencePenalty { options.presencePenalty = presencePenalty }
        if let frequencyPenalty { options.frequencyPenalty = frequencyPenalty }
        if let dryMultiplier { options.dry.multiplier = dryMultiplier }
        if let dryBase { options.dry.base = dryBase }
        if let dryAllowedLength { options.dry.allowedLength = dryAllowedLength }
        for bias in logitBias { options.logitBias[bias.token] = bias.bias }
        options.seed = seed
        return options
    }

    var answer: AnswerOptions { AnswerOptions(sampling: sampling, maximumTokens: maxTokens, stops: stop) }
}
