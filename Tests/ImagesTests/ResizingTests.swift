import Foundation
import TestSupport
import Testing
import TuttiImages

/// Sizes and shapes against Pillow and OpenCV.
@Suite struct ResizingTests {
    private static let golden = try? SafetensorsGolden(ImagesGoldens.folder.appending(path: "resized.safetensors"))
    static let names = golden?.names ?? []

    private var source: Picture {
        get throws {
            Picture(width: 61, height: 43, pixels: try golden("source"))
        }
    }

    private func golden(_ name: String) throws -> [UInt8] {
        try #require(Self.golden?.bytes(name), "\(name)")
    }

    private static let sizes = [(17, 13), (61, 20), (30, 43), (97, 71), (1, 1), (122, 9)]

    /// Equal, not only within a step: the arithmetic is the same.
    @Test(arguments: ResizeFilter.allCases, 0..<6)
    func equalsPillow(filter: ResizeFilter, size: Int) throws {
        let (width, height) = Self.sizes[size]
        let resized = try source.resized(width: width, height: height, filter: filter)
        #expect(resized.distance(try golden("\(filter) \(width) \(height)")) == 0, "\(width) × \(height)")
    }

    @Test(arguments: ResizeFilter.allCases)
    func equalsPillowOnAPart(filter: ResizeFilter) throws {
        let box = PictureBox(left: 3.25, top: 5.5, right: 40.125, bottom: 37.75)
        let resized = try source.resized(width: 24, height: 19, filter: filter, box: box)
        #expect(resized.distance(try golden("\(filter) 24 19 box")) == 0)
    }

    @Test func theSameSizeIsTheSamePicture() throws {
        for filter in ResizeFilter.allCases {
            #expect(try source.resized(width: 61, height: 43, filter: filter) == source)
        }
        #expect(try source.resizedAsOpenCV(width: 61, height: 43) == source)
    }

    @Test(arguments: Self.sizes.map { [$0.0, $0.1] } + [[64, 64], [7, 100]])
    func equalsOpenCV(size: [Int]) throws {
        let (width, height) = (size[0], size[1])
        let linear = try source.resizedAsOpenCV(width: width, height: height)
        #expect(linear.distance(try golden("linear \(width) \(height)")) == 0)
        // Cubic sums are rounded once more in OpenCV's vectors.
        let cubic = try source.resizedAsOpenCV(width: width, height: height, interpolation: .cubic)
        #expect(try #require(cubic.distance(golden("cubic \(width) \(height)"))) <= 1)
    }

    @Test func halvesEqualOpenCV() throws {
        let even = try source.cropped(left: 0, top: 0, width: 60, height: 42)
        #expect(even.resizedAsOpenCV(width: 30, height: 21).distance(try golden("half")) == 0)
    }

    @Test(arguments: ["upright", "leaning", "corner", "outside", "larger"])
    func equalsOpenCVsWarp(name: String) throws {
        let shapes: [String: ([Double], Int, Int)] = [
            "upright": ([5, 6, 50, 6, 50, 30, 5, 30], 45, 24), "leaning": ([8, 3, 55, 9, 52, 25, 4, 19], 47, 16),
            "corner": ([30, 5, 56, 24, 31, 40, 6, 20], 33, 31), "outside": ([-6, -4, 70, 8, 64, 50, 2, 38], 60, 40),
            "larger": ([20, 10, 30, 12, 29, 18, 19, 17], 80, 48),
        ]
        let (numbers, width, height) = try #require(shapes[name])
        let corners = (0..<4).map { PicturePoint(x: numbers[2 * $0], y: numbers[2 * $0 + 1]) }
        let warped = try source.warped(corners: corners, width: width, height: height)
        #expect(try #require(warped.distance(golden("warped \(name)"))) <= 1)
    }

    /// Corners on one line, or no numbers at all, give some picture and no trap.
    @Test func warpsOfNothing() throws {
        let one = PicturePoint(x: 3, y: 4), far = PicturePoint(x: 1e300, y: -.infinity)
        let none = PicturePoint(x: .nan, y: .nan)
        for corners in [[one, one, one, one], [one, far, one, far], [none, one, far, none]] {
            let warped = try source.warped(corners: corners, width: 5, height: 4)
            #expect(warped.width == 5 && warped.height == 4)
        }
    }

    @Test func partsAndMargins() throws {
        let source = try source
        let part = source.cropped(left: 10, top: 5, width: 20, height: 30)
        #expect(Array(part.pixels[..<3]) == Array(source.pixels[3 * (5 * 61 + 10)..<3 * (5 * 61 + 10) + 3]))
        let wide = part.padded(left: 2, top: 1, right: 3, bottom: 4, with: .init(red: 9, green: 8, blue: 7))
        #expect(wide.width == 25 && wide.height == 35 && Array(wide.pixels[..<3]) == [9, 8, 7])
        #expect(Array(wide.pixels.suffix(3)) == [9, 8, 7])
        #expect(wide.cropped(left: 2, top: 1, width: 20, height: 30) == part)
        #expect(part.rotated(quarterTurns: 1).rotated(quarterTurns: 3) == part)
        #expect(part.rotated(quarterTurns: 2) == part.flippedHorizontally().flippedVertically())
        // Clockwise: what was at the bottom left is at the top left.
        #expect(Array(part.rotated(quarterTurns: 1).pixels[..<3]) == Array(part.pixels[29 * 60..<29 * 60 + 3]))
    }
}
