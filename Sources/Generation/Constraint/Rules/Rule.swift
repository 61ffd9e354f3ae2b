/// What a grammar consists of: regular languages, and how they follow and contain each other.
indirect enum Rule {
    /// A text of a language.
    case language(Language)
    /// A text of a language, after which the answer ends whatever would follow.
    case halt(Language)
    case choice([RuleID])
    case sequence([RuleID])
    case repetition(RuleID, minimum: Int, maximum: Int?)
    case object(ObjectRule)
    case array(ArrayRule)
    /// Not made yet: a rule that refers to itself is named before it is known.
    case pending
}

struct RuleID: Hashable, Sendable {
    let index: Int32
}

/// A JSON object: named properties, then others by the languages of their keys.
struct ObjectRule {
    struct Property {
        /// The key as JSON writes it, in quotes.
        let key: [UInt8]
        let value: RuleID
        let isRequired: Bool
    }

    /// In the order in which they are written.
    var properties: [Property]
    /// Keys that no property has, in quotes, and what stands behind them.
    var others: [(key: Language, value: RuleID)]
    var minimum = 0
    var maximum: Int?
    /// Where a property is there, another has to be there too: indices of `properties`.
    var implications: [(source: Int, target: Int)] = []
    var allowsAnyOrder = false
    let signs: JSONSigns
}

/// A JSON array.
struct ArrayRule {
    /// What its first items are.
    var first: [RuleID]
    /// What the others are; nil if there may be none.
    var others: RuleID?
    var minimum = 0
    var maximum: Int?
    /// Of these values every one may come once; the rule of the items is none then.
    var distinct: [Language] = []
    /// What at least one item has to be.
    var contained: RuleID?
    let signs: JSONSigns
}

/// The signs of JSON with the blanks around them.
struct JSONSigns {
    let openObject: Language, closeObject: Language, emptyObject: Language
    let openArray: Language, closeArray: Language, emptyArray: Language
    let comma: Language, colon: Language

    init(_ style: JSONStyle, _ store: inout LanguageStore) {
        var blank = Language.blank, space = Language.blank
        switch style.whitespace {
        case .compact: space = store.literal(" ".utf8)
        case .flexible:
            // One space, or a line break and what indents the next line.
            let indentation = store.repetition(
                store.fork([.init(low: 9, high: 9, next: .blank), .init(low: 32, high: 32, next: .blank)]), 0, 64)
            let newline = store.union([store.literal("\n".utf8), store.literal("\r\n".utf8)])
            blank = store.union([.blank, store.literal(" ".utf8), store.concatenation(newline, indentation)])
            space = blank
        }
        func sign(_ byte: Unicode.Scalar, _ before: Language, _ after: Language) -> Language {
            store.concatenation([before, store.literal([UInt8(ascii: byte)]), after])
        }
        openObject = sign("{", .blank, blank)
        closeObject = sign("}", blank, .blank)
        emptyObject = sign("}", .blank, .blank)
        openArray = sign("[", .blank, blank)
        closeArray = sign("]", blank, .blank)
        emptyArray = sign("]", .blank, .blank)
        comma = sign(",", blank, space)
        colon = sign(":", blank, space)
    }
}

extension ObjectRule {
    /// The rule without properties whose values can never be written; nil if it needs one of them.
    func without(_ isEmpty: (RuleID) -> Bool) -> ObjectRule? {
        if !properties.contains(where: { isEmpty($0.value) }), !others.contains(where: { isEmpty($0.value) }) {
            return isPossible ? self : nil
        }
        var rule = self, kept: [Int: Int] = [:]
        rule.properties = []
        for (place, property) in properties.enumerated() {
            if isEmpty(property.value) {
                if property.isRequired { return nil }
                continue
            }
            kept[place] = rule.properties.count
            rule.properties.append(property)
        }
        rule.implications = []
        var gone: Set<Int> = []
        for (source, target) in implications {
            guard let source = kept[source] else { continue }
            if let target = kept[target] { rule.implications.append((source, target)) } else { gone.insert(source) }
        }
        rule.others.removeAll { isEmpty($0.value) }
        if gone.isEmpty { return rule.isPossible ? rule : nil }
        // What needs a property that cannot be there cannot be there itself.
        var again = rule.properties
        for place in gone {
            if again[place].isRequired { return nil }
            again[place] = Property(key: again[place].key, value: .none, isRequired: false)
        }
        rule.properties = again
        return rule.without { $0 == .none || isEmpty($0) }
    }

    private var isPossible: Bool {
        properties.count { $0.isRequired } <= maximum ?? .max
            && (!others.isEmpty || properties.count >= minimum) && minimum <= maximum ?? .max
    }
}

extension ArrayRule {
    /// The rule without items that can never be written; nil if it needs one of them.
    func without(_ isEmpty: (RuleID) -> Bool) -> ArrayRule? {
        var rule = self
        if distinct.isEmpty {
            if let place = first.firstIndex(where: isEmpty) {
                rule.first.removeSubrange(place...)
                rule.others = nil
            }
            if let others = rule.others, isEmpty(others) { rule.others = nil }
            if rule.others == nil { rule.maximum = min(rule.maximum ?? .max, rule.first.count) }
            if let contained, isEmpty(contained) { return nil }
            // With no other items, all are of the kind that has to be there.
            if rule.contained != nil, rule.others == nil, others != nil { rule.maximum = self.maximum }
        }
        return rule.minimum <= rule.maximum ?? .max ? rule : nil
    }
}

extension RuleID {
    /// No rule at all.
    static let none = RuleID(index: -1)
}
