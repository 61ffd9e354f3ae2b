/// How well a text compresses: a text that goes in circles, as a recogniser's invention does, compresses to little.
enum CompressionRatio {
    /// Bytes of the text over bytes of it as zlib would pack it, within a few hundredths; 1 for no text.
    static func of(_ text: String) -> Float {
        let bytes = Array(text.utf8)
        return bytes.isEmpty ? 1 : Float(bytes.count) / Float(deflatedByteCount(bytes))
    }

    private static let window = 32_768, shortest = 3, longest = 258

    /// A size as DEFLATE gives it (RFC 1951), in a frame of zlib's (RFC 1950).
    private static func deflatedByteCount(_ bytes: [UInt8]) -> Int {
        var literals = [Int](repeating: 0, count: 286), distances = [Int](repeating: 0, count: 30)
        var extraBits = 0
        var places: [[UInt8]: [Int]] = [:], at = 0
        func match(_ start: Int) -> (length: Int, distance: Int)? {
            guard start + shortest <= bytes.count else { return nil }
            var best: (length: Int, distance: Int)?
            for place in (places[Array(bytes[start..<start + shortest])] ?? []).reversed().prefix(128)
            where start - place <= window {
                var length = shortest
                while length < longest, start + length < bytes.count, bytes[place + length] == bytes[start + length] {
                    length += 1
                }
                if length > best?.length ?? 0 { best = (length, start - place) }
            }
            return best
        }
        func note(_ range: Range<Int>) {
            for place in range where place + shortest <= bytes.count {
                places[Array(bytes[place..<place + shortest]), default: []].append(place)
            }
        }
        while at < bytes.count {
            let found = match(at)
            note(at..<at + 1)
            // A longer match that begins one byte later is better.
            if let found, match(at + 1).map({ $0.length <= found.length }) ?? true {
                let (length, lengthBits) = code(found.length - shortest, perPower: 4)
                let (distance, distanceBits) = code(found.distance - 1, perPower: 2)
                literals[min(257 + length, 285)] += 1
                distances[min(distance, 29)] += 1
                extraBits += lengthBits + distanceBits
                note(at + 1..<at + found.length)
                at += found.length
            } else {
                literals[Int(bytes[at])] += 1
                at += 1
            }
        }
        literals[256] += 1
        // Tables of code lengths cost a few bits for each symbol in use.
        let used = literals.count { $0 > 0 } + distances.count { $0 > 0 }
        let own = huffmanBits(literals) + huffmanBits(distances) + 70 + 4 * used
        let fixed =
            literals.enumerated().reduce(0) {
                $0 + $1.element * ($1.offset < 144 || $1.offset > 279 ? 8 : $1.offset < 256 ? 9 : 7)
            }
            + 5 * distances.reduce(0, +)
        return 2 + (3 + min(own, fixed) + extraBits + 7) / 8 + 4
    }

    /// Symbols whose ranges double: `perPower` of them for each power of two.
    private static func code(_ value: Int, perPower: Int) -> (symbol: Int, extraBits: Int) {
        guard value >= 2 * perPower else { return (value, 0) }
        let power = Int.bitWidth - value.leadingZeroBitCount - 1
        let extra = power - (perPower == 4 ? 2 : 1)
        return (perPower * (extra + 1) + (value >> extra) - perPower, extra)
    }

    /// Bits that a Huffman code for these counts takes in all.
    private static func huffmanBits(_ counts: [Int]) -> Int {
        var weights = counts.filter { $0 > 0 }.sorted(by: >)
        guard weights.count > 1 else { return weights.first ?? 0 }
        var bits = 0
        while let a = weights.popLast(), let b = weights.popLast() {
            bits += a + b
            let at = weights.firstIndex { $0 < a + b } ?? weights.count
            weights.insert(a + b, at: at)
            if weights.count == 1 { break }
        }
        return bits
    }
}
