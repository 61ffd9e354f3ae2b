import TuttiTensors

/// Gives sequences their pages: shared ones where the tree knows their beginning, new ones behind it.
struct SequenceCache {
    let layout: KeyValueLayout
    private var pool: PagePool
    private var tree = PrefixTree()

    init(layout: KeyValueLayout, capacity: Int) {
        self.layout = layout
        pool = PagePool(layout: layout, capacity: capacity)
    }

    /// Finds what of the prompt was computed before. One token at least stays to be computed: its logits are wanted.
    mutating func begin(_ sequence: Sequence) {
        let match = tree.match(sequence.tokens.dropLast())
        sequence.shared = match.nodes
        for node in match.nodes { node.users += 1 }
        sequence.pages = match.nodes.map(\.page)
        sequence.computed = match.nodes.count * KeyValueLayout.pageTokens
        if let (page, count) = match.partial {
            // Written to from here on, so it must be the sequence's own. Taking it may evict the page it copies: its
            // memory stays alive and unwritten until the copy is made.
            let copy = take()
            copy.copy(from: page)
            sequence.pages.append(copy)
            sequence.computed += count
        }
    }

    /// Makes room for the sequence's first `tokens` tokens.
    mutating func reserve(_ sequence: Sequence, tokens: Int) {
        while sequence.pages.count < PagePool.pages(for: tokens) { sequence.pages.append(take()) }
    }

    /// Lets others share the whole pages that the sequence has computed.
    mutating func share(_ sequence: Sequence) {
        insert(sequence, pages: sequence.computed / KeyValueLayout.pageTokens)
    }

    /// Keeps what the sequence computed for those to come, and gives the rest back.
    mutating func end(_ sequence: Sequence) {
        switch sequence.task {
        case .score: for page in sequence.pages { pool.giveBack(page) }
        case .answer:
            let count = PagePool.pages(for: sequence.computed)
            for page in sequence.pages.dropFirst(max(count, sequence.shared.count)) { pool.giveBack(page) }
            sequence.pages.removeSubrange(max(count, sequence.shared.count)...)
            insert(sequence, pages: count)
            for node in sequence.shared { node.users -= 1 }
        }
        sequence.pages = []
        sequence.shared = []
    }

    /// Moves the sequence's pages up to `pages` into the tree.
    private mutating func insert(_ sequence: Sequence, pages: Int) {
        let known = sequence.shared.count
        guard pages > known else { return }
        let (nodes, spare) = tree.insert(
            sequence.pages[known..<pages],
            sequence.tokens[known * KeyValueLayout.pageTokens..<sequence.computed], behind: sequence.shared.last)
        for page in spare { pool.giveBack(page) }
        for (place, node) in nodes.enumerated() {
            node.users += 1
            // Another sequence may have computed the same: its page is used from here on.
            sequence.pages[known + place] = node.page
        }
        sequence.shared += nodes
    }

    private mutating func take() -> KeyValuePage {
        while true {
            if let page = pool.take() { return page }
            guard let page = tree.evict() else {
                preconditionFailure("the scheduler admitted more than the pages hold")
            }
            pool.giveBack(page)
        }
    }
}
