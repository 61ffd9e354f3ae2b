/// A regular language over bytes, as a state of the automaton that recognises it: a node of a ``LanguageStore``.
///
/// What is left of a language after a byte is a language again (Brzozowski 1964, "Derivatives of regular expressions"),
/// so intersections and complements cost no construction of their own.
struct Language: Hashable, Sendable {
    let index: Int32

    /// No text at all.
    static let nothing = Language(index: 0)
    /// The empty text alone.
    static let blank = Language(index: 1)
    /// Every row of bytes.
    static let anything = Language(index: 2)
}

/// 128 bits that tell languages apart across stores: mixed from seeds that are chosen when the program starts.
struct Fingerprint: Hashable, Sendable {
    var low: UInt64, high: UInt64

    private static let seeds = (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max))

    init(_ kind: UInt64) {
        low = Self.seeds.0 ^ kind &* 0x9E37_79B9_7F4A_7C15
        high = Self.seeds.1 ^ kind &* 0xC2B2_AE3D_27D4_EB4F
    }

    mutating func combine(_ value: UInt64) {
        low = Self.mixed(low ^ value, 0x9E37_79B9_7F4A_7C15)
        high = Self.mixed(high &+ value, 0xD6E8_FEB8_6659_FD93)
    }

    mutating func combine(_ other: Fingerprint) {
        combine(other.low)
        combine(other.high)
    }

    /// It is mixed well already.
    func hash(into hasher: inout Hasher) { hasher.combine(low) }

    private static func mixed(_ value: UInt64, _ factor: UInt64) -> UInt64 {
        let product = (value ^ seeds.0).multipliedFullWidth(by: factor ^ (seeds.1 | 1))
        return product.high ^ product.low &+ value
    }
}
