import OrderedCollections
import TuttiCheckpoints
import TuttiText

/// Compiles a JSON Schema into rules.
///
/// A *goal* is a set of schemas that one value has to satisfy, each as it is or turned round (`not`). It is spread out into
/// *branches*, in which every choice between schemas is made and only constraints on the value itself are left; a branch
/// becomes languages for what is scalar and rules for arrays and objects, whose items and properties are goals again. So
/// `allOf`, `$ref` with siblings, `not`, `if` and `oneOf` need no treatment of their own further on.
struct SchemaCompiler {
    var document: SchemaDocument
    var store: LanguageStore
    var rules: RuleTable
    let style: JSONStyle
    let signs: JSONSigns
    private var known: [SchemaGoal: RuleID] = [:]
    private var languages: [String: Language] = [:]
    private var checked: Set<Language> = []
    /// Goals whose rules are named and not made yet.
    private var waiting: [(id: RuleID, goal: SchemaGoal)] = []
    /// How much was spread out.
    var work = 0
    /// How many questions whether anything is left are being answered within each other.
    var emptinessDepth = 0
    static let deepestLook = 6

    static let mostBranches = 1_024
    private static let mostGoals = 50_000
    /// More ways of reading a string are not followed at once: each byte costs some time for each of them.
    private static let mostReadings = 200
    static let mostWork = 100_000

    init(_ schema: JSON, _ style: JSONStyle, store: LanguageStore, rules: RuleTable) throws(GrammarError) {
        document = try SchemaDocument(schema)
        self.store = store
        self.rules = rules
        self.style = style
        signs = JSONSigns(style, &self.store)
    }

    /// The rule of the whole schema.
    mutating func compile() throws(GrammarError) -> RuleID {
        let root = try rule(SchemaGoal([try document.term(document.root, path: "#")]))
        while let (id, goal) = waiting.popLast() { rules.set(id, try make(goal)) }
        return root
    }

    /// The rule of a goal. It is made later, so that schemas may refer to themselves and lie within each other as they like.
    mutating func rule(_ goal: SchemaGoal) throws(GrammarError) -> RuleID {
        if let rule = known[goal] { return rule }
        guard known.count < Self.mostGoals, !store.isFull else {
            throw GrammarError("the schema is too large: it has more than \(Self.mostGoals) parts to combine")
        }
        let id = rules.add(.pending)
        known[goal] = id
        waiting.append((id, goal))
        return id
    }

    private mutating func make(_ goal: SchemaGoal) throws(GrammarError) -> Rule {
        if let values = try values(goal) { return try rule(values: values) }
        var choices: [RuleID] = [], scalars: [Language] = []
        var seen: Set<Language> = []
        for branch in try branches(goal) {
            if let values = branch.values {
                var taken: [JSON] = []
                for value in values where try takes(goal, value) { taken.append(value) }
                if !taken.isEmpty { choices.append(rules.add(try rule(values: taken))) }
                continue
            }
            for language in try scalarLanguages(branch) where seen.insert(language).inserted {
                scalars.append(language)
            }
            if branch.types.contains(.array), let rule = try arrayRule(branch) { choices.append(rules.add(rule)) }
            if branch.types.contains(.object), let rule = try objectRule(branch) { choices.append(rules.add(rule)) }
        }
        let scalar = store.union(scalars)
        if choices.isEmpty { return .language(scalar) }
        if scalar != .nothing { choices.insert(rules.add(.language(scalar)), at: 0) }
        return .choice(choices)
    }

    /// The values that a goal can have, where one of its schemas lists them: those that satisfy all of it.
    mutating func values(_ goal: SchemaGoal) throws(GrammarError) -> [JSON]? {
        for term in goal.terms where !term.isNegative {
            guard var listed = listedValues(term) else { continue }
            for (place, value) in listed.enumerated().reversed()
            where listed.count <= 64 && listed[..<place].contains(where: { Self.isEqual($0, value) }) {
                listed.remove(at: place)
            }
            var taken: [JSON] = []
            for value in listed where try takes(goal, value) { taken.append(value) }
            return taken
        }
        return nil
    }

    private func listedValues(_ term: SchemaTerm) -> [JSON]? {
        let schema = document.part(term).value
        if document.referenceStandsAlone, schema["$ref"] != nil { return nil }
        if let value = schema["const"] { return [value] }
        return schema["enum"]?.array
    }

    private mutating func rule(values: [JSON]) throws(GrammarError) -> Rule {
        var texts: [(bytes: [UInt8], next: Language)] = [], others: [Language] = []
        for value in values {
            switch value {
            case .array, .object: others.append(language(value))
            case .number(let number) where number == number.rounded() && abs(number) < 1e15:
                // 1.0 and 1 are the same number.
                texts.append((Array(value.text(.python).utf8), .blank))
                texts.append((Array(String(Int64(number)).utf8), .blank))
            default: texts.append((Array(value.text(.python).utf8), .blank))
            }
        }
        return .language(store.union(others + [store.literals(texts)]))
    }

