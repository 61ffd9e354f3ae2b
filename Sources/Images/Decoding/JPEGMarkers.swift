/// What the segments of a JPEG file say, without its picture.
///
/// - SeeAlso: ITU-T T.81, annex B; ICC.1, annex B.4.
struct JPEGMarkers {
    /// Bits of a sample; 0 where no frame was found.
    private(set) var precision = 0
    private(set) var scanCount = 0
    /// Whether the picture's end is marked.
    private(set) var hasEnd = false
    private(set) var orientation = Orientation.upright
    /// The ICC profile, put together from its pieces; nil where there is none, or not all of it.
    private(set) var profile: [UInt8]?

    init(_ bytes: [UInt8]) {
        var pieces: [UInt8: ArraySlice<UInt8>] = [:], pieceCount: UInt8?, offset = 2
        while let marker = JPEGMarkers.next(bytes, &offset) {
            if marker == 0xd9 {
                hasEnd = true
                break
            }
            // Those without a length: restarts and the like.
            if (0xd0...0xd8).contains(marker) || marker == 0x01 { continue }
            guard offset + 2 <= bytes.count else { break }
            let length = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
            guard length >= 2, offset + length <= bytes.count else { break }
            let body = bytes[offset + 2..<offset + length]
            offset += length
            switch marker {
            case 0xc0...0xc3, 0xc5...0xc7, 0xc9...0xcb, 0xcd...0xcf:
                precision = body.first.map { Int($0) } ?? 0
            case 0xda: scanCount += 1
            case 0xe1 where body.starts(with: "Exif\0\0".utf8): orientation = Orientation(exif: body)
            case 0xe2 where body.starts(with: "ICC_PROFILE\0".utf8) && body.count > 14:
                let piece = body.startIndex + 12
                pieces[body[piece]] = body.dropFirst(14)
                pieceCount = body[piece + 1]
            default: break
            }
        }
        if let pieceCount, pieceCount > 0, pieces.count == Int(pieceCount), pieces.keys.max() == pieceCount {
            profile = pieces.sorted { $0.key < $1.key }.flatMap { $0.value }
        }
    }

    /// The next marker at or after `offset`, past coded data and fill bytes.
    private static func next(_ bytes: [UInt8], _ offset: inout Int) -> UInt8? {
        let span = bytes.span
        while offset + 1 < span.count {
            if span[offset] == 0xff, span[offset + 1] != 0, span[offset + 1] != 0xff {
                offset += 2
                return span[offset - 1]
            }
            offset += 1
        }
        return nil
    }
}
