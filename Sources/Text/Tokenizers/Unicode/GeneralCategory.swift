/// The general category of a Unicode scalar, of Unicode 16.
enum GeneralCategory: UInt8, CaseIterable {
    case unassigned
    case uppercaseLetter, lowercaseLetter, titlecaseLetter, modifierLetter, otherLetter
    case nonspacingMark, spacingMark, enclosingMark
    case decimalNumber, letterNumber, otherNumber
    case connectorPunctuation, dashPunctuation, openPunctuation, closePunctuation, initialPunctuation, finalPunctuation
    case otherPunctuation
    case mathSymbol, currencySymbol, modifierSymbol, otherSymbol
    case spaceSeparator, lineSeparator, paragraphSeparator
    case control, format, surrogate, privateUse

    /// The two letters that name it.
    var name: String { Self.names[Int(rawValue)] }

    private static let names = [
        "Cn", "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf",
        "Po", "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
    ]

    /// All of Unicode, cut where the category changes.
    static let ranges: [(range: Range<UInt32>, category: GeneralCategory)] = {
        let changes = GeneralCategoryTable.changes
        var found: [(range: Range<UInt32>, category: GeneralCategory)] = []
        var start: UInt32 = 0, category = GeneralCategory.unassigned
        for change in changes + [0x11_0000 << 8] {
            if change >> 8 > start { found.append((start..<change >> 8, category)) }
            start = change >> 8
            category = GeneralCategory(rawValue: UInt8(truncatingIfNeeded: change)) ?? .unassigned
        }
        return found
    }()
}