    /// A value as JSON text, with the blanks of the style.
    mutating func language(_ value: JSON) -> Language {
        switch value {
        case .array(let items):
            if items.isEmpty { return store.concatenation(signs.openArray, signs.emptyArray) }
            var parts = [signs.openArray]
            for (place, item) in items.enumerated() {
                if place > 0 { parts.append(signs.comma) }
                parts.append(language(item))
            }
            return store.concatenation(parts + [signs.closeArray])
        case .object(let members):
            if members.isEmpty { return store.concatenation(signs.openObject, signs.emptyObject) }
            var parts = [signs.openObject]
            for (place, (key, member)) in members.enumerated() {
                if place > 0 { parts.append(signs.comma) }
                parts += [store.literal(JSONText.quoted(key.text)), signs.colon, language(member)]
            }
            return store.concatenation(parts + [signs.closeObject])
        default: return store.literal(Array(value.text(.python).utf8))
        }
    }

    // MARK: Scalars

    private mutating func scalarLanguages(_ branch: SchemaBranch) throws(GrammarError) -> [Language] {
        var found: [Language] = []
        for (type, word) in [(SchemaTypes.null, "null"), (.yes, "true"), (.no, "false")]
        where branch.types.contains(type) {
            found.append(store.literal(Array(word.utf8)))
        }
        found.append(try store.numbers(branch))
        if branch.types.contains(.string) {
            let quote = store.literal("\"".utf8)
            found.append(store.concatenation([quote, try strings(branch), quote]))
        }
        return found.filter { $0 != .nothing }
    }

    /// The strings of a branch, without their quotes.
    mutating func strings(_ branch: SchemaBranch) throws(GrammarError) -> Language {
        guard branch.minimumLength <= branch.maximumLength ?? .max else { return .nothing }
        let excluded = branch.excluded.compactMap(\.string)
        if branch.texts.isEmpty, branch.formats.isEmpty, excluded.isEmpty {
            return store.repetition(freeCharacter(), branch.minimumLength, branch.maximumLength)
        }
        var conditions: [Language] = []
        for condition in branch.texts {
            let language = try textPattern(condition.pattern, condition.path)
            conditions.append(condition.isNegative ? store.complement(language) : language)
        }
        for condition in branch.formats {
            let language = try format(condition.pattern, condition.path)
            conditions.append(condition.isNegative ? store.complement(language) : language)
        }
        if !excluded.isEmpty {
            let texts = excluded.map { (Array(JSONText.quoted($0).dropFirst().dropLast()), Language.blank) }
            conditions.append(store.complement(store.literals(texts)))
        }
        let isBounded = branch.minimumLength > 0 || branch.maximumLength != nil
        if isBounded || !(branch.texts.contains { !$0.isNegative } || branch.formats.contains { !$0.isNegative }) {
            conditions.append(
                store.anyText(.json, atLeast: branch.minimumLength, atMost: branch.maximumLength))
        }
        let strings = store.intersection(conditions)
        // Asked here, where it is known what it is about.
        if checked.insert(strings).inserted, let condition = (branch.texts + branch.formats).first {
            let keyword = branch.texts.isEmpty ? "format" : "pattern"
            _ = store.hasTexts(strings)
            if store.isUndecided { throw GrammarError(LanguageStore.undecided, keyword: keyword, path: condition.path) }
            let count = store.readingCount(strings, atMost: Self.mostReadings)
            guard count <= Self.mostReadings else {
                throw GrammarError(
                    "a string can be read in more than \(Self.mostReadings) ways at once, which takes too long",
                    keyword: keyword, path: condition.path)
            }
        }
        return strings
    }

