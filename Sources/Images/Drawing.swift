extension Picture {
    /// The picture with lines drawn over it, their edges and ends smooth and round.
    /// - Parameters:
    ///   - polylines: Places that are joined in their order; name the first one again at the end to close a line. What lies
    ///     outside of the picture is left out.
    ///   - width: Of the lines, in pixels.
    public func drawing(polylines: [[PicturePoint]], colour: Colour, width lineWidth: Double) -> Picture {
        var canvas = pixels
        var span = canvas.mutableSpan
        let reach = max(0, lineWidth / 2) + 0.5
        for line in polylines {
            for (start, end) in zip(line, line.dropFirst())
            where [start.x, start.y, end.x, end.y].allSatisfy({ abs($0) < 1e6 }) {
                draw(Stroke(start: start, end: end), reach: reach, colour: colour, on: &span)
            }
        }
        return Picture(width: width, height: height, pixels: canvas)
    }

    private func draw(_ stroke: Stroke, reach: Double, colour: Colour, on canvas: inout MutableSpan<UInt8>) {
        let rows = Picture.indices(stroke.start.y, stroke.end.y, reach, height)
        for row in rows {
            let part = stroke.part(above: Double(row) - reach, below: Double(row) + reach)
            for column in Picture.indices(part.from, part.to, reach, width) {
                // A pixel is covered as far as the line's edge reaches over its centre.
                let cover = min(1, reach - stroke.distance(x: Double(column), y: Double(row)))
                guard cover > 0 else { continue }
                let place = 3 * (row * width + column)
                for (channel, value) in [colour.red, colour.green, colour.blue].enumerated() {
                    let below = Double(canvas[place + channel])
                    canvas[place + channel] = UInt8((below + (Double(value) - below) * cover).rounded())
                }
            }
        }
    }

    /// The pixels of a side that lie within `reach` of what is between two places.
    private static func indices(_ a: Double, _ b: Double, _ reach: Double, _ count: Int) -> Range<Int> {
        let first = max(0, Int((min(a, b) - reach).rounded(.down)))
        let last = min(count - 1, Int((max(a, b) + reach).rounded(.up)))
        return first..<max(first, last + 1)
    }
}

/// A straight line between two places.
private struct Stroke {
    let start: PicturePoint
    let end: PicturePoint

    private func point(_ share: Double) -> PicturePoint {
        PicturePoint(x: start.x + (end.x - start.x) * share, y: start.y + (end.y - start.y) * share)
    }

    func distance(x: Double, y: Double) -> Double {
        let (dx, dy) = (end.x - start.x, end.y - start.y), length = dx * dx + dy * dy
        let share = length == 0 ? 0 : max(0, min(1, ((x - start.x) * dx + (y - start.y) * dy) / length))
        let nearest = point(share)
        return ((x - nearest.x) * (x - nearest.x) + (y - nearest.y) * (y - nearest.y)).squareRoot()
    }

    /// From where to where it lies between two heights.
    func part(above top: Double, below bottom: Double) -> (from: Double, to: Double) {
        let dy = end.y - start.y
        guard dy != 0 else { return (start.x, end.x) }
        let shares = [top, bottom].map { max(0, min(1, ($0 - start.y) / dy)) }
        return (point(shares[0]).x, point(shares[1]).x)
    }
}
