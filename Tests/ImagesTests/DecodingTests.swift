import Foundation
import TestSupport
import Testing
import TuttiImages

/// Files of every kind against what Pillow makes of them.
@Suite struct DecodingTests {
    /// What loses nothing is the same; opacity, 16 bits and profiles may round another way, and JPEG's arithmetic differs
    /// between versions of one library.
    private func tolerance(_ name: String) -> Int {
        if name.hasSuffix(".jpg") || name == "lossy.webp" || name == "jpeg.tif" { return 2 }
        let rounded = [
            "rgba16", "alpha", "opacity", "transparent", "p3", "swapped", "profile", "rgba", "deflate", "cmyk",
        ]
        return rounded.contains { name.contains($0) } ? 1 : 0
    }

    @Test(arguments: ImagesGoldens.names)
    func looksAsItShould(name: String) throws {
        let golden = try SafetensorsGolden(ImagesGoldens.folder.appending(path: "pictures.safetensors"))
        let picture = try Picture(decoding: try ImagesGoldens.file(name), name: name)
        let wanted = try #require(golden.bytes(name))
        let distance = try #require(picture.distance(wanted), "\(name): another size")
        #expect(distance <= tolerance(name), "\(name): up to \(distance) steps away")
    }

    @Test func goldensAreThere() { #expect(ImagesGoldens.names.count > 70) }

    /// The photograph turned in eight ways and said to be so: all of them look as the first.
    @Test(arguments: 1...8)
    func orientationsSwapSides(value: Int) throws {
        let photo = try Picture(decoding: try ImagesGoldens.file("photo.jpg"))
        let turned = try Picture(decoding: try ImagesGoldens.file("orientation-\(value).jpg"))
        let isOnItsSide = value >= 5
        #expect(turned.width == (isOnItsSide ? photo.height : photo.width))
        let same: Picture =
            switch value {
            case 2: turned.flippedHorizontally()
            case 3: turned.rotated(quarterTurns: 2)
            case 4: turned.flippedVertically()
            case 5: turned.rotated(quarterTurns: -1).flippedVertically()
            case 6: turned.rotated(quarterTurns: -1)
            case 7: turned.rotated(quarterTurns: -1).flippedHorizontally()
            case 8: turned.rotated(quarterTurns: 1)
            default: turned
            }
        #expect(same == photo)
    }

    @Test func fromADiskAndFromData() throws {
        let file = ImagesGoldens.folder.appending(path: "files/rgb.png")
        let picture = try Picture(contentsOf: file)
        #expect(try Picture(decoding: Data(contentsOf: file)) == picture)
        #expect(picture.width == 27 && picture.height == 18)
        let error = try #require(throws: PictureError.self) {
            try Picture(contentsOf: ImagesGoldens.folder.appending(path: "no-such.png"))
        }
        guard case .unreadable = error else {
            Issue.record("\(error)")
            return
        }
    }

    /// Half a file is no picture, wherever it is cut; in files of several frames the first may be whole by then.
    @Test(arguments: ImagesGoldens.names.filter { !["animated.gif", "pages.tif"].contains($0) })
    func halvesAreRefused(name: String) throws {
        let bytes = try ImagesGoldens.file(name)
        for share in [0.1, 0.3, 0.5, 0.7] {
            let error = try #require(throws: PictureError.self, "\(name), \(share) of it") {
                try Picture(decoding: Array(bytes.prefix(Int(Double(bytes.count) * share))), name: name)
            }
            #expect(error.description.hasPrefix(name), "\(error)")
        }
    }

    @Test func unknownKindsAreNamed() throws {
        func message(_ bytes: [UInt8]) -> String {
            do throws(PictureError) {
                _ = try Picture(decoding: bytes, name: "it")
                return "read"
            } catch { return error.description }
        }
        #expect(
            message([0, 0, 0, 24] + Array("ftypheic".utf8) + [0, 0, 0, 0]).hasPrefix("it is a HEIC picture, which"))
        #expect(message([0, 0, 0, 24] + Array("ftypavif".utf8)).contains("AVIF"))
        #expect(message(Array("%PDF-1.7".utf8)).contains("pages"))
        #expect(message(Array("<?xml version=\"1.0\"?><svg>".utf8)).contains("SVG"))
        #expect(message(Array("<!DOCTYPE html>".utf8)).contains("web page"))
        #expect(message([1, 2, 3]).contains("is no picture that is read here: PNG, JPEG, WebP, GIF, BMP and TIFF"))
        #expect(message([]).contains("empty"))
        #expect(message(try ImagesGoldens.file("float.tif")).contains("32-bit"))
    }

    /// What comes behind the picture's end is not looked at, and a missing mark of it is no loss.
    @Test func jpegsEndWhereTheySay() throws {
        let bytes = try ImagesGoldens.file("photo.jpg"), whole = try Picture(decoding: bytes)
        #expect(try Picture(decoding: bytes + [1, 2, 3, 0xff, 0xd8]) == whole)
        #expect(try Picture(decoding: Array(bytes.dropLast(2))) == whole)
        let progressive = try ImagesGoldens.file("progressive.jpg")
        #expect(throws: PictureError.self) { try Picture(decoding: Array(progressive.dropLast(2))) }
    }

    @Test(arguments: PictureFormat.allCases)
    func kindsAreToldByTheirBytes(format: PictureFormat) throws {
        let names: [PictureFormat: String] = [
            .png: "rgb.png", .jpeg: "photo.jpg", .webp: "lossy.webp", .gif: "plain.gif", .bmp: "bits8.bmp",
            .tiff: "big.tif",
        ]
        #expect(PictureFormat(of: try ImagesGoldens.file(try #require(names[format]))) == format)
    }
}
