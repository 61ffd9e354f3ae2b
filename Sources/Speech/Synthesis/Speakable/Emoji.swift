/// Pictures among letters, which are left out.
enum Emoji {
    /// Whether a character is a picture or belongs to one.
    static func isOne(_ character: Character) -> Bool {
        let scalars = character.unicodeScalars
        guard let first = scalars.first, first.value > 0x7f || scalars.count > 1 else { return false }
        if character.isLetter { return false }
        return scalars.contains { scalar in
            switch scalar.value {
            case 0x1F000...0x1FAFF, 0x2600...0x27BF, 0x2B05...0x2B55, 0xFE0F, 0x20E3, 0x200D, 0xE0020...0xE007F,
                0x231A...0x23FF, 0x25A0...0x25FF, 0x2934...0x2935, 0x3030, 0x303D, 0x3297, 0x3299:
                true
            default: scalar.properties.isEmojiPresentation
            }
        }
    }

    /// The text without them; digits in boxes stay digits.
    static func removed(from text: String) -> String {
        var kept = ""
        for character in text {
            if !isOne(character) {
                kept.append(character)
            } else if let first = character.unicodeScalars.first, first.value < 0x80, first != "#", first != "*" {
                kept.unicodeScalars.append(first)
            } else {
                kept.append(" ")
            }
        }
        return kept
    }
}
