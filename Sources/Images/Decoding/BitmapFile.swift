/// Windows and OS/2 bitmaps (BMP): 1, 2, 4, 8, 16, 24 and 32 bits, run lengths, bit fields, rows from below or above.
///
/// No library for this kind is kept on every system that this is built on; what a file says is checked before each read.
/// - SeeAlso: Windows GDI, "Bitmap Storage" and `BITMAPV5HEADER`.
enum BitmapFile {
    static func read(_ bytes: [UInt8], name: String, limits: PictureLimits) throws(PictureError) -> Raster {
        let head = try BitmapHead(bytes, name: name)
        try limits.check(file: name, width: head.width, height: head.height)
        let deadline = Deadline(limits, file: name)
        var canvas = BitmapCanvas(head)
        switch head.compression {
        case .runs: try canvas.fillFromRuns(bytes, head, name: name, deadline: deadline)
        case .none where head.bits <= 8: try canvas.fillFromIndices(bytes, head, name: name)
        case .none, .fields: try canvas.fillFromWords(bytes, head, name: name)
        }
        return Raster(width: head.width, height: head.height, samples: .rgba, bytes: canvas.bytes)
    }
}

/// What a bitmap says of itself.
struct BitmapHead {
    enum Compression { case none, runs, fields }

    let width: Int
    let height: Int
    let isFromAbove: Bool
    /// Of a pixel: 1, 2, 4, 8, 16, 24 or 32.
    let bits: Int
    let compression: Compression
    /// Red, green and blue of each index.
    let colours: [(red: UInt8, green: UInt8, blue: UInt8)]
    /// Where a word's red, green, blue and opacity lie; none of an opacity that it has not.
    let masks: [UInt32]
    /// Where the picture begins.
    let start: Int

    /// Bytes of a row, which ends on a multiple of four.
    var rowBytes: Int { (width * bits + 31) / 32 * 4 }

    /// Where a row of the file begins on the canvas.
    func place(row: Int) -> Int { 4 * width * (isFromAbove ? row : height - 1 - row) }

    init(_ bytes: [UInt8], name: String) throws(PictureError) {
        func number(_ offset: Int, _ byteCount: Int) throws(PictureError) -> Int {
            guard offset >= 0, offset <= bytes.count - byteCount else {
                throw .damaged(file: name, "it ends within its head")
            }
            return (0..<byteCount).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        func signed(_ offset: Int) throws(PictureError) -> Int {
            Int(Int32(truncatingIfNeeded: try number(offset, 4)))
        }
        let claimedStart = try number(10, 4)
        let headBytes = try number(14, 4)
        let isOld = headBytes == 12
        guard isOld || (16...1024).contains(headBytes) else {
            throw .damaged(file: name, "its head claims \(headBytes) bytes")
        }
        let rows = isOld ? try number(20, 2) : try signed(22)
        width = isOld ? try number(18, 2) : try signed(18)
        (height, isFromAbove) = (abs(rows), rows < 0)
        bits = try number(isOld ? 24 : 28, 2)
        let method = headBytes >= 20 ? try number(30, 4) : 0
        switch (method, bits) {
        case (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (0, 24), (0, 32): compression = .none
        case (1, 8), (2, 4): compression = .runs
        case (3, 16), (3, 32), (6, 16), (6, 32): compression = .fields
        case (4, _), (5, _): throw .unsupported(file: name, "it wraps a JPEG or PNG for printers")
        default: throw .unsupported(file: name, "it keeps \(bits) bits a pixel by method \(method)")
        }
        var fields = bits == 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff_0000, 0xff00, 0xff, 0]
        if compression == .fields {
            for field in 0..<3 { fields[field] = try number(54 + 4 * field, 4) }
            fields[3] = headBytes >= 56 || method == 6 ? try number(66, 4) : 0
        }
        masks = fields.map { UInt32(truncatingIfNeeded: $0) }
        guard bits <= 8 else {
            (colours, start) = ([], claimedStart)
            return
        }
        let claimed = headBytes >= 36 ? try number(46, 4) : 0
        let count = claimed == 0 ? 1 << bits : min(claimed, 1 << bits)
        let entryBytes = isOld ? 3 : 4
        // Some programs forget that the palette comes between.
        start = claimedStart == 14 + headBytes ? claimedStart + count * entryBytes : claimedStart
        var colours: [(red: UInt8, green: UInt8, blue: UInt8)] = []
        for index in 0..<count {
            let place = 14 + headBytes + index * entryBytes
            // A short palette ends where the picture begins.
            guard place + 3 <= min(start, bytes.count) else { break }
            colours.append((bytes[place + 2], bytes[place + 1], bytes[place]))
        }
        guard !colours.isEmpty else { throw .damaged(file: name, "it has no colours") }
        self.colours = colours
    }
}

/// The pixels of a bitmap as they are filled in: `[height, width, 4]`, red, green, blue and opacity.
struct BitmapCanvas {
    private(set) var bytes: [UInt8]
    private let head: BitmapHead

