extension Picture {
    /// Red, green and blue, 0 to 255, in sRGB.
    public struct Colour: Sendable, Hashable {
        public var red: UInt8
        public var green: UInt8
        public var blue: UInt8

        public init(red: UInt8, green: UInt8, blue: UInt8) {
            (self.red, self.green, self.blue) = (red, green, blue)
        }

        public static let white = Colour(red: 255, green: 255, blue: 255)
        public static let black = Colour(red: 0, green: 0, blue: 0)
    }

    /// A part of the picture.
    /// - Precondition: It has pixels, all of which lie in the picture.
    public func cropped(left: Int, top: Int, width: Int, height: Int) -> Picture {
        precondition(
            left >= 0 && top >= 0 && width > 0 && height > 0 && left + width <= self.width
                && top + height <= self.height,
            "cropped: \(width) × \(height) at \(left), \(top) of \(self.width) × \(self.height)")
        var part: [UInt8] = []
        part.reserveCapacity(width * height * 3)
        for row in top..<top + height {
            let start = 3 * (row * self.width + left)
            part += pixels[start..<start + 3 * width]
        }
        return Picture(width: width, height: height, pixels: part)
    }

    /// The picture with pixels of one colour around it.
    /// - Precondition: No number is negative.
    public func padded(left: Int = 0, top: Int = 0, right: Int = 0, bottom: Int = 0, with colour: Colour) -> Picture {
        precondition(min(left, top, right, bottom) >= 0, "padded: \(left), \(top), \(right), \(bottom)")
        let ground = Picture(
            width: left + width + right, height: top + height + bottom, red: colour.red, green: colour.green,
            blue: colour.blue)
        var padded = ground.pixels
        for row in 0..<height {
            let start = 3 * ((top + row) * ground.width + left)
            padded.replaceSubrange(start..<start + 3 * width, with: pixels[3 * row * width..<3 * (row + 1) * width])
        }
        return Picture(width: ground.width, height: ground.height, pixels: padded)
    }

    /// The picture turned clockwise.
    /// - Parameter quarterTurns: Any number; −1 is a quarter to the left.
    public func rotated(quarterTurns: Int) -> Picture {
        let turns = (quarterTurns % 4 + 4) % 4
        return upright(from: Orientation([1, 6, 3, 8][turns]))
    }

    /// Left is right.
    public func flippedHorizontally() -> Picture { upright(from: Orientation(2)) }

    /// Top is bottom.
    public func flippedVertically() -> Picture { upright(from: Orientation(4)) }
}
