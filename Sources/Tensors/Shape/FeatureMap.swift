/// Features of pictures, channels last: a row for each pixel, by lines from the top left, one picture after the other.
@safe public struct FeatureMap: Sendable {
    /// `[examples · height · width, channels]`.
    public let tensor: Tensor
    /// Pictures of one size.
    public let examples: Int
    /// In pixels.
    public let height: Int
    public let width: Int

    /// - Precondition: As many rows as the sizes say.
    public init(_ tensor: Tensor, examples: Int = 1, height: Int, width: Int) {
        precondition(
            tensor.rows == examples * height * width, "\(tensor.rows) rows for \(examples) × \(height) × \(width)")
        (self.tensor, self.examples, self.height, self.width) = (tensor, examples, height, width)
    }

    public var channels: Int { tensor.width }

    public var size: Extent { Extent(height, width) }

    /// The first number of a line.
    @unsafe func line(_ example: Int, _ line: Int) -> UnsafeMutablePointer<Float> {
        unsafe tensor.base + (example * height + line) * width * channels
    }
}

/// A height and a width: of pictures and windows, or from one window to the next.
public struct Extent: Sendable, Equatable {
    public var height: Int
    public var width: Int

    public init(_ height: Int, _ width: Int) { (self.height, self.width) = (height, width) }

    public var area: Int { height * width }
}
