import TuttiTensors

/// How often each token stands among the last tokens of a sequence.
struct TokenCounts: Sendable {
    private(set) var counts: [Token: Int] = [:]
    /// How many tokens are looked back upon; nil is all.
    private let window: Int?
    /// The tokens in the window, as a ring; unused when there is no window.
    private var ring: [Token] = []
    private var oldest = 0

    init(window: Int?) { self.window = window }

    mutating func append(_ token: Token) {
        if let window {
            guard window > 0 else { return }
            if ring.count < window {
                ring.append(token)
            } else {
                leave(ring[oldest])
                ring[oldest] = token
                oldest = oldest + 1 == window ? 0 : oldest + 1
            }
        }
        counts[token, default: 0] += 1
    }

    private mutating func leave(_ token: Token) {
        guard let count = counts[token] else { return }
        counts[token] = count == 1 ? nil : count - 1
    }
}
