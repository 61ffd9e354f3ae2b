/// Lower case, one scalar at a time and whatever stands beside it.
enum Lowercase {
    /// The lower case of scalars that have one; 0 for the others.
    private static let table: [UInt32] = {
        let mappings = LowercaseTable.mappings
        var table: [UInt32] = []
        for i in stride(from: 0, to: mappings.count, by: 3) where mappings[i + 2] == 0 {
            let scalar = Int(mappings[i])
            if scalar >= table.count { table += [UInt32](repeating: 0, count: scalar + 1 - table.count) }
            table[scalar] = mappings[i + 1]
        }
        return table
    }()

    /// `text` in lower case, or nothing if it is so already.
    static func lowered(_ text: Span<UInt8>) -> [UInt8]? {
        guard let first = firstUpper(text) else { return nil }
        let table = Self.table
        var output: [UInt8] = []
        output.reserveCapacity(text.count + 8)
        for i in 0..<first { output.append(text[i]) }
        var index = first
        while index < text.count {
            let byte = text[index]
            if byte < 0x80 {
                output.append(0x41...0x5A ~= byte ? byte | 0x20 : byte)
                index += 1
                continue
            }
            let (scalar, next) = CharacterScanner.scalar(text, index)
            if scalar == 0x130 {  // the only one that becomes two: i and a dot above
                output.append(contentsOf: [0x69, 0xCC, 0x87])
            } else if Int(scalar) < table.count, table[Int(scalar)] != 0 {
                output.append(scalar: table[Int(scalar)])
            } else {
                for i in index..<next { output.append(text[i]) }
            }
            index = next
        }
        return output
    }

    private static func firstUpper(_ text: Span<UInt8>) -> Int? {
        let table = Self.table
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte < 0x80 {
                if 0x41...0x5A ~= byte { return index }
                index += 1
                continue
            }
            let (scalar, next) = CharacterScanner.scalar(text, index)
            if scalar == 0x130 || (Int(scalar) < table.count && table[Int(scalar)] != 0) { return index }
            index = next
        }
        return nil
    }
}

extension [UInt8] {
    /// Appends the UTF-8 of a scalar; of a number that is none, U+FFFD.
    mutating func append(scalar value: UInt32) {
        let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
        append(contentsOf: UTF8.encode(scalar) ?? .init())
    }

    /// Appends `text[range]`.
    mutating func append(_ text: Span<UInt8>, _ range: Range<Int>) {
        for i in range { append(text[i]) }
    }
}