    /// A character of a string of which nothing is asked: every escape of JSON is allowed.
    mutating func freeCharacter() -> Language {
        if let known = languages["free"] { return known }
        let plain = LanguageStore.byteRows(
            ScalarSet(ranges: [0..<0x20, 0x22..<0x23, 0x5C..<0x5D]).inverted)
        let digit: [ClosedRange<UInt8>] = [0x30...0x39, 0x41...0x46, 0x61...0x66]
        func rows(_ places: [[ClosedRange<UInt8>]]) -> [[ClosedRange<UInt8>]] {
            places.reduce([[]]) { rows, place in rows.flatMap { row in place.map { row + [$0] } } }
        }
        func exactly(_ text: String) -> [[ClosedRange<UInt8>]] { text.utf8.map { [$0...$0] } }
        var all = plain
        for byte in #""\/bfnrt"#.utf8 { all.append([0x5C...0x5C, byte...byte]) }
        // \uXXXX for a character, and two of them for one beyond the first 65,536: no half of a pair alone.
        let d: [ClosedRange<UInt8>] = [0x44...0x44, 0x64...0x64]
        let notD: [ClosedRange<UInt8>] = [0x30...0x39, 0x41...0x43, 0x45...0x46, 0x61...0x63, 0x65...0x66]
        let high: [ClosedRange<UInt8>] = [0x38...0x39, 0x41...0x42, 0x61...0x62]
        let low: [ClosedRange<UInt8>] = [0x43...0x46, 0x63...0x66]
        all += rows(exactly(#"\u"#) + [notD, digit, digit, digit])
        all += rows(exactly(#"\u"#) + [d, [0x30...0x37], digit, digit])
        var language = store.byteRows(all)
        let first = store.byteRows(rows(exactly(#"\u"#) + [d, high, digit, digit]))
        let second = store.byteRows(rows(exactly(#"\u"#) + [d, low, digit, digit]))
        language = store.union([language, store.concatenation(first, second)])
        languages["free"] = language
        return language
    }

    /// The strings, without quotes, in which a schema's `pattern` matches.
    mutating func textPattern(_ pattern: String, _ path: String) throws(GrammarError) -> Language {
        if let known = languages["p" + pattern] { return known }
        do {
            let language = try store.search(pattern, .json)
            languages["p" + pattern] = language
            return language
        } catch {
            throw GrammarError("\(error.message), in “\(pattern)”", keyword: "pattern", path: path)
        }
    }

    /// The strings, without quotes, of a format.
    mutating func format(_ name: String, _ path: String) throws(GrammarError) -> Language {
        if let known = languages["f" + name] { return known }
        var language = store.anyText(.json)
        if !StringFormats.annotations.contains(name) {
            guard let pattern = StringFormats.pattern(name) else {
                throw GrammarError("the format “\(name)” cannot be compiled", keyword: "format", path: path)
            }
            do { language = try store.whole(pattern, .json) } catch {
                throw GrammarError("\(error.message), in the format “\(name)”", keyword: "format", path: path)
            }
        }
        languages["f" + name] = language
        return language
    }

    // MARK: Arrays

    private mutating func arrayRule(_ branch: SchemaBranch) throws(GrammarError) -> Rule? {
        guard branch.minimumItems <= branch.maximumItems ?? .max else { return nil }
        func terms(_ place: Int) -> [SchemaTerm] {
            branch.items.compactMap { place < $0.first.count ? $0.first[place] : $0.others }
        }
        var rule = ArrayRule(
            first: [], others: nil, minimum: branch.minimumItems, maximum: branch.maximumItems, signs: signs)
        let count = branch.items.map(\.first.count).max() ?? 0
        let others = SchemaGoal(terms(count))
        if let path = branch.isUnique, branch.maximumItems ?? .max > 1 {
            guard count == 0, branch.contained.isEmpty, let values = try enumerated(others), values.count <= 64 else {
                throw GrammarError(
                    "it can be compiled only where the items are one of up to 64 listed values", keyword: "uniqueItems",
                    path: path)
            }
            rule.distinct = values.map { language($0) }
            rule.maximum = min(rule.maximum ?? .max, values.count)
            return rule.minimum <= values.count ? .array(rule) : nil
        }
        for place in 0..<min(count, branch.maximumItems ?? .max) {
            rule.first.append(try self.rule(SchemaGoal(terms(place))))
        }
        rule.others = try self.rule(others)
        if let contained = branch.contained.first {
            guard branch.contained.count == 1, count == 0 else {
                throw GrammarError(
                    "it can be compiled once, and without prefixItems", keyword: "contains",
                    path: document.part(contained).path)
            }
            rule.contained = try self.rule(SchemaGoal(terms(0) + [contained]))
            rule.minimum = max(1, rule.minimum)
        }
        return .array(rule)
    }

    /// All values of a goal, where they are few.
    private mutating func enumerated(_ goal: SchemaGoal) throws(GrammarError) -> [JSON]? {
        if let values = try values(goal) { return values }
        var all: [JSON] = []
        for branch in try branches(goal) {
            if let values = branch.values {
                for value in values where try takes(goal, value) { all.append(value) }
                continue
            }
            guard branch.types.subtracting([.null, .bool]).isEmpty else { return nil }
            if branch.types.contains(.null) { all.append(.null) }
            if branch.types.contains(.yes) { all.append(true) }
            if branch.types.contains(.no) { all.append(false) }
        }
        var distinct: [JSON] = []
        for value in all where !distinct.contains(where: { Self.isEqual($0, value) }) { distinct.append(value) }
        return distinct
    }
}
