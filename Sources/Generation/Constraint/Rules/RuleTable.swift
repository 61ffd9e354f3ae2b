/// The rules of a grammar, unfolded place by place as answers come to them.
///
/// A *place* is where an answer may stand between two pieces of a rule: behind the third property of an object, say. What
/// can follow it is found when it is first reached, so bounds of a million and objects of a thousand optional properties
/// cost nothing until then.
struct RuleTable {
    /// Which place: the rule, how far in it, and what of it is under way.
    struct PlaceKey: Hashable {
        let rule: Int32
        var step: Int32
        var value: Int32 = -1
    }

    /// Where to go on after a language or a rule, by the tag that it ended with.
    struct Menu: Hashable { var places: [Int32] }

    enum Edge {
        /// A text of the language; then as the menu says.
        case scan(Language, menu: Int32)
        case call(RuleID, menu: Int32)
        /// A text of the language; then the answer ends.
        case halt(Language)
    }

    struct Unfolded {
        /// Whether the rule may end here.
        var isEnd = false
        var edges: [Edge] = []
    }

    /// How far an object has come.
    struct ObjectState: Hashable {
        /// The first property that may still come, where their order is fixed.
        var position: Int32 = 0
        /// Up to the number that matters.
        var count: Int32 = 0
        /// The properties that were there, where that matters.
        var seen: [UInt64] = []
    }

    /// The menu that returns to whoever called.
    static let back: Int32 = -1

    private(set) var rules: [Rule] = []
    private var places: [PlaceKey] = []
    private var placeIndex: [PlaceKey: Int32] = [:]
    private var unfolded: [Unfolded?] = []
    private var menus: [Menu] = []
    private var menuIndex: [Menu: Int32] = [:]
    private var states: [ObjectState] = []
    private var stateIndex: [ObjectState: Int32] = [:]

    mutating func add(_ rule: Rule) -> RuleID {
        rules.append(rule)
        return RuleID(index: Int32(rules.count - 1))
    }

    mutating func set(_ id: RuleID, _ rule: Rule) { rules[Int(id.index)] = rule }

    mutating func place(_ rule: RuleID, step: Int32 = 0, value: Int32 = -1) -> Int32 {
        place(PlaceKey(rule: rule.index, step: step, value: value))
    }

    private mutating func place(_ key: PlaceKey) -> Int32 {
        if let index = placeIndex[key] { return index }
        let index = Int32(places.count)
        places.append(key)
        unfolded.append(nil)
        placeIndex[key] = index
        return index
    }

    private mutating func menu(_ places: [Int32]) -> Int32 {
        let menu = Menu(places: places)
        if let index = menuIndex[menu] { return index }
        let index = Int32(menus.count)
        menus.append(menu)
        menuIndex[menu] = index
        return index
    }

    private mutating func index(_ state: ObjectState) -> Int32 {
        if let index = stateIndex[state] { return index }
        let index = Int32(states.count)
        states.append(state)
        stateIndex[state] = index
        return index
    }

    /// The place that a menu names for a tag.
    func destination(_ menu: Int32, tag: Int32) -> Int32 {
        let places = menus[Int(menu)].places
        return places[min(Int(tag), places.count - 1)]
    }

    /// Takes out what can never come to an end: rules without texts, and what needs them.
    mutating func prune(_ store: inout LanguageStore) {
        // A rule is known to have texts once all that it needs is.
        var full = [Bool](repeating: false, count: rules.count), changed = true
        func isFull(_ id: RuleID) -> Bool { full[Int(id.index)] }
        while changed {
            changed = false
            for place in rules.indices.reversed() where !full[place] {
                let hasTexts: Bool
                switch rules[place] {
                case .pending: hasTexts = false
                case .language(let language), .halt(let language): hasTexts = store.hasTexts(language)
                case .choice(let list): hasTexts = list.contains(where: isFull)
                case .sequence(let list): hasTexts = list.allSatisfy(isFull)
                case .repetition(let item, let minimum, _): hasTexts = minimum == 0 || isFull(item)
                case .object(let rule): hasTexts = rule.without { !isFull($0) } != nil
                case .array(let rule): hasTexts = rule.without { !isFull($0) } != nil
                }
                if hasTexts {
                    full[place] = true
                    changed = true
                }
            }
        }
        for place in rules.indices {
            guard full[place] else {
                rules[place] = .language(.nothing)
                continue
            }
            switch rules[place] {
            case .choice(let list): rules[place] = .choice(list.filter(isFull))
            case .repetition(let item, let minimum, _) where !isFull(item):
                rules[place] = .repetition(item, minimum: minimum, maximum: 0)
            case .object(let rule): rules[place] = rule.without { !isFull($0) }.map { .object($0) } ?? rules[place]
            case .array(let rule): rules[place] = rule.without { !isFull($0) }.map { .array($0) } ?? rules[place]
            default: break
            }
        }
    }

    /// How many places there are.
    var placeCount: Int { places.count }

