import TuttiTensors

/// Hands out pages for keys and values up to a fixed count, and takes them back.
struct PagePool {
    let layout: KeyValueLayout
    /// The most pages that may be in use at once.
    let capacity: Int
    private(set) var used = 0
    private var free: [KeyValuePage] = []

    init(layout: KeyValueLayout, capacity: Int) {
        self.layout = layout
        self.capacity = capacity
    }

    /// A page whose contents are undefined, or nil when all are in use.
    mutating func take() -> KeyValuePage? {
        guard used < capacity else { return nil }
        used += 1
        return free.popLast() ?? KeyValuePage(layout)
    }

    mutating func giveBack(_ page: KeyValuePage) {
        used -= 1
        free.append(page)
    }

    /// How many pages hold `tokens` tokens.
    static func pages(for tokens: Int) -> Int {
        (tokens + KeyValueLayout.pageTokens - 1) / KeyValueLayout.pageTokens
    }
}
