public import TuttiTensors

/// Pages for the keys and values of one sequence at a time, kept from one to the next.
public struct KeyValueMemory: Sendable {
    public let layout: KeyValueLayout
    private var known: PageTable = []
    /// Pages that were given back, for the next.
    private var spare: [KeyValuePage] = []

    /// - Precondition: All layers of `layout` see equally far.
    public init(_ layout: KeyValueLayout) {
        precondition(layout.groups.count == 1, "one group of layers")
        self.layout = layout
    }

    /// Pages for at least so many tokens; what lies in those that were there stays.
    public mutating func pages(tokens: Int) -> PageTable {
        let count = (tokens + KeyValueLayout.pageTokens - 1) / KeyValueLayout.pageTokens
        while known.count < count { known.append(spare.popLast() ?? KeyValuePage(layout, group: 0)) }
        return known
    }

    /// Gives back the pages whose tokens all lie before `token`: nobody looks at them any more.
    public mutating func release(before token: Int) {
        for place in 0..<min(known.count, max(0, token) / KeyValueLayout.pageTokens) {
            if let page = known[place] { spare.append(page) }
            known[place] = nil
        }
    }

    /// Forgets all tokens: the next sequence begins.
    public mutating func removeAll() {
        spare += known.compactMap { $0 }
        known = []
    }

    public var byteCount: Int { (known.count { $0 != nil } + spare.count) * layout.pageBytes(group: 0) }
}

extension SequenceRows {
    /// Rows that look at all of another sequence, which lies in `pages`, rather than at their own.
    public init(_ rows: Range<Int>, lookingAt tokens: Int, in pages: PageTable) {
        // Attention in both directions reaches as far as the sequence that ends with these rows.
        self.init(rows: rows, start: tokens - rows.count, pages: [pages], length: tokens)
    }
}