    /// What can follow at a place.
    mutating func unfold(_ place: Int32, _ store: inout LanguageStore) -> Unfolded {
        if let known = unfolded[Int(place)] { return known }
        let key = places[Int(place)], id = RuleID(index: key.rule)
        var result = Unfolded()
        switch rules[Int(key.rule)] {
        case .pending: break
        case .language(let language): result.edges = [.scan(language, menu: Self.back)]
        case .halt(let language): result.edges = [.halt(language)]
        case .choice(let list): result.edges = list.map { .call($0, menu: Self.back) }
        case .sequence(let list):
            let step = Int(key.step)
            if step >= list.count {
                result.isEnd = true
            } else if step == list.count - 1 {
                result.edges = [.call(list[step], menu: Self.back)]
            } else {
                let next = self.place(id, step: key.step + 1)
                result.edges = [.call(list[step], menu: menu([next]))]
            }
        case .repetition(let item, let minimum, let maximum):
            let step = Int(key.step)
            result.isEnd = step >= minimum
            if maximum.map({ step < $0 }) ?? true {
                let next = self.place(id, step: Int32(maximum == nil ? min(step + 1, minimum) : step + 1))
                result.edges = [.call(item, menu: menu([next]))]
            }
        case .object(let rule): result = unfold(rule, id, key, &store)
        case .array(let rule): result = unfold(rule, id, key, &store)
        }
        unfolded[Int(place)] = result
        return result
    }

    // MARK: Arrays

    private static let begin: Int32 = 0

    private mutating func unfold(
        _ rule: ArrayRule, _ id: RuleID, _ key: PlaceKey, _ store: inout LanguageStore
    ) -> Unfolded {
        if !rule.distinct.isEmpty { return unfoldDistinct(rule, id, key, &store) }
        // Step 0 is before the bracket, step 2 n + 1 behind n items, one more if what has to be among them was there;
        // with a value, a comma stands behind that.
        if key.step == Self.begin {
            return Unfolded(edges: [.scan(rule.signs.openArray, menu: menu([place(id, step: 1)]))])
        }
        let count = Int(key.step - 1) >> 1, wasFound = (key.step - 1) & 1 == 1 || rule.contained == nil
        // Counts past all that matters are one.
        let matters = max(1, rule.minimum, rule.first.count)
        let next = Int32(rule.maximum == nil ? min(count + 1, matters) : count + 1) << 1 + 1
        var items: [Edge] = []
        if rule.maximum.map({ count < $0 }) ?? true {
            let isLast = rule.maximum.map { count + 1 == $0 } ?? false
            let item = count < rule.first.count ? rule.first[count] : rule.others
            if let item, wasFound || !isLast {
                let found: Int32 = wasFound && rule.contained != nil ? 1 : 0
                items.append(.call(item, menu: menu([place(id, step: next + found)])))
            }
            if !wasFound, let contained = rule.contained {
                items.append(.call(contained, menu: menu([place(id, step: next + 1)])))
            }
        }
        if key.value >= 0 { return Unfolded(edges: items) }
        var result = Unfolded()
        if count >= rule.minimum, wasFound {
            result.edges.append(.scan(count == 0 ? rule.signs.emptyArray : rule.signs.closeArray, menu: Self.back))
        }
        if count == 0 {
            result.edges += items
        } else if !items.isEmpty {
            result.edges.append(.scan(rule.signs.comma, menu: menu([place(id, step: key.step, value: 0)])))
        }
        return result
    }

    /// Of an array whose items are some values, each at most once.
    private mutating func unfoldDistinct(
        _ rule: ArrayRule, _ id: RuleID, _ key: PlaceKey, _ store: inout LanguageStore
    ) -> Unfolded {
        if key.step == Self.begin {
            let first = index(ObjectState(seen: [0]))
            return Unfolded(edges: [.scan(rule.signs.openArray, menu: menu([place(id, step: first + 1)]))])
        }
        let state = states[Int(key.step) - 1], count = Int(state.count), seen = state.seen[0]
        var result = Unfolded(), choices: [Language] = [], targets: [Int32] = []
        if count >= rule.minimum {
            result.edges.append(.scan(count == 0 ? rule.signs.emptyArray : rule.signs.closeArray, menu: Self.back))
        }
        if rule.maximum.map({ count < $0 }) ?? true {
            for (place, value) in rule.distinct.enumerated() where seen & 1 << UInt64(place) == 0 {
                let next = index(
                    ObjectState(count: state.count + 1, seen: [seen | 1 << UInt64(place)]))
                choices.append(store.concatenation(value, store.blank(tag: Int32(targets.count))))
                targets.append(self.place(id, step: next + 1))
            }
            if !targets.isEmpty {
                let values = store.union(choices)
                let language = count == 0 ? values : store.concatenation(rule.signs.comma, values)
                result.edges.append(.scan(language, menu: menu(targets)))
            }
        }
        return result
    }

    // MARK: Objects

