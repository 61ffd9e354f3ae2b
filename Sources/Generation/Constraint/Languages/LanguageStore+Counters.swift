/// Languages without their counters: `a{0,5000}` allows what `a*` does until the end of the count comes near.
extension LanguageStore {
    /// A counter is far from its end if so many more may come.
    static let farCount = 16

    /// A language with `a*` for `a{m,n}` wherever n is far, except under a complement.
    mutating func loosened(_ language: Language) -> Language {
        let index = Int(language.index)
        if index < loose.count, loose[index].language >= 0 { return Language(index: loose[index].language) }
        let node = node(language)
        var result = language, slack = Int32.max
        switch node.kind {
        case .repetition:
            let item = Language(index: node.first), isFar = node.maximum >= Self.farCount
            let inner = loosened(item)
            slack = min(self.slack(item), isFar ? node.maximum : .max)
            if inner != item || isFar {
                result = repetition(
                    inner, Int(node.minimum), isFar || node.maximum < 0 ? nil : Int(node.maximum))
            }
        case .concatenation:
            let first = Language(index: node.first), second = Language(index: node.second)
            let one = loosened(first), other = loosened(second)
            slack = min(self.slack(first), self.slack(second))
            if one != first || other != second { result = concatenation(one, other) }
        case .union, .intersection:
            var all: [Language] = [], isOther = false
            for element in elements(node) {
                all.append(loosened(element))
                slack = min(slack, self.slack(element))
                isOther = isOther || all[all.count - 1] != element
            }
            if isOther { result = node.kind == .union ? union(all) : intersection(all) }
        default: break
        }
        if loose.count <= index {
            let unknown: (language: Int32, slack: Int32) = (-1, 0)
            loose.append(contentsOf: repeatElement(unknown, count: max(nodes.count, index + 1) - loose.count))
        }
        loose[index] = (result.index, slack)
        return result
    }

    /// How often the nearest counter that ``loosened(_:)`` takes out may still count. A byte counts once at most.
    mutating func slack(_ language: Language) -> Int32 {
        _ = loosened(language)
        return loose[Int(language.index)].slack
    }

    /// A language with `a{m,n}` for `a*`, except under a complement.
    private mutating func tightened(_ language: Language, _ most: Int) -> Language {
        if let found = tight[language.index] { return Language(index: found) }
        let node = node(language)
        var result = language
        switch node.kind {
        case .repetition:
            let inner = tightened(Language(index: node.first), most), minimum = Int(node.minimum)
            result = repetition(inner, minimum, node.maximum < 0 ? max(minimum, most) : Int(node.maximum))
        case .concatenation:
            let one = tightened(Language(index: node.first), most)
            let other = tightened(Language(index: node.second), most)
            result = concatenation(one, other)
        case .union, .intersection:
            var all: [Language] = []
            for element in elements(node) { all.append(tightened(element, most)) }
            result = node.kind == .union ? union(all) : intersection(all)
        default: break
        }
        tight[language.index] = result.index
        return result
    }

    /// Counters of languages that may be empty unseen are taken out only where so many more may come than are looked at.
    static let spareCount = 16

    /// Whether a loose language has texts even if every counter of it is at ``spareCount``: what it has, those whose
    /// counters are at least as far have too.
    mutating func hasTextsWhenTight(_ loose: Language) -> Bool {
        if !node(loose).isGuarded { return true }
        if let known = fullWhenTight[loose.index] { return known }
        // The search may come back to the question.
        fullWhenTight[loose.index] = false
        let small = tightened(loose, Self.spareCount), result = hasTexts(small)
        fullWhenTight[loose.index] = result
        return result
    }
}
