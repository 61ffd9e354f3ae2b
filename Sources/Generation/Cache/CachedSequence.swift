import TuttiTensors

/// A sequence as the cache sees it: its tokens, and the pages that hold what was computed of them.
class CachedSequence {
    /// Those that are known; more than are computed.
    var tokens: [Token]
    /// How many of them it began with.
    let promptCount: Int
    /// Whether it takes over what others computed, and its own pages are shared as they fill.
    let isShared: Bool
    /// Whether the tree keeps its pages when it has ended.
    let isKept: Bool
    /// How many of `tokens` have their keys and values in `pages`.
    var computed = 0
    /// The regime of rotary positions in which they were computed.
    var regime = 0
    /// A table for each group of layers.
    var pages: [PageTable] = []
    /// The first page of each table that is still held.
    var firstPages: [Int] = []
    /// The nodes of the tree that have its first pages; those are read only.
    var path: [PrefixTree.Node] = []
    /// How many of them were there when it began.
    var takenOver = 0
    /// Lengths at which other sequences are likely to go on from it.
    var landmarks: [Int] = []

    /// - Parameter isKept: nil for what is shared.
    init(tokens: [Token], isShared: Bool, isKept: Bool? = nil) {
        self.tokens = tokens
        promptCount = tokens.count
        self.isShared = isShared
        self.isKept = isKept ?? isShared
    }
}