    private mutating func unfold(
        _ rule: ObjectRule, _ id: RuleID, _ key: PlaceKey, _ store: inout LanguageStore
    ) -> Unfolded {
        // Step 0 is before the brace; step n + 1 in state n; with a value, in front of that value and then in state n.
        if key.step == Self.begin {
            let words = rule.allowsAnyOrder || !rule.implications.isEmpty ? (rule.properties.count + 63) / 64 : 0
            let first = index(ObjectState(seen: [UInt64](repeating: 0, count: words)))
            return Unfolded(edges: [.scan(rule.signs.openObject, menu: menu([place(id, step: first + 1)]))])
        }
        if key.value >= 0 {
            let value = Int(key.value), count = rule.properties.count
            let called = value < count ? rule.properties[value].value : rule.others[value - count].value
            return Unfolded(edges: [.call(called, menu: menu([place(id, step: key.step)]))])
        }
        let state = states[Int(key.step) - 1]
        var result = Unfolded()
        let walk = ObjectWalk(rule: rule, state: state)
        let isFirst = state.count == 0
        if walk.mayClose {
            result.edges.append(
                .scan(isFirst ? rule.signs.emptyObject : rule.signs.closeObject, menu: Self.back))
        }
        var keys: [(bytes: [UInt8], next: Language)] = [], targets: [Int32] = []
        for property in walk.candidates {
            let next = index(walk.state(after: property))
            let tag = store.blank(tag: Int32(targets.count))
            keys.append((rule.properties[property].key, store.concatenation(rule.signs.colon, tag)))
            targets.append(place(id, step: next + 1, value: Int32(property)))
        }
        func separated(_ language: Language) -> Language {
            isFirst ? language : store.concatenation(rule.signs.comma, language)
        }
        if !keys.isEmpty {
            result.edges.append(.scan(separated(store.literals(keys)), menu: menu(targets)))
        }
        if walk.mayTakeOthers, !rule.others.isEmpty {
            let next = index(walk.stateAfterOther)
            for (place, other) in rule.others.enumerated() {
                let target = self.place(id, step: next + 1, value: Int32(rule.properties.count + place))
                let language = separated(store.concatenation(other.key, rule.signs.colon))
                result.edges.append(.scan(language, menu: menu([target])))
            }
        }
        return result
    }
}

/// What may follow in an object that has come so far.
private struct ObjectWalk {
    let rule: ObjectRule
    let state: RuleTable.ObjectState

    private func wasSeen(_ property: Int) -> Bool {
        !state.seen.isEmpty && state.seen[property >> 6] & 1 << UInt64(property & 63) != 0
    }

    /// Whether the property may still come.
    private func isOpen(_ property: Int) -> Bool {
        rule.allowsAnyOrder ? !wasSeen(property) : property >= Int(state.position)
    }

    private func isRequired(_ property: Int) -> Bool {
        rule.properties[property].isRequired
            || rule.implications.contains { $0.target == property && wasSeen($0.source) }
    }

    private var openRequired: [Int] { rule.properties.indices.filter { isOpen($0) && isRequired($0) } }

    var mayClose: Bool { Int(state.count) >= rule.minimum && openRequired.isEmpty }

    /// Whether so many more may come, and whether the least number can still be reached.
    private func fits(_ count: Int, needed: Int, possible: Int) -> Bool {
        if let maximum = rule.maximum, count + needed > maximum { return false }
        return !rule.others.isEmpty || count + possible >= rule.minimum
    }

    var candidates: [Int] {
        var found: [Int] = []
        let required = openRequired, firstRequired = required.first ?? .max
        let open = rule.allowsAnyOrder ? rule.properties.indices.count { isOpen($0) } : 0
        for property in rule.properties.indices where isOpen(property) {
            if !rule.allowsAnyOrder, property > firstRequired { break }
            var needed = Set(required)
            needed.remove(property)
            var isPossible = true
            for implication in rule.implications where implication.source == property {
                if wasSeen(implication.target) || implication.target == property { continue }
                if isOpen(implication.target), rule.allowsAnyOrder || implication.target > property {
                    needed.insert(implication.target)
                } else {
                    isPossible = false
                }
            }
            let possible = rule.allowsAnyOrder ? open - 1 : rule.properties.count - property - 1
            if isPossible, fits(Int(state.count) + 1, needed: needed.count, possible: possible) {
                found.append(property)
            }
        }
        return found
    }

    var mayTakeOthers: Bool {
        let required = openRequired
        if !rule.allowsAnyOrder, !required.isEmpty { return false }
        return fits(Int(state.count) + 1, needed: required.count, possible: 0)
    }

    private var nextCount: Int32 {
        // Past all that matters counts are one; whether it is the first always matters.
        let matters = max(1, rule.maximum ?? rule.minimum)
        return Int32(min(Int(state.count) + 1, matters))
    }

    func state(after property: Int) -> RuleTable.ObjectState {
        var next = state
        next.count = nextCount
        if !rule.allowsAnyOrder { next.position = Int32(property + 1) }
        if !next.seen.isEmpty { next.seen[property >> 6] |= 1 << UInt64(property & 63) }
        return next
    }

    var stateAfterOther: RuleTable.ObjectState {
        var next = state
        next.count = nextCount
        if !rule.allowsAnyOrder { next.position = Int32(rule.properties.count) }
        return next
    }
}
