/// The letters in which byte-level vocabularies write bytes, so that every token is printable: GPT-2's table.
///
/// Bytes that print in Latin-1 stand for themselves; the others, in order, are U+0100, U+0101 and so on.
enum ByteLevelAlphabet {
    /// The byte of each letter below U+0144; -1: not a letter of the alphabet.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        var next = 0x100
        for byte in 0..<256 {
            let printable = 0x21...0x7E ~= byte || 0xA1...0xAC ~= byte || 0xAE...0xFF ~= byte
            bytes[printable ? byte : next] = Int16(byte)
            if !printable { next += 1 }
        }
        return bytes
    }()

    /// Appends the bytes that `text[range]` writes. Where it is not in the alphabet nothing is appended, and false told.
    static func append(_ text: Span<UInt8>, _ range: Range<Int>, to pieces: inout Pieces) -> Bool {
        let bytes = bytes.span
        var index = range.lowerBound
        while index < range.upperBound {
            let first = text[index]
            var letter = Int(first)
            index += 1
            if first >= 0x80 {
                // Two bytes at most: everything up to U+0143.
                guard 0xC2...0xC5 ~= first, index < range.upperBound, text[index] & 0xC0 == 0x80 else {
                    pieces.dropPiece()
                    return false
                }
                letter = Int(first & 0x1F) << 6 | Int(text[index] & 0x3F)
                index += 1
            }
            guard letter < bytes.count, bytes[letter] >= 0 else {
                pieces.dropPiece()
                return false
            }
            pieces.append(UInt8(bytes[letter]))
        }
        return true
    }

    /// The letter of each byte, as UTF-8.
    private static let letters: [[UInt8]] = {
        var letters = [[UInt8]](repeating: [], count: 256)
        for (letter, byte) in bytes.enumerated() where byte >= 0 { letters[Int(byte)].append(scalar: UInt32(letter)) }
        return letters
    }()

    /// Appends the letter that writes `byte`.
    static func append(letterOf byte: UInt8, to output: inout [UInt8]) {
        output.append(contentsOf: letters[Int(byte)])
    }
}
