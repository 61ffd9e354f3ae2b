import TestSupport

/// Bends honest files. Input `index` of a seed is the same on every machine, so a crash is told by two numbers.
public struct Mutator: Sendable {
    /// The honest files.
    public let seeds: [[UInt8]]
    /// What the format's texts are made of; put in anywhere.
    public let words: [[UInt8]]
    /// Only this many bytes from the beginning are bent, as a rule: behind them lie numbers that are all allowed.
    public let headByteCount: Int

    public init(seeds: [[UInt8]], words: [String], headByteCount: Int = .max) {
        (self.seeds, self.headByteCount) = (seeds, headByteCount)
        self.words = words.map { Array($0.utf8) }
    }

    /// Numbers at which counts and sizes go wrong.
    private static let edges: [UInt64] = [
        0, 1, 2, 7, 8, 15, 16, 31, 32, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fff_ffff,
        0x8000_0000, 0xffff_ffff, 0x1_0000_0000, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, .max, .max - 7,
    ]

    /// Input number `index` of the stream that `seed` begins, and which of the honest files it was made of.
    public func input(_ index: Int, seed: UInt64) -> (origin: Int, bytes: [UInt8]) {
        var random = Random(seed: seed ^ (UInt64(truncatingIfNeeded: index) &* 0x2545_f491_4f6c_dd1d))
        let origin = Int.random(in: 0..<seeds.count, using: &random)
        var bytes = seeds[origin]
        let changes = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 4...16, using: &random) : 1
        for _ in 0..<max(changes, Int.random(in: 1...3, using: &random)) { change(&bytes, &random) }
        return (origin, bytes)
    }

    private func change(_ bytes: inout [UInt8], _ random: inout Random) {
        guard !bytes.isEmpty else {
            bytes = random.bytes(Int.random(in: 1...64, using: &random))
            return
        }
        let inHead = Int.random(in: 0..<16, using: &random) > 0
        let place = Int.random(in: 0..<(inHead ? min(headByteCount, bytes.count) : bytes.count), using: &random)
        let end = min(bytes.count, place + Int.random(in: 1...24, using: &random))
        switch Int.random(in: 0..<12, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 4: bytes.removeSubrange(place...)
        case 5: overwrite(&bytes, place, &random)
        case 6: bytes.insert(contentsOf: random.bytes(end - place), at: place)
        case 7, 8: replaceNumber(&bytes, place, &random)
        case 9: splice(&bytes, place, &random)
        default:
            guard let word = words.randomElement(using: &random) else { return }
            if Bool.random(using: &random) {
                bytes.insert(contentsOf: word, at: place)
            } else {
                bytes.replaceSubrange(place..<min(bytes.count, place + word.count), with: word)
            }
        }
    }

    /// Puts an edge over 1, 2, 4 or 8 bytes.
    private func overwrite(_ bytes: inout [UInt8], _ place: Int, _ random: inout Random) {
        let edge = Self.edges[Int.random(in: 0..<Self.edges.count, using: &random)]
        let width = 1 << Int.random(in: 0..<4, using: &random)
        for i in 0..<width where place + i < bytes.count {
            bytes[place + i] = UInt8(truncatingIfNeeded: edge >> UInt64(8 * i))
        }
    }

    /// Puts another number for the next one that is written in digits.
    private func replaceNumber(_ bytes: inout [UInt8], _ place: Int, _ random: inout Random) {
        func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return overwrite(&bytes, place, &random) }
        let end = bytes[start...].firstIndex { !isDigit($0) && $0 != 0x2e } ?? bytes.count
        let edge = Self.edges[Int.random(in: 0..<Self.edges.count, using: &random)]
        let texts = [
            "\(edge)", "-\(edge)", "\(edge).5", "1e\(edge % 400)", "-1e-400", "null", "[]", "\"\(edge)\"", "true", "{}",
        ]
        bytes.replaceSubrange(start..<end, with: Array(texts[Int.random(in: 0..<texts.count, using: &random)].utf8))
    }

    /// Goes on as another honest file, or the same one elsewhere.
    private func splice(_ bytes: inout [UInt8], _ place: Int, _ random: inout Random) {
        let other = seeds[Int.random(in: 0..<seeds.count, using: &random)]
        guard !other.isEmpty else { return }
        let start = Int.random(in: 0..<min(headByteCount, other.count), using: &random)
        let end = min(other.count, start + Int.random(in: 1...200, using: &random))
        bytes.replaceSubrange(place..<min(bytes.count, place + (end - start)), with: other[start..<end])
    }
}
