import OrderedCollections
import TuttiCheckpoints

/// Objects: named properties and others.
extension SchemaCompiler {
    /// Keys are told apart by so many patterns at once.
    private static let mostPatterns = 6

    mutating func objectRule(_ branch: SchemaBranch) throws(GrammarError) -> Rule? {
        guard branch.minimumProperties <= branch.maximumProperties ?? .max else { return nil }
        var names: [String] = [], seen: Set<[UInt8]> = []
        func add(_ name: String) {
            if seen.insert(Array(name.utf8)).inserted { names.append(name) }
        }
        for set in branch.properties { for (name, _) in set.named { add(name) } }
        for name in branch.required { add(name) }
        for (name, _) in branch.conditions { add(name) }
        for (name, others) in branch.dependencies {
            add(name)
            others.forEach(add)
        }
        branch.forbidden.sorted().forEach(add)

        var rule = ObjectRule(
            properties: [], others: [], minimum: branch.minimumProperties, maximum: branch.maximumProperties,
            allowsAnyOrder: style.allowsAnyOrder, signs: signs)
        let required = Set(branch.required.map { Array($0.utf8) })
        var places: [[UInt8]: Int] = [:], missing: Set<[UInt8]> = []
        for name in names {
            let isRequired = required.contains(Array(name.utf8))
            guard let goal = try goal(branch, property: name), !isNever(goal) else {
                if isRequired { return nil }
                missing.insert(Array(name.utf8))
                continue
            }
            places[Array(name.utf8)] = rule.properties.count
            rule.properties.append(
                ObjectRule.Property(key: JSONText.quoted(name), value: try self.rule(goal), isRequired: isRequired))
        }
        var gone: Set<Int> = []
        for (name, others) in branch.dependencies {
            guard let source = places[Array(name.utf8)] else { continue }
            for other in others where other != name {
                if let target = places[Array(other.utf8)] {
                    rule.implications.append((source, target))
                } else {
                    gone.insert(source)
                }
            }
        }
        for place in gone {
            if rule.properties[place].isRequired { return nil }
            rule.properties[place] = ObjectRule.Property(
                key: rule.properties[place].key, value: rules.add(.language(.nothing)), isRequired: false)
        }
        rule.others = try others(branch, names: names)
        // A free key may come again, and is then one property: only the first of them counts for sure.
        guard rule.others.isEmpty || rule.properties.count(where: \.isRequired) + 1 >= rule.minimum else {
            throw GrammarError(
                "above 1 it can be compiled only where properties that are named, or all but one, make up the number",
                keyword: "minProperties", path: branch.countPath)
        }
        return .object(rule)
    }

    /// Whether a goal is plainly false.
    private func isNever(_ goal: SchemaGoal) -> Bool {
        goal.terms.contains { document.part($0).value == .bool($0.isNegative) }
    }

    /// What a property has to be; nil if it may not be there.
    mutating func goal(_ branch: SchemaBranch, property name: String) throws(GrammarError) -> SchemaGoal? {
        if branch.forbidden.contains(name) { return nil }
        var terms: [SchemaTerm] = []
        for set in branch.properties {
            var isKnown = false
            for (other, term) in set.named where JSON.Key(other) == JSON.Key(name) {
                terms.append(term)
                isKnown = true
            }
            for (pattern, term) in set.patterns
            where try contains(try textPattern(pattern, document.part(term).path), name) {
                terms.append(term)
                isKnown = true
            }
            if !isKnown, let others = set.others { terms.append(others) }
        }
        for (other, term) in branch.conditions where JSON.Key(other) == JSON.Key(name) { terms.append(term) }
        for term in branch.names where !(try takes(term, .string(name), depth: 0)) { return nil }
        return SchemaGoal(terms)
    }

    /// The keys that are not named, by the patterns that they match, and what stands behind them.
    private mutating func others(
        _ branch: SchemaBranch, names: [String]
    ) throws(GrammarError) -> [(key: Language, value: RuleID)] {
        var patterns: [String] = [], path = ""
        for set in branch.properties {
            for (pattern, term) in set.patterns where !patterns.contains(pattern) {
                patterns.append(pattern)
                path = document.part(term).path
            }
        }
        guard patterns.count <= Self.mostPatterns else {
            throw GrammarError(
                "more than \(Self.mostPatterns) patterns for one object's keys cannot be compiled",
                keyword: "patternProperties", path: path)
        }
        var languages: [Language] = []
        for pattern in patterns { languages.append(try textPattern(pattern, path)) }
        var allowed: [Language] = []
        for term in branch.names { allowed.append(try strings(SchemaGoal([term]))) }
        let quote = store.literal("\"".utf8), isFree = patterns.isEmpty && names.isEmpty && allowed.isEmpty
        var found: [(key: Language, value: RuleID)] = []
        for subset in 0..<(1 << patterns.count) {
            var terms: [SchemaTerm] = []
            for set in branch.properties {
                var isKnown = false
                for (pattern, term) in set.patterns {
                    guard let place = patterns.firstIndex(of: pattern), subset & 1 << place != 0 else { continue }
                    terms.append(term)
                    isKnown = true
                }
                if !isKnown, let others = set.others { terms.append(others) }
            }
            let goal = SchemaGoal(terms)
            if isNever(goal) { continue }
            var conditions = allowed
            for (place, language) in languages.enumerated() {
                conditions.append(subset & 1 << place != 0 ? language : store.complement(language))
            }
            if !names.isEmpty {
                let texts = names.map { (Array(JSONText.quoted($0).dropFirst().dropLast()), Language.blank) }
                conditions.append(store.complement(store.literals(texts)))
            }
            if subset == 0, allowed.isEmpty { conditions.append(store.anyText(.json)) }
            let key =
                isFree ? store.repetition(freeCharacter(), 0, nil) : store.intersection(conditions)
            if !store.hasTexts(key) { continue }
            found.append((store.concatenation([quote, key, quote]), try rule(goal)))
        }
        return found
    }

    /// The strings of a goal, without their quotes.
    private mutating func strings(_ goal: SchemaGoal) throws(GrammarError) -> Language {
        var found: [Language] = []
        for branch in try branches(goal) where branch.types.contains(.string) {
            if let values = branch.values {
                var texts: [([UInt8], Language)] = []
                for value in values where value.string != nil {
                    guard try takes(goal, value), let text = value.string else { continue }
                    texts.append((Array(JSONText.quoted(text).dropFirst().dropLast()), .blank))
                }
                found.append(store.literals(texts.map { (bytes: $0.0, next: $0.1) }))
            } else {
                var narrow = branch
                // Keys are written in one way only, so that they can be told apart.
                if narrow.texts.isEmpty { narrow.texts = [.init(pattern: "", isNegative: false, path: "#")] }
                found.append(try strings(narrow))
            }
        }
        return store.union(found)
    }
}
