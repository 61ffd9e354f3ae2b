extension ScalarSet {
    /// `\s`: White_Space.
    package static let whitespace = ScalarSet(ranges: [
        0x09..<0x0E, 0x20..<0x21, 0x85..<0x86, 0xA0..<0xA1, 0x1680..<0x1681, 0x2000..<0x200B, 0x2028..<0x202A,
        0x202F..<0x2030, 0x205F..<0x2060, 0x3000..<0x3001,
    ])
    /// `\d`.
    package static let digits = ScalarSet { $0 == .decimalNumber }
    static let hexadecimalDigits = ScalarSet(ranges: [0x30..<0x3A, 0x41..<0x47, 0x61..<0x67])
    /// `\w`: as `[:word:]`, and Latin-1's other numbers too, which Oniguruma looks up elsewhere.
    package static let words = posixWords.union(ScalarSet(ranges: [0xB2..<0xB4, 0xB9..<0xBA, 0xBC..<0xBF]))
    /// `[:word:]`: letters, marks, digits, letters that are numbers, connectors, circled letters.
    static let posixWords = ScalarSet(where: {
        $0.name.first == "L" || $0.name.first == "M" || Self.wordNames.contains($0.name)
    })
    .union(circledLetters)
    /// What Rust's `regex` takes for `\w`: joiners too.
    static let joinedWords = posixWords.union(ScalarSet(0x200C..<0x200E))
    private static let wordNames = ["Nd", "Nl", "Pc"]
    private static let circledLetters = ScalarSet(ranges: [
        0x24B6..<0x24EA, 0x1_F130..<0x1_F14A, 0x1_F150..<0x1_F16A, 0x1_F170..<0x1_F18A,
    ])

    /// `\p{Name}`: a general category, its group, a script, or one of a few other properties.
    package init?(property name: String) {
        let key = String(name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " })
        guard let set = Self.propertySets[key] else { return nil }
        self = set()
    }

    /// `[:name:]`.
    init?(posix name: String) {
        guard Self.posixNames.contains(name), let set = Self.propertySets[name] else { return nil }
        self = set()
    }

    private static let posixNames: Set = [
        "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
        "xdigit", "word",
    ]

    private static let alphabetic = ScalarSet(
        ranges: assigned.ranges.lazy.flatMap { range in
            range.lazy.filter { Unicode.Scalar($0)?.properties.isAlphabetic ?? false }.map { $0..<$0 + 1 }
        })
    private static let assigned = ScalarSet { $0 != .unassigned }

    private static func cased(_ isMember: (Unicode.Scalar.Properties) -> Bool) -> ScalarSet {
        let candidates = (UInt32(0)..<0x1_F200).filter {
            guard let scalar = Unicode.Scalar($0) else { return false }
            return isMember(scalar.properties)
        }
        return ScalarSet(ranges: candidates.map { $0..<$0 + 1 }).intersection(assigned)
    }

    private static let propertySets: [String: @Sendable () -> ScalarSet] = {
        var sets: [String: @Sendable () -> ScalarSet] = [:]
        for (i, name) in ScriptTable.names.enumerated() {
            sets[String(name.lowercased().filter { $0 != "_" })] = { script(i + 1) }
        }
        for category in GeneralCategory.allCases {
            sets[category.name.lowercased()] = { ScalarSet { $0 == category } }
        }
        for group: Character in ["L", "M", "N", "P", "S", "Z", "C"] {
            let set: @Sendable () -> ScalarSet = { ScalarSet { $0.name.first == group } }
            sets[group.lowercased()] = set
            sets[Self.groupNames[group] ?? ""] = set
        }
        for (long, short) in Self.longNames { sets[long] = sets[short] }
        sets["lc"] = { ScalarSet { ["Lu", "Ll", "Lt"].contains($0.name) } }
        sets["casedletter"] = sets["lc"]
        sets["any"] = { .all }
        sets["assigned"] = { assigned }
        sets["ascii"] = { ScalarSet(0..<0x80) }
        sets["alpha"] = { alphabetic }
        sets["alphabetic"] = sets["alpha"]
        sets["alnum"] = { alphabetic.union(digits) }
        sets["digit"] = { digits }
        sets["xdigit"] = { hexadecimalDigits }
        sets["word"] = { posixWords }
        sets["space"] = { whitespace }
        sets["whitespace"] = sets["space"]
        sets["blank"] = { ScalarSet { $0 == .spaceSeparator }.union(ScalarSet("\t")) }
        sets["cntrl"] = { ScalarSet { $0 == .control } }
        sets["punct"] = { ScalarSet { $0.name.first == "P" || $0.name.first == "S" } }
        sets["graph"] = { whitespace.union(ScalarSet { ["Cc", "Cn", "Cs"].contains($0.name) }).inverted }
        sets["print"] = {
            ScalarSet { ["Cc", "Cn", "Cs"].contains($0.name) }.inverted.intersection(
                ScalarSet { ["Zl", "Zp"].contains($0.name) }.inverted)
        }
        sets["upper"] = { cased(\.isUppercase) }
        sets["lower"] = { cased(\.isLowercase) }
        sets["uppercase"] = sets["upper"]
        sets["lowercase"] = sets["lower"]
        sets["emoji"] = { cased(\.isEmoji) }
        return sets
    }()

    private static let groupNames: [Character: String] = [
        "L": "letter", "M": "mark", "N": "number", "P": "punctuation", "S": "symbol", "Z": "separator", "C": "other",
    ]
    private static let longNames = [
        "uppercaseletter": "lu", "lowercaseletter": "ll", "titlecaseletter": "lt", "modifierletter": "lm",
        "otherletter": "lo", "nonspacingmark": "mn", "spacingmark": "mc", "enclosingmark": "me", "decimalnumber": "nd",
        "letternumber": "nl", "othernumber": "no", "connectorpunctuation": "pc", "dashpunctuation": "pd",
        "openpunctuation": "ps", "closepunctuation": "pe", "initialpunctuation": "pi", "finalpunctuation": "pf",
        "otherpunctuation": "po", "mathsymbol": "sm", "currencysymbol": "sc", "modifiersymbol": "sk",
        "othersymbol": "so", "spaceseparator": "zs", "lineseparator": "zl", "paragraphseparator": "zp",
        "control": "cc", "format": "cf", "surrogate": "cs", "privateuse": "co", "unassigned": "cn",
    ]

    private static func script(_ number: Int) -> ScalarSet {
        let changes = ScriptTable.changes
        var ranges: [Range<UInt32>] = []
        for (i, change) in changes.enumerated() where Int(change & 0xFF) == number {
            ranges.append(change >> 8..<(i + 1 < changes.count ? changes[i + 1] >> 8 : 0x11_0000))
        }
        return ScalarSet(ranges: ranges)
    }
}
