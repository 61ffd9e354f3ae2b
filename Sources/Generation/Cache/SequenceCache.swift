import TuttiTensors

/// Gives sequences their pages: shared ones where the tree knows their beginning, new ones behind it.
///
/// Pages join the tree as they fill, so that others can share them at once. A windowed group's page leaves its sequence
/// when no row to come looks at it. The tree then keeps it only where a sequence is likely to begin: in the first
/// tokens, and as the window before a *landmark*: where the sequence took over, where its prompt ended, where it ended
/// itself, and where prompts part. What is kept so is the first to go when memory is short of what runs.
struct SequenceCache {
    let layout: KeyValueLayout
    private var pool: PagePool
    private var tree: PrefixTree
    /// The pages that running sequences hold, each counted once; every other one can be had by forgetting.
    private(set) var heldPageCount = 0
    private(set) var heldByteCount = 0

    /// - Parameter capacity: The most bytes that pages may take.
    init(layout: KeyValueLayout, capacity: Int) {
        self.layout = layout
        pool = PagePool(layout: layout, capacity: capacity)
        tree = PrefixTree(layout: layout)
    }

    /// Bytes of the pages that sequences and the tree hold.
    var usedByteCount: Int { pool.usedByteCount }
    var usedPageCount: Int { pool.usedPageCount }

    /// Makes a sequence ready that computes everything itself and shares nothing.
    func beginAlone(_ sequence: CachedSequence) {
        sequence.pages = Array(repeating: [], count: layout.groups.count)
        sequence.firstPages = Array(repeating: 0, count: layout.groups.count)
    }

    /// Finds what of the prompt was computed before. One token at least stays to be computed: its logits are wanted.
    mutating func begin(_ sequence: CachedSequence) {
        let match = tree.match(sequence.tokens.dropLast(), regime: sequence.regime)
        sequence.path = match.nodes
        sequence.takenOver = match.nodes.count
        sequence.computed = match.tokenCount
        sequence.landmarks = [match.tokenCount, match.knownTokens, sequence.promptCount, sequence.tokens.count]
        for node in match.nodes { node.users += 1 }
        sequence.firstPages = layout.groups.indices.map { layout.firstPage(group: $0, after: match.tokenCount) }
        sequence.pages = layout.groups.indices.map { group in
            let first = min(sequence.firstPages[group], match.nodes.count)
            let nodes = match.nodes[first...]
            for node in nodes where node.pages[group] != nil { hold(node, group) }
            return Array(repeating: nil, count: first) + nodes.map { $0.pages[group] }
        }
        guard let (node, _) = match.partial else { return }
        // Written to from here on, so they must be the sequence's own. Taking one may evict the page it copies: its
        // memory stays alive and unwritten until the copy is made.
        let pages = node.pages
        var copies: [KeyValuePage] = []
        for (group, page) in pages.enumerated() {
            guard let copy = take(group) else {
                // It computes everything itself: from the end of the whole pages it might not be able to go on.
                for (group, copy) in copies.enumerated() { giveBack(copy, group) }
                sequence.computed = 0
                end(sequence)
                return beginAlone(sequence)
            }
            if let page { copy.copy(from: page) }
            copies.append(copy)
        }
        for (group, copy) in copies.enumerated() { sequence.pages[group].append(copy) }
    }

    /// How many tokens of the prompt were computed before.
    mutating func knownTokens(_ sequence: CachedSequence) -> Int {
        tree.match(sequence.tokens.dropLast(), regime: sequence.regime).tokenCount
    }

    /// Starts a sequence again whose keys have all changed: what it had stays for others, and it looks for a beginning
    /// among those of its new regime.
    mutating func begin(_ sequence: CachedSequence, again regime: Int) {
        end(sequence)
        sequence.regime = regime
        if sequence.isShared { begin(sequence) } else { beginAlone(sequence) }
    }

