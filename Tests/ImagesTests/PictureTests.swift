import Testing
import TuttiImages

struct PictureTests {
    @Test func oneColourFillsEveryPixel() {
        let picture = Picture(width: 2, height: 3, red: 1, green: 2, blue: 3)
        #expect(picture.pixels == Array(repeating: [1, 2, 3], count: 6).flatMap { $0 })
    }
}
