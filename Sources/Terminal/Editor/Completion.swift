/// How the text before the cursor could go on.
public struct Completion: Sendable, Equatable {
    /// How many characters before the cursor a candidate replaces.
    public var replacedCount: Int
    public var candidates: [String]

    public init(replacedCount: Int, candidates: [String]) {
        self.replacedCount = replacedCount
        self.candidates = candidates
    }

    /// What all candidates begin with.
    var sharedPrefix: String {
        guard var prefix = candidates.first else { return "" }
        for candidate in candidates { prefix = prefix.commonPrefix(with: candidate) }
        return prefix
    }
}

extension String {
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
