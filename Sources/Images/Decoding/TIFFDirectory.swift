/// The first directory of a TIFF or BigTIFF file: whether all that it leads to is there.
///
/// libtiff passes over fields that it cannot read: a picture cut short would lose its colours or its profile, unnoticed.
/// - SeeAlso: TIFF 6.0, section 2; the BigTIFF design of libtiff.
enum TIFFDirectory {
    /// Bits of samples, where strips and tiles lie and their sizes, colours, tables of JPEG, the profile.
    private static let needed: Set<Int> = [258, 273, 279, 320, 324, 325, 347, 34_675]

    /// Bytes of a value of each type.
    private static let sizes: [Int: Int] = [
        1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8,
    ]

    static func isWhole(_ bytes: [UInt8]) -> Bool {
        let isLittleEndian = bytes.first == 0x49
        func number(_ offset: Int, _ byteCount: Int) -> Int? {
            guard offset >= 0, offset <= bytes.count - byteCount else { return nil }
            let value = (0..<byteCount).reduce(UInt64(0)) { value, step in
                value << 8 | UInt64(bytes[offset + (isLittleEndian ? byteCount - 1 - step : step)])
            }
            return Int(exactly: value)
        }
        let isBig = number(2, 2) == 43, word = isBig ? 8 : 4
        guard let start = number(word, word), let count = number(start, isBig ? 8 : 2), count < 1 << 16 else {
            return false
        }
        for entry in 0..<count {
            // No sum overflows: the directory's start lies in the file.
            let place = start + (isBig ? 8 : 2) + entry * (4 + 2 * word)
            guard let tag = number(place, 2), let type = number(place + 2, 2),
                let values = number(place + 4, word), let target = number(place + 4 + word, word)
            else { return false }
            guard needed.contains(tag), let size = sizes[type] else { continue }
            let (byteCount, overflows) = values.multipliedReportingOverflow(by: size)
            if overflows || byteCount > word && (target > bytes.count || byteCount > bytes.count - target) {
                return false
            }
        }
        return true
    }
}
