import Foundation
import Testing
import TuttiVision

/// How places are found in a map of where text is.
@Suite struct TextMapTests {
    private func grid(_ points: [(Int, Int)]) -> [GridPoint] { points.map { GridPoint(x: $0.0, y: $0.1) } }

    @Test func aHullHasOnlyItsCorners() {
        let square = grid([(0, 0), (4, 0), (4, 4), (0, 4)])
        let inside = grid([(2, 2), (1, 3), (2, 0), (4, 1), (0, 0)])
        #expect(
            Set(ConvexHull(square + inside).corners) == Set(square) && ConvexHull(square + inside).corners.count == 4)
        #expect(ConvexHull(grid([(1, 1), (3, 3), (2, 2)])).corners.count == 2)
        #expect(ConvexHull(grid([(1, 1), (1, 1)])).corners.count == 1)
    }

    @Test func aRectangleIsFoundAtAnyAngle() {
        // Sides of 50 and 25 along (4, 3) and (-3, 4).
        let corners = grid([(100, 100), (140, 130), (125, 150), (85, 120)])
        let rectangle = EnclosingRectangle(around: ConvexHull(corners + grid([(110, 115), (120, 130)])))
        #expect(abs(rectangle.shortSide - 25) < 1e-3 && abs(rectangle.longSide - 50) < 1e-3)
        for corner in corners {
            #expect(
                rectangle.place.corners.contains { abs($0.x - Float(corner.x)) + abs($0.y - Float(corner.y)) < 1e-3 })
        }
        let line = EnclosingRectangle(around: ConvexHull(grid([(0, 0), (9, 12)])))
        #expect(line.shortSide < 1e-6 && line.longSide == 15)
        #expect(EnclosingRectangle(around: ConvexHull(grid([(7, 7)]))).longSide == 0)
    }

    /// What pyclipper 1.4.0 makes of the same, `PyclipperOffset().AddPath(…, JT_ROUND, ET_CLOSEDPOLYGON)`.
    @Test func outlinesGrowAsInClipper() {
        let flat = Outline.grown(grid([(10, 10), (110, 10), (110, 30), (10, 29)]), by: 13.3)
        #expect(
            Set(flat)
                == Set(
                    grid([
                        (115, -2), (119, 1), (122, 5), (123, 10), (123, 30), (122, 35), (119, 39), (115, 42), (110, 43),
                        (10, 42), (5, 41), (1, 38), (-2, 34), (-3, 29), (-3, 10), (-2, 5), (1, 1), (5, -2), (10, -3),
                        (110, -3),
                    ])))
        let aslant = Outline.grown(grid([(10, 30), (100, 10), (104, 28), (14, 48)]), by: 13.3)
        #expect(
            Set(aslant).isSuperset(
                of: grid([
                    (107, -1), (111, 2), (113, 7), (117, 25), (117, 30), (115, 35), (112, 39), (107, 41), (17, 61),
                    (12, 61),
                    (7, 59), (3, 56), (1, 51), (-3, 33), (-3, 28), (-1, 23), (2, 19), (7, 17), (97, -3), (102, -3),
                ])))
    }

    /// A map with rectangles of a probability.
    private func map(_ width: Int, _ height: Int, _ boxes: [(x: Range<Int>, y: Range<Int>, Float)]) -> TextMap {
        var probabilities = [Float](repeating: 0.01, count: width * height)
        for (columns, rows, probability) in boxes {
            for y in rows { for x in columns { probabilities[y * width + x] = probability } }
        }
        return TextMap(width: width, height: height, probabilities: probabilities)
    }

    @Test func aRegionGrowsToItsText() throws {
        // 40 × 10 points, one more on each side by dilation, so a rectangle of sides 40 and 10 from point to point: it
        // grows by 40 · 10 · 1.6 / 100 = 6.4 on each side.
        let places = map(100, 60, [(30..<70, 20..<30, 0.9)]).places(pictureWidth: 200, pictureHeight: 180)
        let place = try #require(places.first)
        #expect(places.count == 1)
        #expect(place.topLeft == .init(x: 48, y: 42) && place.bottomRight == .init(x: 152, y: 108))
    }

    @Test func whatIsSmallOrUnsureIsNoText() {
        #expect(map(50, 50, [(10..<12, 10..<40, 0.9)]).places(pictureWidth: 50, pictureHeight: 50).isEmpty)
        #expect(map(50, 50, [(10..<40, 10..<20, 0.45)]).places(pictureWidth: 50, pictureHeight: 50).isEmpty)
        #expect(map(50, 50, []).places(pictureWidth: 50, pictureHeight: 50).isEmpty)
        // Sure enough, but too small in the picture that it is the map of.
        #expect(map(50, 50, [(10..<40, 10..<15, 0.9)]).places(pictureWidth: 50, pictureHeight: 9).isEmpty)
    }

    @Test func regionsThatTouchAtACornerAreOne() {
        let apart = map(80, 40, [(5..<30, 5..<15, 0.9), (40..<70, 5..<15, 0.9)])
        #expect(apart.places(pictureWidth: 80, pictureHeight: 40).count == 2)
        let touching = map(80, 60, [(5..<10, 5..<7, 0.9), (10..<60, 7..<17, 0.9)])
        #expect(touching.places(pictureWidth: 80, pictureHeight: 60).count == 1)
        // Two arms that meet only further down.
        let fork = map(80, 60, [(5..<15, 5..<40, 0.9), (40..<50, 5..<40, 0.9), (5..<50, 38..<50, 0.9)])
        #expect(fork.places(pictureWidth: 80, pictureHeight: 60).count == 1)
    }

    @Test func placesStayInThePicture() throws {
        let whole = map(64, 32, [(0..<64, 0..<32, 1)]).places(pictureWidth: 640, pictureHeight: 321)
        let place = try #require(whole.first)
        #expect(place.topLeft == .init(x: 0, y: 0) && place.bottomRight == .init(x: 639, y: 320))
    }

    @Test func anAslantRegionGivesAnAslantPlace() throws {
        let width = 200, height = 160, angle = 0.3
        var probabilities = [Float](repeating: 0, count: width * height)
        for y in 0..<height {
            for x in 0..<width {
                let (dx, dy) = (Double(x) - 100, Double(y) - 80)
                let along = dx * cos(angle) + dy * sin(angle), across = dy * cos(angle) - dx * sin(angle)
                if abs(along) < 60, abs(across) < 8 { probabilities[y * width + x] = 0.9 }
            }
        }
        let places = TextMap(width: width, height: height, probabilities: probabilities)
            .places(pictureWidth: width, pictureHeight: height)
        let place = try #require(places.first)
        let run = (x: Double(place.topRight.x - place.topLeft.x), y: Double(place.topRight.y - place.topLeft.y))
        #expect(places.count == 1 && abs(atan2(run.y, run.x) - angle) < 0.03)
        // About 60 + 11 on each side of the middle.
        #expect(abs((run.x * run.x + run.y * run.y).squareRoot() - 143) < 6)
    }
}
