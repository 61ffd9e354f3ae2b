/// A place in a picture, in pixels from the centre of its top left one.
public struct PicturePoint: Sendable, Hashable {
    public var x: Double
    public var y: Double

    public init(x: Double, y: Double) { (self.x, self.y) = (x, y) }
}

extension Picture {
    /// What lies between four corners, straightened: equal within one step to OpenCV 5's `warpPerspective` with
    /// `INTER_CUBIC` and `BORDER_REPLICATE`, by the matrix that moves the corners to those of a rectangle.
    ///
    ///     let line = page.warped(corners: box, width: 320, height: 48)
    ///
    /// - Parameters:
    ///   - corners: Top left, top right, bottom right, bottom left of what is wanted; they become (0, 0), (`width`, 0),
    ///     (`width`, `height`) and (0, `height`). They may lie outside of the picture, whose edge goes on for ever.
    /// - Precondition: There are four corners; `width` and `height` are positive. Of corners on one line some picture of the
    ///   right size is made.
    public func warped(corners: [PicturePoint], width: Int, height: Int) -> Picture {
        precondition(corners.count == 4 && width > 0 && height > 0, "warped: \(corners.count) corners")
        let places = Perspective(to: corners, width: Double(width), height: Double(height))
        var result = [UInt8](repeating: 0, count: width * height * 3)
        var target = result.mutableSpan, place = 0
        let source = pixels.span, rowBytes = 3 * self.width
        for row in 0..<height {
            for column in 0..<width {
                let point = places(Double(column), Double(row))
                let (left, top) = (floor(point.x), floor(point.y))
                let across = CubicTaps(Float(point.x - Double(left))), down = CubicTaps(Float(point.y - Double(top)))
                let isInside = left >= 1 && left + 2 < self.width && top >= 1 && top + 2 < self.height
                var red = 0, green = 0, blue = 0
                if isInside {
                    var from = (top - 1) * rowBytes + 3 * (left - 1)
                    for step in 0..<4 {
                        let line = across.sum(source, from, from + 3, from + 6, from + 9), weight = down[step]
                        red &+= weight &* line.red
                        green &+= weight &* line.green
                        blue &+= weight &* line.blue
                        from += rowBytes
                    }
                } else {
                    // Over an edge, which goes on for ever.
                    func offset(_ column: Int) -> Int { 3 * max(0, min(column, self.width - 1)) }
                    let columns = (offset(left - 1), offset(left), offset(left + 1), offset(left + 2))
                    for step in 0..<4 {
                        let start = rowBytes * max(0, min(top - 1 + step, self.height - 1)), weight = down[step]
                        let line = across.sum(
                            source, start + columns.0, start + columns.1, start + columns.2, start + columns.3)
                        red &+= weight &* line.red
                        green &+= weight &* line.green
                        blue &+= weight &* line.blue
                    }
                }
                target[place] = CubicTaps.step(red)
                target[place + 1] = CubicTaps.step(green)
                target[place + 2] = CubicTaps.step(blue)
                place += 3
            }
        }
        return Picture(width: width, height: height, pixels: result)
    }

    /// Of a number that is not large; without the call of the C library's.
    @inline(__always) private func floor(_ value: Double) -> Int {
        let towardsZero = Int(value)
        return Double(towardsZero) > value ? towardsZero - 1 : towardsZero
    }
}

/// The weights of the four pixels around a place, in 16384ths.
private struct CubicTaps {
    private let first: Int
    private let second: Int
    private let third: Int
    private let fourth: Int

    /// - Parameter x: How far behind the second pixel the place lies, 0 to 1.
    @inline(__always) init(_ x: Float) {
        let a: Float = -0.75, y = 1 - x
        let first = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a
        let second = ((a + 2) * x - (a + 3)) * x * x + 1
        let third = ((a + 2) * y - (a + 3)) * y * y + 1
        // The first and the last are not positive, the others are.
        self.first = Int(first * 16384 - 0.5)
        self.second = Int(second * 16384 + 0.5)
        self.third = Int(third * 16384 + 0.5)
        fourth = 16384 - self.first - self.second - self.third
    }

    @inline(__always) subscript(_ index: Int) -> Int {
        switch index {
        case 0: first
        case 1: second
        case 2: third
        default: fourth
        }
    }

    /// The weighted sum of four pixels, in 16384ths.
    @inline(__always) func sum(
        _ pixels: Span<UInt8>, _ a: Int, _ b: Int, _ c: Int, _ d: Int
    ) -> (red: Int, green: Int, blue: Int) {
        @inline(__always) func channel(_ offset: Int) -> Int {
            first &* Int(pixels[a + offset]) &+ second &* Int(pixels[b + offset]) &+ third &* Int(pixels[c + offset])
                &+ fourth &* Int(pixels[d + offset])
        }
        return (channel(0), channel(1), channel(2))
    }

    /// A sum of both directions as a step of 0 to 255.
    @inline(__always) static func step(_ sum: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: max(0, min(255, (sum + 1 << 27) >> 28)))
    }
}

/// The projective map from a rectangle to four corners.
///
/// - SeeAlso: Heckbert, "Fundamentals of Texture Mapping and Image Warping" (1989), section 2.2.3.
private struct Perspective {
    private var x: SIMD3<Double>
    private var y: SIMD3<Double>
    private var w: SIMD3<Double>

    init(to corners: [PicturePoint], width: Double, height: Double) {
        let (a, b, c, d) = (corners[0], corners[1], corners[2], corners[3])
        let (right, left) = ((x: b.x - c.x, y: b.y - c.y), (x: d.x - c.x, y: d.y - c.y))
        let bend = (x: a.x - b.x + c.x - d.x, y: a.y - b.y + c.y - d.y)
        let area = right.x * left.y - left.x * right.y
        let g = (bend.x * left.y - left.x * bend.y) / area, h = (right.x * bend.y - bend.x * right.y) / area
        x = SIMD3((b.x - a.x + g * b.x) / width, (d.x - a.x + h * d.x) / height, a.x)
        y = SIMD3((b.y - a.y + g * b.y) / width, (d.y - a.y + h * d.y) / height, a.y)
        w = SIMD3(g / width, h / height, 1)
    }

    func callAsFunction(_ column: Double, _ row: Double) -> PicturePoint {
        let near = 1 / (w.x * column + w.y * row + w.z)
        // Far outside is the edge; a place that is no number, of corners on one line, is too.
        func bounded(_ value: Double) -> Double { value.isNaN ? 0 : max(-1e6, min(value, 1e6)) }
        return PicturePoint(
            x: bounded((x.x * column + x.y * row + x.z) * near), y: bounded((y.x * column + y.y * row + y.z) * near))
    }
}
