extension ChatTemplate {
    /// What rendering may cost; templates come with models, and models from strangers.
    public struct Limits: Sendable, Equatable {
        /// Expressions evaluated, items looped over and characters searched (16 bytes a step).
        public var steps: Int
        /// How deeply macros and recursive loops may call each other, counted in nested expressions and blocks.
        public var depth: Int
        /// The longest text that comes out, and the longest string on the way.
        public var outputByteCount: Int
        /// All strings and lists made on the way together, also those that are gone again.
        public var valueByteCount: Int

        /// Enough for thousands of messages; a template that loops for ever ends within seconds.
        public init(
            steps: Int = 10_000_000, depth: Int = 1_000, outputByteCount: Int = 16 << 20,
            valueByteCount: Int = 256 << 20
        ) {
            self.steps = steps
            self.depth = depth
            self.outputByteCount = outputByteCount
            self.valueByteCount = valueByteCount
        }
    }

    /// What reading a template may cost.
    enum ParserLimits {
        /// Far above any template in use; the longest known have some 20 KB.
        static let sourceByteCount = 4 << 20
        /// Expressions within expressions and blocks within blocks.
        static let depth = 100
        /// How deeply lists and dictionaries may lie within each other.
        static let valueDepth = 128
    }
}
