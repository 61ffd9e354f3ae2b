/// A point of a mask or a polygon whose corners are whole numbers.
package struct GridPoint: Hashable, Sendable {
    package var x: Int
    package var y: Int

    package init(x: Int, y: Int) { (self.x, self.y) = (x, y) }
}

/// The smallest convex polygon around points.
package struct ConvexHull: Equatable, Sendable {
    /// Its corners in one direction round, none of them on a side between two others; fewer than three where all points
    /// lie on a line.
    package let corners: [GridPoint]

    /// Andrew's monotone chain (1979).
    package init(_ points: [GridPoint]) {
        let sorted = Set(points).sorted { ($0.x, $0.y) < ($1.x, $1.y) }
        guard sorted.count > 2 else {
            corners = sorted
            return
        }
        func chain(_ points: some Sequence<GridPoint>) -> [GridPoint] {
            var chain: [GridPoint] = []
            for point in points {
                while chain.count > 1, Self.turn(chain[chain.count - 2], chain[chain.count - 1], point) <= 0 {
                    chain.removeLast()
                }
                chain.append(point)
            }
            return chain.dropLast()
        }
        corners = chain(sorted) + chain(sorted.reversed())
    }

    /// Twice the area of the triangle, with its sign.
    private static func turn(_ a: GridPoint, _ b: GridPoint, _ c: GridPoint) -> Int {
        (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
    }
}
