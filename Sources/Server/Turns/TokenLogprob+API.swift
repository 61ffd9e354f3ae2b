import Tutti
import TuttiOpenAI

extension TokenLogprob {
    /// A token as its choice and its alternatives were measured.
    init(_ choice: Choice, _ tokenizer: Tokenizer) {
        let top = choice.top.map { TokenLogprob($0.token, $0.logProbability, tokenizer) }
        self.init(choice.token, choice.logProbability ?? 0, tokenizer, top: top)
    }

    private init(_ token: Token, _ logprob: Double, _ tokenizer: Tokenizer, top: [TokenLogprob] = []) {
        let bytes = tokenizer.bytes(of: token)
        self.init(token: String(decoding: bytes, as: UTF8.self), bytes: bytes, logprob: logprob, top: top)
    }
}
