import Foundation
import TuttiImages

extension FuzzTarget {
    /// Pictures of every kind that is read, to their last pixel, and then resized.
    static func image(_ seeds: URL) throws -> FuzzTarget {
        let words = [
            "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "iCCP", "eXIf", "gAMA", "zTXt", "JFIF", "Exif\0\0", "ICC_PROFILE\0",
            "Adobe", "\u{1}\u{12}", "RIFF", "WEBP", "VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP", "EXIF",
            "GIF89a", "NETSCAPE2.0", "BM", "II*\0", "MM\0*", "II+\0", "acsp", "mft1", "curv", "XYZ ", "A2B0",
        ]
        var limits = PictureLimits()
        limits.pixelCount = 1 << 20
        limits.decodingSeconds = 5
        let limit = limits
        let mutator = Mutator(seeds: try files(seeds).map { $0.bytes }, words: words)
        return FuzzTarget(name: "image", mutator: mutator) { input, origin, _ in
            // Without this a bent PNG would hardly ever come past its checksums.
            let input = input.count % 4 == 0 ? input : withChecksums(input)
            guard let picture = try? Picture(decoding: input, limits: limit) else { return false }
            let small = picture.resized(width: 7, height: 5, filter: origin % 2 == 0 ? .bilinear : .lanczos)
            return picture.width * picture.height <= limit.pixelCount && small.pixels.count == 105
        }
    }

    /// A PNG file whose parts' checksums are right; any other file as it is.
    private static func withChecksums(_ file: [UInt8]) -> [UInt8] {
        guard PictureFormat(of: file) == .png else { return file }
        var file = file, place = 8
        while place + 12 <= file.count {
            let length = file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= file.count - place - 12 else { break }
            let end = place + 8 + length
            var sum = ~UInt32(0)
            for byte in file[place + 4..<end] {
                sum ^= UInt32(byte)
                for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xedb8_8320 : sum >> 1 }
            }
            for step in 0..<4 { file[end + step] = UInt8(truncatingIfNeeded: ~sum >> UInt32(24 - 8 * step)) }
            place = end + 4
        }
        return file
    }
}
