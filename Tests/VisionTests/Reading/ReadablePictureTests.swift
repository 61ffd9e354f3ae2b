import Testing
import TuttiImages
import TuttiVision

/// The sizes at which pictures are looked at, which are RapidOCR's.
@Suite struct ReadablePictureTests {
    private func picture(_ width: Int, _ height: Int) -> Picture {
        Picture(width: width, height: height, red: 200, green: 200, blue: 200)
    }

    @Test(arguments: [
        ((720, 420), (720, 420), (1248, 736)), ((360, 350), (360, 350), (768, 736)),
        ((900, 800), (900, 800), (896, 800)),
        // Too large: as long as may be, both sides rounded.
        ((4000, 3000), (1984, 1504), (1984, 1504)),
        // Too small.
        ((20, 10), (64, 32), (1472, 736)),
        // Long and thin, with bars above and below: 62 · 8 = 496 high.
        ((2100, 60), (1984, 496), (2944, 736)),
    ])
    func sizes(original: (Int, Int), readable: (Int, Int), detection: (Int, Int)) {
        let fitted = ReadablePicture(picture(original.0, original.1)), looked = fitted.forDetection()
        #expect((fitted.picture.width, fitted.picture.height) == readable)
        #expect((looked.width, looked.height) == detection)
    }

    /// Bars are no part of what is said of the picture.
    @Test func placesAreTheOriginals() {
        let wide = ReadablePicture(picture(1600, 64))
        #expect(wide.picture.height == 400)
        let place = Quadrilateral(
            topLeft: .init(x: 100, y: 168), topRight: .init(x: 200, y: 168), bottomRight: .init(x: 200, y: 232),
            bottomLeft: .init(x: 100, y: 500))
        let original = wide.original(place)
        #expect(original.topLeft == .init(x: 100, y: 0) && original.bottomRight == .init(x: 200, y: 64))
        // What reaches over the edge ends at it.
        #expect(original.bottomLeft == .init(x: 100, y: 64))
        let tall = ReadablePicture(picture(64, 1600))
        #expect(tall.picture.width == 400 && tall.original(place).topLeft.x == 0)
        let large = ReadablePicture(picture(4000, 3000)).original(place)
        #expect(abs(large.topRight.x - 200 * 4000 / 1984) < 1e-3)
    }

    /// However long a line of pixels is, what is looked at stays within memory.
    @Test func extremeShapesStaySmall() {
        for (width, height) in [(1, 1), (1, 5000), (5000, 1), (3, 200)] {
            let looked = ReadablePicture(picture(width, height)).forDetection()
            #expect(
                looked.width * looked.height <= 6_000_000, "\(width) × \(height): \(looked.width) × \(looked.height)")
        }
    }
}
