import Foundation

/// The rectangle of the smallest area around points, at any angle.
package struct EnclosingRectangle: Sendable {
    /// From the top left clockwise.
    package let place: Quadrilateral
    /// In pixels; 0 for points on a line.
    package let shortSide: Float
    package let longSide: Float

    var area: Float { shortSide * longSide }
    var perimeter: Float { 2 * (shortSide + longSide) }

    /// A side of the hull lies on a side of the smallest rectangle (Freeman and Shapira 1975), so each is tried.
    /// - Precondition: The hull has a corner.
    package init(around hull: ConvexHull) {
        let corners = hull.corners
        precondition(!corners.isEmpty, "a rectangle around nothing")
        var best: (area: Double, along: ClosedRange<Double>, across: ClosedRange<Double>, x: Double, y: Double)?
        for (index, corner) in corners.enumerated() {
            let next = corners[(index + 1) % corners.count]
            let dx = Double(next.x - corner.x), dy = Double(next.y - corner.y)
            let length = (dx * dx + dy * dy).squareRoot()
            let (x, y) = length > 0 ? (dx / length, dy / length) : (1, 0)
            var along = Extent(), across = Extent()
            for other in corners {
                along.include(Double(other.x) * x + Double(other.y) * y)
                across.include(Double(other.y) * x - Double(other.x) * y)
            }
            let area = along.length * across.length
            if best.map({ area < $0.area }) ?? true { best = (area, along.range, across.range, x, y) }
        }
        let (_, along, across, x, y) = best ?? (0, 0...0, 0...0, 1, 0)
        func point(_ a: Double, _ b: Double) -> Quadrilateral.Point {
            Quadrilateral.Point(x: Float(a * x - b * y), y: Float(a * y + b * x))
        }
        place = Quadrilateral(
            ordering: [
                point(along.lowerBound, across.lowerBound), point(along.upperBound, across.lowerBound),
                point(along.upperBound, across.upperBound), point(along.lowerBound, across.upperBound),
            ])
        let sides = [along.upperBound - along.lowerBound, across.upperBound - across.lowerBound]
        shortSide = Float(min(sides[0], sides[1]))
        longSide = Float(max(sides[0], sides[1]))
    }

    private struct Extent {
        private var low = Double.infinity
        private var high = -Double.infinity

        mutating func include(_ value: Double) {
            low = min(low, value)
            high = max(high, value)
        }

        var length: Double { high - low }
        var range: ClosedRange<Double> { low...high }
    }
}

extension Quadrilateral {
    /// Four corners in any order: of the two on the left the upper one comes first, then the upper and the lower of
    /// the two on the right.
    /// - Precondition: There are four.
    init(ordering corners: [Point]) {
        precondition(corners.count == 4, "\(corners.count) corners")
        let byX = corners.enumerated().sorted { ($0.element.x, $0.offset) < ($1.element.x, $1.offset) }.map(\.element)
        let left = byX[0].y <= byX[1].y ? (byX[0], byX[1]) : (byX[1], byX[0])
        let right = byX[2].y <= byX[3].y ? (byX[2], byX[3]) : (byX[3], byX[2])
        self.init(topLeft: left.0, topRight: right.0, bottomRight: right.1, bottomLeft: left.1)
    }
}
