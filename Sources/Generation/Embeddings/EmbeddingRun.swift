public import TuttiTensors

/// Says what something is by its content: equal keys stand for equal things.
public struct ContentKey: Sendable, Hashable {
    /// A cryptographic digest, such as SHA-256.
    public let digest: [UInt8]

    /// - Precondition: At least 16 bytes: fewer might be the same for two things.
    public init(digest: [UInt8]) {
        precondition(digest.count >= 16, "a digest of \(digest.count) bytes")
        self.digest = digest
    }
}

/// Rows of embeddings that stand in a prompt in place of tokens: a picture's.
///
/// In the prompt's tokens its places hold ``placeholder(_:)`` of its index among the request's runs, as often as it has
/// rows; other tokens may stand between them.
public struct EmbeddingRun: Sendable {
    /// What the rows are of. Runs of one key have the same rows and grid: their places are shared by prefix, and their rows
    /// are made once.
    public let key: ContentKey
    /// How many rows there are.
    public let count: Int
    /// Where the rows stand in the picture, for decoders whose positions have three parts.
    public let grid: PictureGrid?
    let make: @Sendable (Step) throws -> [Float]

    /// - Parameter make: Makes the rows, `[count, hidden]`, as they enter the decoder's first block. It is called on a
    ///   thread of the engine, at most once as long as its rows are kept, and not at all where the prefix is known.
    public init(
        key: ContentKey, count: Int, grid: PictureGrid? = nil, make: @escaping @Sendable (Step) throws -> [Float]
    ) {
        (self.key, self.count, self.grid, self.make) = (key, count, grid, make)
    }

    /// What stands in a prompt's tokens for a row of run `index`.
    public static func placeholder(_ index: Int) -> Token { -1 - Token(index) }
}
