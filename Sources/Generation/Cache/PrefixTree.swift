import TuttiTensors

/// The pages of finished and running sequences, found by the tokens that they hold.
///
/// A path from the root spells a prefix, a page at a time. A new sequence takes over the longest path that its prompt
/// begins with and that can be gone on from: every group of layers must have the pages that the next row sees. Of the
/// page after the path it may copy the part that agrees. What nobody uses is given back, the longest unused first, when
/// memory is asked for.
/// - SeeAlso: Zheng et al. 2023, arXiv:2312.07104, section 3 (a tree of prefixes).
struct PrefixTree {
    /// The pages of one stretch of a path, one for each group of layers.
    final class Node {
        let tokens: [Token]
        /// Nil where a windowed group's page was given back.
        var pages: [KeyValuePage?]
        /// Running sequences that still look at each page.
        var pageUsers: [Int]
        /// Running sequences whose path leads through here.
        var users = 0
        fileprivate(set) var children: [Node] = []
        fileprivate weak var parent: Node?
        fileprivate var lastUse: UInt64 = 0

        init(tokens: [Token], groups: Int, parent: Node?) {
            self.tokens = tokens
            self.parent = parent
            pages = Array(repeating: nil, count: groups)
            pageUsers = Array(repeating: 0, count: groups)
        }

        var isFull: Bool { tokens.count == KeyValueLayout.pageTokens }
    }

    /// What a prompt finds.
    struct Match {
        /// Whole pages, from the beginning.
        var nodes: [Node] = []
        /// A page whose first `count` tokens go on where the whole ones end.
        var partial: (node: Node, count: Int)?
        /// How far the tree knows the prompt, though it may have no window left to go on from there.
        var knownTokens = 0

        var tokenCount: Int { nodes.count * KeyValueLayout.pageTokens + (partial?.count ?? 0) }
    }

    private let layout: KeyValueLayout
    /// The beginnings of each regime of rotary positions: keys of two regimes do not go together.
    private var roots: [Int: [Node]] = [:]
    private var clock: UInt64 = 0

    init(layout: KeyValueLayout) { self.layout = layout }

    /// The longest beginning of `tokens` that can be gone on from.
    mutating func match(_ tokens: ArraySlice<Token>, regime: Int) -> Match {
        clock += 1
        var path: [Node] = [], rest = tokens, candidates = roots[regime] ?? []
        var wholeCount = 0, partial: (node: Node, count: Int)?, knownTokens = 0
        // For each group, the first page of the unbroken run of pages that ends here.
        var runs = Array(repeating: 0, count: layout.groups.count)
        while !rest.isEmpty {
            var best: (node: Node, count: Int)?
            for node in candidates {
                let count = zip(node.tokens, rest).prefix { $0 == $1 }.count
                if count > 0, count >= best?.count ?? 0 { best = (node, count) }
            }
            guard let (node, count) = best else { break }
            node.lastUse = clock
            for group in runs.indices where node.pages[group] == nil { runs[group] = path.count + 1 }
            knownTokens += count
            let isWhole = count == KeyValueLayout.pageTokens
            if canGoOn(after: knownTokens, runs) {
                wholeCount = path.count + (isWhole ? 1 : 0)
                partial = isWhole ? nil : (node, count)
            }
            guard isWhole else { break }
            path.append(node)
            rest = rest.dropFirst(count)
            candidates = node.children
        }
        path.removeSubrange(wholeCount...)
        return Match(nodes: path, partial: partial, knownTokens: knownTokens)
    }

    /// Whether every group has the pages that the row behind `tokens` tokens sees.
    private func canGoOn(after tokens: Int, _ runs: [Int]) -> Bool {
        zip(layout.groups, runs).allSatisfy { group, run in
            let oldest = group.oldest(seenFrom: tokens)
            return oldest >= tokens || oldest / KeyValueLayout.pageTokens >= run
        }
    }

    /// The node that spells `tokens` behind `path`: one that is there, or a new one without pages.
    /// - Returns: It, and the pages of nodes that say nothing more beside it.
    mutating func node(
        _ tokens: ArraySlice<Token>, behind path: Node?, regime: Int
    ) -> (node: Node, spare: [FreedPage]) {
        clock += 1
        let siblings = path?.children ?? roots[regime] ?? []
        if let known = siblings.first(where: { $0.tokens.starts(with: tokens) }) {
            known.lastUse = clock
            return (known, [])
        }
        var spare: [FreedPage] = []
        // A shorter page of the same beginning says nothing that this one does not.
        for node in siblings where node.users == 0 && node.children.isEmpty && tokens.starts(with: node.tokens) {
            spare += remove(node)
        }
        let node = Node(tokens: Array(tokens), groups: layout.groups.count, parent: path)
        node.lastUse = clock
        if let path { path.children.append(node) } else { roots[regime, default: []].append(node) }
        return (node, spare)
    }

    /// A page that left the tree, and its group.
    typealias FreedPage = (page: KeyValuePage, group: Int)

    /// Takes out what was unused the longest: the end of a path with all its pages; once every path is in use, the
    /// pages of windowed layers that were kept for others. Nil when every page is in use.
    mutating func evict() -> [FreedPage]? {
        var oldest: Node?, oldestKept: Node?
        var stack = roots.values.flatMap { $0 }
        while let node = stack.popLast() {
            if node.children.isEmpty && node.users == 0 && node.lastUse < oldest?.lastUse ?? .max { oldest = node }
            if node.lastUse < oldestKept?.lastUse ?? .max, !keptGroups(node).isEmpty { oldestKept = node }
            stack.append(contentsOf: node.children)
        }
        if let oldest { return remove(oldest) }
        return oldestKept.map { node in keptGroups(node).compactMap { drop(node, group: $0) } }
    }

    /// The windowed groups whose page of `node` nobody looks at.
    private func keptGroups(_ node: Node) -> [Int] {
        layout.groups.indices.filter {
            layout.groups[$0].window != nil && node.pages[$0] != nil && node.pageUsers[$0] == 0
        }
    }

    /// Takes a page out of a node that stays.
    func drop(_ node: Node, group: Int) -> FreedPage? {
        guard let page = node.pages[group] else { return nil }
        node.pages[group] = nil
        return (page, group)
    }

    /// Takes a leaf out, and with it what of its path only led to it.
    private mutating func remove(_ leaf: Node) -> [FreedPage] {
        var freed: [FreedPage] = []
        var next: Node? = leaf
        while let node = next {
            freed += layout.groups.indices.compactMap { drop(node, group: $0) }
            if let parent = node.parent {
                parent.children.removeAll { $0 === node }
            } else {
                for (regime, nodes) in roots where nodes.contains(where: { $0 === node }) {
                    let rest = nodes.filter { $0 !== node }
                    roots[regime] = rest.isEmpty ? nil : rest
                }
            }
            next = node.parent
            guard let parent = next, parent.users == 0, parent.children.isEmpty,
                parent.pages.allSatisfy({ $0 == nil })
            else { break }
        }
        return freed
    }
}
