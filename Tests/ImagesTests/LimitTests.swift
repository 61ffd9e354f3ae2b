import Foundation
import TestSupport
import Testing
import TuttiImages

/// Files that claim more than they hold, or more than is taken.
@Suite struct LimitTests {
    private func bigEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
    }

    private func littleEndian(_ value: UInt32, _ count: Int = 4) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private func message(_ bytes: [UInt8], _ limits: PictureLimits = .standard) -> String {
        do throws(PictureError) {
            let picture = try Picture(decoding: bytes, name: "it", limits: limits)
            return "read, \(picture.width) × \(picture.height)"
        } catch { return error.description }
    }

    /// The checksum of PNG's parts (ISO 3309).
    private func checksum(_ bytes: [UInt8]) -> UInt32 {
        var sum = ~UInt32(0)
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xedb8_8320 : sum >> 1 }
        }
        return ~sum
    }

    /// Each kind's smallest file, its head saying 30,000 × 30,000 pixels: some gigabytes, if anybody believed it.
    @Test(arguments: ["rgb.png", "photo.jpg", "lossless.webp", "plain.gif", "bits24.bmp", "bits8.bmp", "plain.tif"])
    func claimsAreCheckedFirst(name: String) throws {
        var bytes = try ImagesGoldens.file(name)
        let side: UInt32 = name.hasSuffix("webp") ? 16_383 : 30_000
        switch PictureFormat(of: bytes) {
        case .png:
            bytes.replaceSubrange(16..<24, with: bigEndian(side) + bigEndian(side))
            bytes.replaceSubrange(29..<33, with: bigEndian(checksum(Array(bytes[12..<29]))))
        case .jpeg:
            let frame = try #require(bytes.indices.first { bytes[$0...].starts(with: [0xff, 0xc0]) })
            bytes.replaceSubrange(frame + 5..<frame + 9, with: bigEndian(side << 16 | side))
        case .webp:
            // VP8L: 14 bits each for width and height less one.
            bytes.replaceSubrange(21..<24, with: littleEndian((side - 1) | (side - 1) << 14).prefix(3))
            bytes[24] = bytes[24] & 0xf0 | UInt8((side - 1) >> 10)
        case .gif: bytes.replaceSubrange(6..<10, with: littleEndian(side | side << 16))
        case .bmp: bytes.replaceSubrange(18..<26, with: littleEndian(side) + littleEndian(side))
        case .tiff:
            for tag in [0x100, 0x101] as [UInt32] {
                let place = try #require(
                    bytes.indices.first { bytes[$0...].starts(with: littleEndian(tag, 2) + [4, 0, 1, 0]) })
                bytes.replaceSubrange(place + 8..<place + 12, with: littleEndian(side))
            }
        case nil: Issue.record("\(name)")
        }
        let text = message(bytes)
        #expect(
            text.hasPrefix("it is too large: it claims \(side) × \(side) pixels, and 100000000 are the most"), "\(text)"
        )
    }

    @Test func everyLimitIsHeld() throws {
        let png = try ImagesGoldens.file("rgb.png")
        var limits = PictureLimits()
        limits.byteCount = png.count
        #expect(message(png, limits) == "read, 27 × 18")
        limits.byteCount -= 1
        #expect(message(png, limits).contains("has \(png.count) bytes, and \(png.count - 1) are the most"))
        limits = PictureLimits()
        limits.longestSide = 26
        #expect(message(png, limits).contains("claims 27 × 18 pixels, and 26 along a side"))
        limits = PictureLimits()
        limits.pixelCount = 27 * 18 - 1
        #expect(message(png, limits).contains("claims 27 × 18 pixels, and 485 are the most"))
        limits = PictureLimits()
        limits.frameCount = 1
        #expect(message(try ImagesGoldens.file("animated.webp"), limits).contains("2 frames"))
        limits = PictureLimits()
        limits.decodingSeconds = 0
        for name in ["rgb.png", "photo.jpg", "plain.gif", "plain.tif", "cmyk.tif"] {
            #expect(message(try ImagesGoldens.file(name), limits).contains("longer than the 0.0 s"), "\(name)")
        }
    }

    /// A progressive file may run over the whole picture with every scan, at a few bytes each.
    @Test func scansAreCounted() throws {
        let bytes = try ImagesGoldens.file("progressive.jpg")
        let last = try #require(bytes.indices.last { bytes[$0...].starts(with: [0xff, 0xda]) })
        var many = Array(bytes.dropLast(2))
        for _ in 0..<3000 { many += bytes[last..<bytes.count - 2] }
        many += [0xff, 0xd9]
        #expect(message(many).contains("cans"), "\(message(many))")
        var limits = PictureLimits()
        limits.decodingSeconds = 0.01
        #expect(message(many, limits).contains("scans of 962 pixels, which may take longer than the 0.01 s"))
    }

    /// A tile is taken into memory whole, whatever the picture's size.
    @Test func tilesOfATiffAreClaimsToo() throws {
        var bytes = try ImagesGoldens.file("tiles.tif")
        for tag in [0x142, 0x143] as [UInt32] {
            // A short or a long, alone.
            let place = try #require(
                bytes.indices.first { place in
                    [3, 4].contains { bytes[place...].starts(with: littleEndian(tag, 2) + [$0, 0, 1, 0, 0, 0]) }
                })
            bytes.replaceSubrange(place + 8..<place + 12, with: littleEndian(65_520))
        }
        #expect(message(bytes).contains("its pieces claim"), "\(message(bytes))")
    }

    /// Forty megabytes of zeros in a comment, a profile or another part that is packed.
    @Test func packedPartsOfAPNGAreBounded() throws {
        let png = try ImagesGoldens.file("rgb.png")
        let profile = try ImagesGoldens.file("packed-zeros.png")
        #expect(message(png) == "read, 27 × 18")
        #expect(message(profile).contains("damaged") || message(profile).hasPrefix("read"), "\(message(profile))")
    }
}