    /// Lets go of what the sequence's rows to come do not see, and makes room for its first `tokens` tokens.
    /// - Returns: Whether there was room; if not, somebody must be put back, and this be called again.
    mutating func reserve(_ sequence: CachedSequence, tokens: Int) -> Bool {
        for group in layout.groups.indices {
            let first = layout.firstPage(group: group, after: sequence.computed)
            while sequence.firstPages[group] < first { release(sequence, group) }
            while sequence.pages[group].count < KeyValueLayout.pages(for: tokens) {
                guard let page = take(group) else { return false }
                sequence.pages[group].append(page)
            }
        }
        return true
    }

    /// How many bytes a sequence that begins lacks to grow to `tokens` tokens, when running ones keep what they have;
    /// what it would share with those counts for it. Negative when some are left over.
    /// - Parameter rows: The most of its tokens that one step computes.
    mutating func shortage(_ sequence: CachedSequence, tokens: Int, rows: Int) -> Int {
        var needed = layout.byteCount(running: tokens, rows: rows)
        if sequence.isShared {
            let match = tree.match(sequence.tokens.dropLast(), regime: sequence.regime)
            for group in layout.groups.indices {
                let nodes = match.nodes.dropFirst(layout.firstPage(group: group, after: match.tokenCount))
                needed -= nodes.count { $0.pageUsers[group] > 0 } * layout.pageBytes(group: group)
            }
        }
        return needed - (pool.capacity - heldByteCount)
    }

    /// The bytes of the pages that a sequence holds, shared ones among them.
    func heldByteCount(_ sequence: CachedSequence) -> Int {
        sequence.pages.indices.reduce(0) { sum, group in
            sum + sequence.pages[group].count { $0 != nil } * layout.pageBytes(group: group)
        }
    }

    /// Gives back the pages behind the first `tokens` tokens: what they were taken for did not come to be.
    /// - Precondition: No page behind them is shared.
    mutating func truncate(_ sequence: CachedSequence, tokens: Int) {
        let count = KeyValueLayout.pages(for: tokens)
        for group in layout.groups.indices {
            while sequence.pages[group].count > count {
                if let page = sequence.pages[group].removeLast() { giveBack(page, group) }
            }
        }
    }

    /// Gives up the first page that the sequence holds in a group.
    private mutating func release(_ sequence: CachedSequence, _ group: Int) {
        let place = sequence.firstPages[group]
        sequence.firstPages[group] += 1
        guard let page = sequence.pages[group][place] else { return }
        sequence.pages[group][place] = nil
        guard place < sequence.path.count else { return giveBack(page, group) }
        let node = sequence.path[place]
        letGo(node, group)
        // What the sequence found is looked at when it ends.
        guard node.pageUsers[group] == 0, place >= sequence.takenOver, !isKept(place, sequence, group) else { return }
        if let freed = tree.drop(node, group: group) { pool.giveBack(freed.page, group: group) }
    }

    /// Whether a windowed group's page stays behind its sequence.
    private func isKept(_ place: Int, _ sequence: CachedSequence, _ group: Int) -> Bool {
        if place < KeyValueLayout.pages(for: KeyValueLayout.beginningTokens) { return true }
        return sequence.landmarks.contains { tokens in
            place >= layout.firstPage(group: group, after: tokens) && place < KeyValueLayout.pages(for: tokens)
        }
    }

    /// Lets others share the whole pages that the sequence has computed.
    mutating func share(_ sequence: CachedSequence) {
        insert(sequence, pages: sequence.computed / KeyValueLayout.pageTokens)
    }

    /// Keeps what the sequence computed for those to come, and gives the rest back.
    mutating func end(_ sequence: CachedSequence) {
        if sequence.isKept { insert(sequence, pages: KeyValueLayout.pages(for: sequence.computed)) }
        for (group, table) in sequence.pages.enumerated() {
            for (place, page) in table.enumerated() {
                guard let page else { continue }
                if place < sequence.path.count {
                    letGo(sequence.path[place], group)
                } else {
                    giveBack(page, group)
                }
            }
        }
        for node in sequence.path { node.users -= 1 }
        prune(sequence)
        sequence.pages = []
        sequence.path = []
        sequence.computed = 0
    }

