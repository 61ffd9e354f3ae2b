/// How a file's rows and columns lie in the upright picture: the values of the field Orientation of TIFF and Exif.
///
/// - SeeAlso: TIFF 6.0, section 8; Exif 2.32, 4.6.4.
struct Orientation: Equatable {
    /// Whether rows are columns; done before the mirrors.
    let swapsSides: Bool
    /// Whether the upright picture's left is its right.
    let mirrorsColumns: Bool
    let mirrorsRows: Bool

    static let upright = Orientation(1)

    /// - Parameter value: 1 to 8; what is outside is taken for 1.
    init(_ value: Int) {
        swapsSides = (5...8).contains(value)
        mirrorsColumns = [2, 3, 6, 7].contains(value)
        mirrorsRows = [3, 4, 7, 8].contains(value)
    }

    /// The orientation that a block of Exif asks for; upright where it says nothing that can be understood.
    /// - Parameter block: A TIFF file, with or without `Exif\0\0` before it.
    init(exif block: ArraySlice<UInt8>) {
        let mark = Array("Exif\0\0".utf8)
        let bytes = Array(block.starts(with: mark) ? block.dropFirst(mark.count) : block)
        self = Orientation(Orientation.value(inTIFF: bytes) ?? 1)
    }

    private static func value(inTIFF bytes: [UInt8]) -> Int? {
        let isLittleEndian: Bool
        if bytes.starts(with: [0x49, 0x49, 42, 0]) {
            isLittleEndian = true
        } else if bytes.starts(with: [0x4d, 0x4d, 0, 42]) {
            isLittleEndian = false
        } else {
            return nil
        }
        func number(at offset: Int, byteCount: Int) -> Int? {
            guard offset >= 0, offset <= bytes.count - byteCount else { return nil }
            let field = bytes[offset..<offset + byteCount]
            return (isLittleEndian ? Array(field.reversed()) : Array(field)).reduce(0) { $0 << 8 | Int($1) }
        }
        guard let directory = number(at: 4, byteCount: 4), let count = number(at: directory, byteCount: 2) else {
            return nil
        }
        for entry in 0..<count {
            let start = directory + 2 + 12 * entry
            guard let tag = number(at: start, byteCount: 2) else { return nil }
            // A short (type 3) lies at the beginning of the field's four bytes.
            if tag == 0x0112 {
                guard number(at: start + 2, byteCount: 2) == 3 else { return nil }
                return number(at: start + 8, byteCount: 2)
            }
        }
        return nil
    }
}

extension Picture {
    func upright(from orientation: Orientation) -> Picture {
        guard orientation != .upright else { return self }
        let (outWidth, outHeight) = orientation.swapsSides ? (height, width) : (width, height)
        // From one pixel of the file to the next along a row of the upright picture, and from row to row.
        var (along, down) = orientation.swapsSides ? (width, 1) : (1, width)
        var start = 0
        if orientation.mirrorsColumns { (start, along) = (start + (outWidth - 1) * along, -along) }
        if orientation.mirrorsRows { (start, down) = (start + (outHeight - 1) * down, -down) }
        let source = pixels.span
        var turned = [UInt8](repeating: 0, count: pixels.count)
        var target = turned.mutableSpan, place = 0
        for row in 0..<outHeight {
            var from = 3 * (start + row * down)
            for _ in 0..<outWidth {
                target[place] = source[from]
                target[place + 1] = source[from + 1]
                target[place + 2] = source[from + 2]
                place += 3
                from += 3 * along
            }
        }
        return Picture(width: outWidth, height: outHeight, pixels: turned)
    }
}
