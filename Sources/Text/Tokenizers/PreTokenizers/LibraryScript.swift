/// Scripts as the library's `UnicodeScripts` knows them: Hiragana and Katakana are Han, a space goes with anything.
enum LibraryScript {
    /// The script of every scalar, by its number; 0 goes with anything.
    private static let table: [UInt8] = {
        var table = [UInt8](repeating: 0, count: 0x11_0000)
        let changes = ScriptTable.libraryChanges
        for i in changes.indices where changes[i] & 0xFF != 0 {
            let end = i + 1 < changes.count ? Int(changes[i + 1] >> 8) : table.count
            for scalar in Int(changes[i] >> 8)..<end { table[scalar] = UInt8(truncatingIfNeeded: changes[i]) }
        }
        return table
    }()

    /// Calls `body` with the pieces of `text` that are of one script. What comes before the first scalar that has a script
    /// is in none of them, as in the library.
    static func pieces(of text: Span<UInt8>, _ body: (Range<Int>) -> Void) {
        let table = Self.table.span
        var start: Int?, last: UInt8 = 0, index = 0
        while index < text.count {
            let (scalar, next) = CharacterScanner.scalar(text, index)
            let script = table[Int(scalar)]
            if script != 0, script != last {
                if let start { body(start..<index) }
                start = index
                last = script
            }
            index = next
        }
        if let start { body(start..<text.count) }
    }
}
