package import TuttiImages

/// A picture as text is looked for in it: neither too large nor too small, and with bars beside what is long and thin.
package struct ReadablePicture: Sendable {
    package let picture: Picture
    /// What a point of it is in the picture that it was made of.
    private let scale: (x: Float, y: Float)
    private let bars: (left: Int, top: Int)
    private let original: (width: Int, height: Int)

    /// Of the longer and the shorter side.
    private static let longest = 2000
    private static let shortest = 30
    /// A picture that is longer than this in proportion gets bars.
    private static let longestRatio = 8
    /// Detection sees pictures whose shorter side is at least this.
    private static let detectionSide = 736

    package init(_ original: Picture) {
        var picture = original
        let long = max(picture.width, picture.height)
        if long > Self.longest { picture = picture.scaled(by: Double(Self.longest) / Double(long)) }
        let short = min(picture.width, picture.height)
        if short < Self.shortest {
            // What is a line of points long would become far too long.
            let grown = min(
                Double(Self.shortest) / Double(short),
                Double(2 * Self.longest) / Double(max(picture.width, picture.height)))
            picture = picture.scaled(by: grown)
        }
        scale = (Float(original.width) / Float(picture.width), Float(original.height) / Float(picture.height))
        self.original = (original.width, original.height)
        let (width, height) = (picture.width, picture.height)
        func bar(_ side: Int, beside other: Int) -> Int {
            abs(2 * max(other / Self.longestRatio, Self.shortest) - side) / 2
        }
        var bars = (left: 0, top: 0)
        if height <= Self.shortest || width > Self.longestRatio * height {
            bars.top = bar(height, beside: width)
        } else if height > Self.longestRatio * width {
            bars.left = bar(width, beside: height)
        }
        self.bars = bars
        self.picture =
            bars.left + bars.top > 0
            ? picture.padded(left: bars.left, top: bars.top, right: bars.left, bottom: bars.top, with: .black) : picture
    }

    /// The same, as large as detection wants it.
    package func forDetection() -> Picture {
        let short = min(picture.width, picture.height)
        return picture.scaled(by: short < Self.detectionSide ? Double(Self.detectionSide) / Double(short) : 1)
    }

    /// Where something stands in the picture that it was made of.
    package func original(_ place: Quadrilateral) -> Quadrilateral {
        place.map { point in
            Quadrilateral.Point(
                x: min(max((point.x - Float(bars.left)) * scale.x, 0), Float(original.width)),
                y: min(max((point.y - Float(bars.top)) * scale.y, 0), Float(original.height)))
        }
    }
}

extension Picture {
    /// About so many times as large, both sides being multiples of what detection works on.
    fileprivate func scaled(by factor: Double) -> Picture {
        func side(_ side: Int) -> Int {
            let cut = Int(Double(side) * factor)
            return max(32, Int((Double(cut) / 32).rounded(.toNearestOrEven)) * 32)
        }
        return resizedAsOpenCV(width: side(width), height: side(height))
    }
}
