import Foundation
import TestSupport
import Testing
import TuttiImages

struct PictureTests {
    @Test func oneColourFillsEveryPixel() {
        let picture = Picture(width: 2, height: 3, red: 1, green: 2, blue: 3)
        #expect(picture.pixels == Array(repeating: [1, 2, 3], count: 6).flatMap { $0 })
        #expect(Picture(width: 1, height: 2, red: 7, green: 7, blue: 7).pixels == [7, 7, 7, 7, 7, 7])
    }

    private func noise(width: Int, height: Int) -> Picture {
        var random = Random(seed: 3)
        return Picture(width: width, height: height, pixels: random.bytes(width * height * 3))
    }

    @Test(arguments: [[1, 1], [3, 2], [257, 65]])
    func aPNGComesBack(size: [Int]) throws {
        let picture = noise(width: size[0], height: size[1])
        let png = try picture.png()
        #expect(PictureFormat(of: png) == .png)
        #expect(try Picture(decoding: png) == picture)
    }

    @Test func aJPEGLooksAlike() throws {
        let picture = try Picture(decoding: try ImagesGoldens.file("photo.jpg"))
        let again = try Picture(decoding: try picture.jpeg(quality: 95))
        let differences = zip(picture.pixels, again.pixels).map { abs(Int($0) - Int($1)) }
        #expect(differences.reduce(0, +) < 8 * differences.count, "on average")
        #expect(throws: PictureError.self) { try picture.jpeg(quality: 0) }
        #expect(try picture.jpeg(quality: 30).count < picture.jpeg(quality: 95).count)
    }

    @Test func numbersForModels() {
        let picture = noise(width: 5, height: 4)
        let normal = PixelNormalization(mean: [0.1, 0.2, 0.3], deviation: [0.5, 0.25, 2])
        let last = picture.channelsLast(normal), planes = picture.planes(normal)
        for index in 0..<20 {
            for channel in 0..<3 {
                let value = Float(picture.pixels[3 * index + channel]) / 255
                let wanted = (value - normal.mean[channel]) / normal.deviation[channel]
                #expect(last[3 * index + channel] == wanted && planes[20 * channel + index] == wanted)
            }
        }
        var reversed = normal
        reversed.order = .bgr
        let bgr = picture.channelsLast(reversed), bgrPlanes = picture.planes(reversed)
        for index in 0..<20 {
            for channel in 0..<3 {
                #expect(bgr[3 * index + channel] == last[3 * index + 2 - channel])
                #expect(bgrPlanes[20 * channel + index] == planes[20 * (2 - channel) + index])
            }
        }
        // EfficientNet-lite's: (v − 127) ∕ 128.
        let lite = PixelNormalization(scale: 1, mean: [127, 127, 127], deviation: [128, 128, 128])
        #expect(picture.channelsLast(lite)[0] == (Float(picture.pixels[0]) - 127) / 128)
    }

    @Test func linesAreDrawn() {
        let white = Picture(width: 20, height: 12, red: 255, green: 255, blue: 255)
        let red = Picture.Colour(red: 255, green: 0, blue: 0)
        let level = [PicturePoint(x: 3, y: 5), PicturePoint(x: 16, y: 5)]
        let drawn = white.drawing(polylines: [level], colour: red, width: 1)
        func pixel(_ x: Int, _ y: Int) -> [UInt8] { Array(drawn.pixels[3 * (y * 20 + x)..<3 * (y * 20 + x) + 3]) }
        #expect(pixel(10, 5) == [255, 0, 0] && pixel(3, 5) == [255, 0, 0])
        #expect(pixel(10, 4) == [255, 255, 255] && pixel(1, 5) == [255, 255, 255])
        let wide = white.drawing(polylines: [level], colour: red, width: 2)
        // Half of the rows beside it.
        #expect(Array(wide.pixels[3 * (4 * 20 + 10)..<3 * (4 * 20 + 10) + 3]) == [255, 128, 128])
        // A line that leaves the picture, one that lies outside, a point, and no numbers.
        let others = [
            [PicturePoint(x: -50, y: -30), PicturePoint(x: 70, y: 42)],
            [PicturePoint(x: 30, y: 3), PicturePoint(x: 40, y: 9)],
            [PicturePoint(x: 2, y: 2), PicturePoint(x: 2, y: 2)],
            [PicturePoint(x: .nan, y: 1), PicturePoint(x: 4, y: 1)],
            [PicturePoint(x: 5, y: 5)], [],
        ]
        let all = white.drawing(polylines: others, colour: .black, width: 3)
        #expect(all.pixels[3 * (6 * 20 + 10)] < 128, "the diagonal passes through the middle")
        #expect(all.pixels[3 * (2 * 20 + 19)] == 255)
    }
}
