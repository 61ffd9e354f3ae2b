import Foundation

/// A polygon grown outwards on all sides, its corners rounded: what a text's shrunken kernel is made whole with.
package enum Outline {
    /// How far an arc's chords may lie inside it, in pixels.
    private static let arcTolerance = 0.25

    /// - Parameters:
    ///   - corners: Of a convex polygon, clockwise as it is seen.
    ///   - distance: In pixels, above 0.
    /// - Returns: Corners on whole pixels.
    package static func grown(_ corners: [GridPoint], by distance: Double) -> [GridPoint] {
        let corners = corners.enumerated().filter { $0.element != corners[($0.offset + 1) % corners.count] }
            .map(\.element)
        guard corners.count > 1 else { return corners }
        // Outward normals of the sides that begin at each corner.
        let normals = corners.enumerated().map { index, corner in
            let next = corners[(index + 1) % corners.count]
            let dx = Double(next.x - corner.x), dy = Double(next.y - corner.y)
            let length = (dx * dx + dy * dy).squareRoot()
            return (x: dy / length, y: -dx / length)
        }
        let tolerance = min(arcTolerance, distance * arcTolerance)
        let stepsPerTurn = min(Double.pi / acos(1 - tolerance / distance), distance * .pi)
        var grown: [GridPoint] = []
        for (index, corner) in corners.enumerated() {
            let before = normals[(index + corners.count - 1) % corners.count], after = normals[index]
            func add(_ x: Double, _ y: Double) {
                grown.append(
                    GridPoint(
                        x: Int((Double(corner.x) + x * distance).rounded(.toNearestOrAwayFromZero)),
                        y: Int((Double(corner.y) + y * distance).rounded(.toNearestOrAwayFromZero))))
            }
            let angle = atan2(before.x * after.y - before.y * after.x, before.x * after.x + before.y * after.y)
            let steps = max(1, Int((stepsPerTurn / (2 * .pi) * abs(angle)).rounded()))
            let turn = 2 * Double.pi / stepsPerTurn * (angle < 0 ? -1 : 1)
            for step in 0..<steps {
                let (s, c) = (sin(turn * Double(step)), cos(turn * Double(step)))
                add(before.x * c - before.y * s, before.x * s + before.y * c)
            }
            add(after.x, after.y)
        }
        return grown
    }
}
