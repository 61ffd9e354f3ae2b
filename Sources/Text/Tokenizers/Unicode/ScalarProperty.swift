/// Properties of scalars as bits, as the `tokenizers` library's normalizers and pre-tokenizers know them.
///
/// They were compiled with other versions of Unicode than its regex engine; scripts/unicode-tables.py asked them.
enum ScalarProperty {
    static let punctuation: UInt8 = 1
    static let number: UInt8 = 2
    /// What `BertNormalizer` takes out.
    static let control: UInt8 = 4
    /// What `BertNormalizer` takes for an accent.
    static let nonspacingMark: UInt8 = 8
    /// What `StripAccents` takes for an accent.
    static let mark: UInt8 = 16
    /// White_Space.
    static let whitespace: UInt8 = 32
    /// `\w` of Rust's `regex`.
    static let word: UInt8 = 64

    /// The properties of every scalar, by its number: 1.1 MB, of which a text touches a few pages.
    static let table: [UInt8] = {
        var table = [UInt8](repeating: 0, count: 0x11_0000)
        let properties: [([UInt32], UInt8)] = [
            (PropertyTable.punctuation, punctuation), (PropertyTable.numbers, number), (PropertyTable.control, control),
            (PropertyTable.nonspacingMarks, nonspacingMark), (PropertyTable.marks, mark),
        ]
        for (ranges, property) in properties {
            for i in stride(from: 0, to: ranges.count, by: 2) {
                for scalar in Int(ranges[i])...Int(ranges[i + 1]) { table[scalar] |= property }
            }
        }
        for (set, property) in [(ScalarSet.whitespace, whitespace), (ScalarSet.joinedWords, word)] {
            for range in set.ranges { for scalar in range { table[Int(scalar)] |= property } }
        }
        return table
    }()

    static func has(_ property: UInt8, _ scalar: UInt32) -> Bool { table[Int(scalar)] & property != 0 }
}