    /// Where runs leave pixels out they are transparent.
    init(_ head: BitmapHead) {
        self.head = head
        bytes = [UInt8](repeating: 0, count: head.width * head.height * 4)
    }

    private mutating func set(_ place: Int, index: Int) {
        // An index past the palette is black.
        let colour = index < head.colours.count ? head.colours[index] : (red: 0, green: 0, blue: 0)
        (bytes[place], bytes[place + 1], bytes[place + 2], bytes[place + 3]) = (
            colour.red, colour.green, colour.blue, 255
        )
    }

    private func checkRows(_ file: [UInt8], name: String) throws(PictureError) {
        guard head.start <= file.count, head.rowBytes * head.height <= file.count - head.start else {
            throw .damaged(file: name, "it ends before its picture does")
        }
    }

    mutating func fillFromIndices(_ file: [UInt8], _ head: BitmapHead, name: String) throws(PictureError) {
        try checkRows(file, name: name)
        let bits = head.bits, inByte = 8 / bits, mask = 1 << bits - 1
        for row in 0..<head.height {
            let source = head.start + row * head.rowBytes, target = head.place(row: row)
            for column in 0..<head.width {
                let byte = Int(file[source + column / inByte])
                set(target + 4 * column, index: byte >> (8 - bits * (column % inByte + 1)) & mask)
            }
        }
    }

    mutating func fillFromWords(_ file: [UInt8], _ head: BitmapHead, name: String) throws(PictureError) {
        try checkRows(file, name: name)
        let byteCount = head.bits / 8, fields = head.masks.map(BitField.init)
        let isPlain = head.bits >= 24 && head.masks == [0xff_0000, 0xff00, 0xff, 0]
        var isSeen = head.masks[3] == 0
        let source = file.span
        var target = bytes.mutableSpan
        for row in 0..<head.height {
            var from = head.start + row * head.rowBytes, place = head.place(row: row)
            for _ in 0..<head.width {
                if isPlain {
                    target[place] = source[from + 2]
                    target[place + 1] = source[from + 1]
                    target[place + 2] = source[from]
                    target[place + 3] = 255
                } else {
                    var word: UInt32 = 0
                    for byte in 0..<byteCount { word |= UInt32(source[from + byte]) << UInt32(8 * byte) }
                    for channel in 0..<3 { target[place + channel] = fields[channel].value(of: word) }
                    target[place + 3] = head.masks[3] == 0 ? 255 : fields[3].value(of: word)
                    isSeen = isSeen || target[place + 3] != 0
                }
                from += byteCount
                place += 4
            }
        }
        // Programs that know no opacity leave it 0 everywhere.
        if !isSeen { for place in stride(from: 3, to: target.count, by: 4) { target[place] = 255 } }
    }

    /// Runs of one index, or of indices as they are; a pair with a zero begins everything else.
    mutating func fillFromRuns(
        _ file: [UInt8], _ head: BitmapHead, name: String, deadline: Deadline
    ) throws(PictureError) {
        var offset = head.start, row = 0, column = 0
        func index(_ byte: UInt8, _ step: Int) -> Int {
            head.bits == 8 ? Int(byte) : Int(step % 2 == 0 ? byte >> 4 : byte & 15)
        }
        while row < head.height {
            guard offset >= 0, offset + 1 < file.count else {
                throw .damaged(file: name, "it ends before its picture does")
            }
            let (count, value) = (Int(file[offset]), file[offset + 1])
            offset += 2
            switch (count, value) {
            case (0, 0):
                (row, column) = (row + 1, 0)
                if row & 63 == 0 { try deadline.check() }
            case (0, 1): return
            case (0, 2):
                guard offset + 1 < file.count else { throw .damaged(file: name, "it ends before its picture does") }
                (column, row) = (column + Int(file[offset]), row + Int(file[offset + 1]))
                offset += 2
            case (0, let literal):
                let byteCount = head.bits == 8 ? Int(literal) : (Int(literal) + 1) / 2
                guard offset + byteCount <= file.count else {
                    throw .damaged(file: name, "it ends before its picture does")
                }
                for step in 0..<Int(literal) where column + step < head.width {
                    let byte = file[offset + (head.bits == 8 ? step : step / 2)]
                    set(head.place(row: row) + 4 * (column + step), index: index(byte, step))
                }
                column += Int(literal)
                offset += (byteCount + 1) / 2 * 2
            default:
                for step in 0..<count where column + step < head.width {
                    set(head.place(row: row) + 4 * (column + step), index: index(value, step))
                }
                column += count
            }
        }
    }
}

/// Some bits of a word, as 8 bits.
private struct BitField {
    private let mask: UInt32
    private let shift: UInt32
    private let most: UInt32

    init(_ mask: UInt32) {
        self.mask = mask
        shift = mask == 0 ? 0 : UInt32(mask.trailingZeroBitCount)
        most = max(1, mask >> shift)
    }

    func value(of word: UInt32) -> UInt8 {
        UInt8(truncatingIfNeeded: (UInt64((word & mask) >> shift) * 255 + UInt64(most / 2)) / UInt64(most))
    }
}
