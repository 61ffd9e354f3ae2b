/// A picture resized, cut and normalised as a family's encoder takes it.
public struct PreparedPicture: Sendable {
    /// In the order that the family's encoder wants: `[tiles, 3, height, width]`, or `[patches, patch width]`.
    public var values: [Float]
    public var shape: [Int]
    /// Of encoders that are told which pixels are none, one truth value for each of `[tiles, height, width]`; else empty.
    public var mask: [Bool]
    /// Frames, rows and columns of patches before merging, of encoders that take patches; else empty.
    public var grid: [Int]

    /// - Precondition: `values` fill `shape`.
    public init(values: [Float], shape: [Int], mask: [Bool] = [], grid: [Int] = []) {
        precondition(values.count == shape.reduce(1, *), "\(values.count) values for \(shape)")
        (self.values, self.shape, self.mask, self.grid) = (values, shape, mask, grid)
    }
}

/// What a model's eyes cannot take.
public enum VisionError: Error, Equatable, CustomStringConvertible {
    /// `limit` is the largest ratio of the longer side to the shorter.
    case tooNarrow(width: Int, height: Int, limit: Int)
    case noVideo
    case emptyVideo
    case framesDiffer

    public var description: String {
        switch self {
        case .tooNarrow(let width, let height, let limit):
            "A picture of \(width) × \(height) pixels is too narrow for this model: one side may be at most \(limit) times the other. Cut it, or put it on a wider ground."
        case .noVideo: "This model sees single pictures, no video: give some of its frames as pictures."
        case .emptyVideo: "A video without frames: give at least one."
        case .framesDiffer: "The frames of a video must all be of one size."
        }
    }
}
