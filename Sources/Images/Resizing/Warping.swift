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
        let source = pixels.span
        for row in 0..<height {
            for column in 0..<width {
                let point = places(Double(column), Double(row))
                let (left, top) = (point.x.rounded(.down), point.y.rounded(.down))
                let across = cubicWeights(Float(point.x - left)), down = cubicWeights(Float(point.y - top))
                let (firstColumn, firstRow) = (Int(left) - 1, Int(top) - 1)
                var sum = SIMD4<Float>()
                for y in 0..<4 {
                    let start = self.width * max(0, min(firstRow + y, self.height - 1))
                    var line = SIMD4<Float>()
                    for x in 0..<4 {
                        let from = 3 * (start + max(0, min(firstColumn + x, self.width - 1)))
                        let pixel = SIMD4<Float>(
                            Float(source[from]), Float(source[from + 1]), Float(source[from + 2]), 0)
                        line += across[x] * pixel
                    }
                    sum += down[y] * line
                }
                let steps = sum.clamped(lowerBound: .zero, upperBound: SIMD4(repeating: 255)) + 0.5
                target[place] = UInt8(steps.x)
                target[place + 1] = UInt8(steps.y)
                target[place + 2] = UInt8(steps.z)
                place += 3
            }
        }
        return Picture(width: width, height: height, pixels: result)
    }
}

/// Of the four pixels around a place that lies `x` behind the second one.
private func cubicWeights(_ x: Float) -> SIMD4<Float> {
    let a: Float = -0.75, y = 1 - x
    let first = ((a * (x + 1) - 5 * a) * (x + 1) + 8 * a) * (x + 1) - 4 * a
    let second = ((a + 2) * x - (a + 3)) * x * x + 1
    let third = ((a + 2) * y - (a + 3)) * y * y + 1
    return SIMD4(first, second, third, 1 - first - second - third)
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
        let place = SIMD3(column, row, 1), depth = (w * place).sum()
        // Far outside is the edge; a place that is no number, of corners on one line, is too.
        func bounded(_ value: Double) -> Double { value.isNaN ? 0 : max(-1e6, min(value, 1e6)) }
        return PicturePoint(x: bounded((x * place).sum() / depth), y: bounded((y * place).sum() / depth))
    }
}
