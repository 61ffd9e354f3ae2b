import TuttiTensors

/// The pages of finished and running sequences, found by the tokens that they hold.
///
/// A path from the root spells a prefix, a page at a time. A new sequence takes over the longest path that its prompt
/// begins with; of the page after it, it may copy the part that agrees. What nobody uses is given back, the longest
/// unused first, when memory is asked for.
/// - SeeAlso: Zheng et al. 2023, arXiv:2312.07104, section 3 (a tree of prefixes).
struct PrefixTree {
    /// One page on a path.
    final class Node {
        let tokens: [Token]
        let page: KeyValuePage
        fileprivate(set) var children: [Node] = []
        fileprivate weak var parent: Node?
        /// Running sequences that read this page.
        var users = 0
        fileprivate var lastUse: UInt64 = 0

        init(tokens: [Token], page: KeyValuePage, parent: Node?) {
            self.tokens = tokens
            self.page = page
            self.parent = parent
        }

        var isFull: Bool { tokens.count == KeyValueLayout.pageTokens }
    }

    /// What a prompt finds.
    struct Match {
        /// Whole pages, from the beginning.
        var nodes: [Node] = []
        /// A page whose first `count` tokens go on where the whole ones end.
        var partial: (page: KeyValuePage, count: Int)?

        var tokenCount: Int { nodes.count * KeyValueLayout.pageTokens + (partial?.count ?? 0) }
    }

    private var roots: [Node] = []
    private var clock: UInt64 = 0

    /// The longest known beginning of `tokens`.
    mutating func match(_ tokens: ArraySlice<Token>) -> Match {
        clock += 1
        var result = Match(), rest = tokens, candidates = roots
        while !rest.isEmpty {
            var best: (node: Node, count: Int)?
            for node in candidates {
                let count = zip(node.tokens, rest).prefix { $0 == $1 }.count
                if count > best?.count ?? 0 { best = (node, count) }
            }
            guard let (node, count) = best else { break }
            node.lastUse = clock
            if node.isFull && count == node.tokens.count {
                result.nodes.append(node)
                rest = rest.dropFirst(count)
                candidates = node.children
            } else {
                result.partial = (node.page, count)
                break
            }
        }
        return result
    }

    /// Puts pages into the tree that go on behind `path`: the pages of `tokens`, of which only the last may be partly
    /// filled.
    /// - Returns: The nodes that now hold these tokens, as many as there are pages, and the pages that are not needed
    ///   because the tree had the same.
    mutating func insert(
        _ pages: ArraySlice<KeyValuePage>, _ tokens: ArraySlice<Token>, behind path: Node?
    ) -> (nodes: [Node], spare: [KeyValuePage]) {
        clock += 1
        var parent = path, rest = tokens
        var nodes: [Node] = [], spare: [KeyValuePage] = []
        for page in pages {
            let chunk = Array(rest.prefix(KeyValueLayout.pageTokens))
            rest = rest.dropFirst(chunk.count)
            let siblings = parent?.children ?? roots
            if let known = siblings.first(where: { $0.tokens.starts(with: chunk) }) {
                spare.append(page)
                known.lastUse = clock
                nodes.append(known)
                parent = known
                continue
            }
            // A shorter page of the same beginning says nothing that this one does not.
            for node in siblings where node.users == 0 && node.children.isEmpty && chunk.starts(with: node.tokens) {
                spare.append(node.page)
                remove(node)
            }
            let node = Node(tokens: chunk, page: page, parent: parent)
            node.lastUse = clock
            if let parent { parent.children.append(node) } else { roots.append(node) }
            nodes.append(node)
            parent = node
        }
        return (nodes, spare)
    }

    /// Takes the leaf that was unused the longest out of the tree; nil when every page is in use.
    mutating func evict() -> KeyValuePage? {
        var oldest: Node?
        var stack = roots
        while let node = stack.popLast() {
            if node.children.isEmpty && node.users == 0 && node.lastUse < oldest?.lastUse ?? .max { oldest = node }
            stack.append(contentsOf: node.children)
        }
        guard let oldest else { return nil }
        remove(oldest)
        return oldest.page
    }

    private mutating func remove(_ node: Node) {
        if let parent = node.parent {
            parent.children.removeAll { $0 === node }
        } else {
            roots.removeAll { $0 === node }
        }
    }
}
