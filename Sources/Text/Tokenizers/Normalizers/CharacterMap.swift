import Foundation

/// SentencePiece's precompiled normalisation: a double-array trie from characters to what they become.
///
/// - SeeAlso: `nmt_nfkc` in SentencePiece's `normalizer.cc`; Aoe 1989, An Efficient Digital Search Algorithm by Using a
///   Double-Array Structure.
struct CharacterMap: Sendable {
    /// A unit: the byte that leads here, whether a key ends here, and the offset of the next units.
    private let units: [UInt32]
    /// What keys become, each with a zero behind it.
    private let texts: [UInt8]
    private let ascii: [[UInt8]?]
    private static let longestCluster = 5

    /// Nothing if `bytes` is no such map: the byte count of the trie in 32 bits, the trie, valid UTF-8.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 4 else { return nil }
        func word(_ i: Int) -> UInt32 {
            UInt32(bytes[i]) | UInt32(bytes[i + 1]) << 8 | UInt32(bytes[i + 2]) << 16 | UInt32(bytes[i + 3]) << 24
        }
        let size = Int(word(0))
        guard size % 4 == 0, size > 0, size <= bytes.count - 4 else { return nil }
        let texts = Array(bytes[(4 + size)...])
        guard String(validating: texts, as: UTF8.self) != nil else { return nil }
        self.init(units: (0..<size / 4).map { word(4 + 4 * $0) }, texts: texts)
    }

    private init(units: [UInt32], texts: [UInt8]) {
        self.units = units
        self.texts = texts
        let bare = Self.lookUp
        ascii = (0..<128).map { byte in
            let text = [UInt8(byte)]
            return bare(units, texts, text.span, 0..<1).map { Array(texts[$0]) }
        }
    }

    /// The bytes that SentencePiece writes for it.
    init?(base64 text: String) {
        guard let decoded = Data(base64Encoded: text) else { return nil }
        self.init([UInt8](decoded))
    }

    /// What `text[range]` becomes: what its shortest beginning that is a key becomes. That is a fault of the library, which
    /// vocabularies were made with.
    private static func lookUp(
        _ units: [UInt32], _ texts: [UInt8], _ text: Span<UInt8>, _ range: Range<Int>
    ) -> Range<Int>? {
        func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 1 << 9) >> 6) }
        guard let root = units.first else { return nil }
        var place = offset(root)
        for i in range {
            let byte = text[i]
            if byte == 0 { return nil }
            place ^= Int(byte)
            guard place < units.count, units[place] & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
            let unit = units[place]
            place ^= offset(unit)
            guard place < units.count else { return nil }
            if unit >> 8 & 1 == 1 {
                let start = Int(units[place] & 0x7FFF_FFFF)
                guard start <= texts.count, start == texts.count || texts[start] & 0xC0 != 0x80 else { return nil }
                let end = texts[start...].firstIndex(of: 0) ?? texts.count
                return start..<end
            }
        }
        return nil
    }

    /// The map as it was read.
    var bytes: [UInt8] {
        let words = [UInt32(4 * units.count)] + units
        return words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } } + texts
    }

    /// `text` with its characters mapped, or nothing if none is.
    func normalized(_ text: Span<UInt8>) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(text.count)
        var isChanged = false
        var index = 0
        let limit = TextPattern.growthLimit(text.count)
        while index < text.count {
            if output.count > limit { return output }
            if isPlain(text, index) {
                append(text, index..<index + 1, &output, &isChanged)
                index += 1
                continue
            }
            // From here to where clusters begin anew for certain.
            var end = index + 1
            while end < text.count, !isPlain(text, end) { end += 1 }
            var bytes: [UInt8] = []
            bytes.append(text, index..<end)
            for cluster in String(decoding: bytes, as: UTF8.self) {
                let range = index..<index + cluster.utf8.count
                index = range.upperBound
                if range.count <= Self.longestCluster, append(text, range, &output, &isChanged) { continue }
                var start = range.lowerBound
                while start < range.upperBound {
                    let next = CharacterScanner.next(text, start)
                    if !append(text, start..<next, &output, &isChanged) { output.append(text, start..<next) }
                    start = next
                }
            }
        }
        return isChanged ? output : nil
    }

    /// Whether an ASCII character is a cluster of its own here, for which there is no need to look further.
    private func isPlain(_ text: Span<UInt8>, _ index: Int) -> Bool {
        guard text[index] < 0x80, text[index] != 0x0D, text[index] != 0x0A else { return false }
        return index + 1 == text.count || text[index + 1] < 0x80
    }

    /// Appends what `text[range]` becomes. False if it has no entry; an ASCII character is then appended as it is.
    @discardableResult
    private func append(
        _ text: Span<UInt8>, _ range: Range<Int>, _ output: inout [UInt8], _ isChanged: inout Bool
    ) -> Bool {
        if range.count == 1, text[range.lowerBound] < 0x80 {
            let byte = text[range.lowerBound]
            if let mapped = ascii[Int(byte)] {
                output.append(contentsOf: mapped)
                isChanged = true
            } else {
                output.append(byte)
            }
            return true
        }
        guard let found = Self.lookUp(units, texts, text, range) else { return false }
        output.append(contentsOf: texts[found])
        isChanged = true
        return true
    }
}
