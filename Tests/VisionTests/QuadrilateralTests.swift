import Testing
import TuttiVision

struct QuadrilateralTests {
    @Test func cornersGoClockwiseFromTheTopLeft() {
        let corners = (0..<4).map { Quadrilateral.Point(x: Float($0), y: Float(-$0)) }
        let place = Quadrilateral(
            topLeft: corners[0], topRight: corners[1], bottomRight: corners[2], bottomLeft: corners[3])
        #expect(place.corners == corners)
    }
}
