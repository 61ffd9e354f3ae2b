/// Where the rows of a picture or a video stand in it: frames, rows and columns, as a decoder sees them.
public struct PictureGrid: Sendable, Hashable {
    public var frames: Int
    public var rows: Int
    public var columns: Int
    /// Positions from one frame to the next.
    public var frameStep: Int

    public init(frames: Int = 1, rows: Int, columns: Int, frameStep: Int = 1) {
        (self.frames, self.rows, self.columns, self.frameStep) = (frames, rows, columns, frameStep)
    }

    /// How many embeddings it has.
    public var count: Int { frames * rows * columns }
}

/// Rotary positions of three parts: time, height and width. A token of text has three that are equal; those of a picture
/// tell where in it they stand, counted from the position behind what came before. What follows goes on behind the
/// largest of them.
/// - SeeAlso: Wang et al. 2024, arXiv:2409.12191, section 2.1 (M-RoPE).
public struct GridPositions: Sendable, Equatable {
    /// Of the tokens up to the last picture's end.
    private let parts: [SIMD3<Int32>]
    /// What a token behind them adds to its place.
    private let shift: Int32

    /// - Parameter pictures: The places of each picture's tokens in the sequence, ascending, and its grid.
    /// - Precondition: A picture has as many places as its grid has tokens.
    public init(_ pictures: [(places: Range<Int>, grid: PictureGrid)]) {
        var parts: [SIMD3<Int32>] = [], next: Int32 = 0
        for (places, grid) in pictures {
            precondition(places.count == grid.count && places.lowerBound >= parts.count, "a picture at \(places)")
            while parts.count < places.lowerBound {
                parts.append(SIMD3(repeating: next))
                next += 1
            }
            let first = next
            for index in 0..<grid.count {
                let frame = index / (grid.rows * grid.columns), place = index % (grid.rows * grid.columns)
                let offset = SIMD3(
                    Int32(clamping: frame * grid.frameStep), Int32(clamping: place / grid.columns),
                    Int32(clamping: place % grid.columns))
                parts.append(SIMD3(repeating: first) &+ offset)
                next = max(next, first &+ offset.max() &+ 1)
            }
        }
        self.parts = parts
        shift = next - Int32(clamping: parts.count)
    }

    /// The position of the token at `place` of the sequence.
    public subscript(place: Int) -> SIMD3<Int32> {
        place < parts.count ? parts[place] : SIMD3(repeating: Int32(clamping: place) + shift)
    }
}