    /// Moves the sequence's pages up to `pages` into the tree.
    private mutating func insert(_ sequence: CachedSequence, pages: Int) {
        while sequence.path.count < pages {
            let place = sequence.path.count, first = place * KeyValueLayout.pageTokens
            let tokens = sequence.tokens[first..<min(first + KeyValueLayout.pageTokens, sequence.computed)]
            let (node, spare) = tree.node(tokens, behind: sequence.path.last, regime: sequence.regime)
            for (page, group) in spare { pool.giveBack(page, group: group) }
            node.users += 1
            sequence.path.append(node)
            for group in layout.groups.indices {
                guard let own = sequence.pages[group][place] else { continue }
                if let known = node.pages[group] {
                    // Another sequence has computed the same: its page is used from here on.
                    giveBack(own, group)
                    sequence.pages[group][place] = known
                    hold(node, group)
                } else if tokens.count < node.tokens.count {
                    // The node tells of more tokens than this page has, whose own page is gone.
                    giveBack(own, group)
                    sequence.pages[group][place] = nil
                } else {
                    node.pages[group] = own
                    node.pageUsers[group] += 1
                }
            }
        }
    }

    /// Lets go of the windowed pages on an ended sequence's path that no sequence is likely to begin from.
    private mutating func prune(_ sequence: CachedSequence) {
        let beginning = KeyValueLayout.pages(for: KeyValueLayout.beginningTokens)
        for group in layout.groups.indices where layout.groups[group].window != nil {
            var keptFrom = layout.firstPage(group: group, after: sequence.computed)
            for place in sequence.path.indices.reversed() where place >= beginning {
                let node = sequence.path[place], end = (place + 1) * KeyValueLayout.pageTokens
                for tokens in sequence.landmarks where KeyValueLayout.pages(for: tokens) == place + 1 {
                    keptFrom = min(keptFrom, layout.firstPage(group: group, after: tokens))
                }
                if node.children.count > 1 { keptFrom = min(keptFrom, layout.firstPage(group: group, after: end)) }
                guard place < keptFrom, node.pageUsers[group] == 0 else { continue }
                if let freed = tree.drop(node, group: group) { pool.giveBack(freed.page, group: group) }
            }
        }
    }

    /// Forgets everything that no running sequence uses.
    mutating func empty() {
        while let freed = tree.evict() {
            for (page, group) in freed { pool.giveBack(page, group: group) }
        }
    }

    // MARK: Pages that sequences hold

    /// A page for a sequence alone; nil when running ones hold all.
    private mutating func take(_ group: Int) -> KeyValuePage? {
        while true {
            if let page = pool.take(group: group) {
                count(1, group)
                return page
            }
            guard let freed = tree.evict() else { return nil }
            for (page, group) in freed { pool.giveBack(page, group: group) }
        }
    }

    /// A page that a sequence had for itself.
    private mutating func giveBack(_ page: KeyValuePage, _ group: Int) {
        count(-1, group)
        pool.giveBack(page, group: group)
    }

    /// One more sequence looks at a page of the tree.
    private mutating func hold(_ node: PrefixTree.Node, _ group: Int) {
        if node.pageUsers[group] == 0 { count(1, group) }
        node.pageUsers[group] += 1
    }

    private mutating func letGo(_ node: PrefixTree.Node, _ group: Int) {
        node.pageUsers[group] -= 1
        if node.pageUsers[group] == 0 { count(-1, group) }
    }

    private mutating func count(_ change: Int, _ group: Int) {
        heldPageCount += change
        heldByteCount += change * layout.pageBytes(group: group)
    }
}
