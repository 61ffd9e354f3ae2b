import OrderedCollections
import TuttiCheckpoints

/// Spreads goals out into branches.
extension SchemaCompiler {
    /// The ways of satisfying all schemas of a goal.
    mutating func branches(_ goal: SchemaGoal) throws(GrammarError) -> [SchemaBranch] {
        try spread([SchemaBranch()], goal.terms, [])
    }

    /// `branches`, in each of which all terms hold too.
    /// - Parameter under: The terms that are being spread out: one that leads to itself says nothing.
    private mutating func spread(
        _ branches: [SchemaBranch], _ terms: [SchemaTerm], _ under: [SchemaTerm]
    ) throws(GrammarError) -> [SchemaBranch] {
        var branches = branches
        for term in terms {
            if branches.isEmpty { return [] }
            branches = try spread(branches, term, under)
        }
        return branches
    }

    private mutating func spread(
        _ branches: [SchemaBranch], _ term: SchemaTerm, _ under: [SchemaTerm]
    ) throws(GrammarError) -> [SchemaBranch] {
        let part = document.part(term)
        work += branches.count
        guard work < Self.mostWork else {
            throw GrammarError("the schema's choices have too many combinations", path: part.path)
        }
        guard !under.contains(term), under.count < 200 else {
            throw GrammarError("the reference leads back to itself", keyword: "$ref", path: part.path)
        }
        let under = under + [term]
        switch part.value {
        case .bool(let isAll): return isAll != term.isNegative ? branches : []
        case .object(let members):
            if term.isNegative { return try spreadNegative(branches, members, part.path, under) }
            return try spread(branches, members, part.path, under)
        default:
            throw GrammarError("a schema is an object, true or false", path: part.path)
        }
    }

    private mutating func spread(
        _ branches: [SchemaBranch], _ members: Members, _ path: String, _ under: [SchemaTerm]
    ) throws(GrammarError) -> [SchemaBranch] {
        if let reference = members["$ref"], document.referenceStandsAlone {
            return try spread(branches, [try target(reference, path)], under)
        }
        var own = SchemaBranch()
        try own.add(members, path, &document)
        var branches = branches.compactMap { $0.joined(with: own) }.filter { !$0.isEmpty }
        // In the order of the text: properties come in the order of first mention.
        for (key, value) in members {
            if branches.isEmpty { return [] }
            switch key.text {
            case "$ref": branches = try spread(branches, [try target(value, path)], under)
            case "allOf": branches = try spread(branches, try list(value, "allOf", path), under)
            case "anyOf":
                branches = try either(branches, try list(value, "anyOf", path).map { [$0] }, path + "/anyOf", under)
            case "oneOf":
                let options = try exclusive(try list(value, "oneOf", path), branches, path, under)
                branches = try either(branches, options, path + "/oneOf", under)
            case "not":
                branches = try spread(branches, [!(try document.term(value, path: path + "/not"))], under)
            case "if":
                let condition = try document.term(value, path: path + "/if")
                var yes = [condition], no = [!condition]
                if let then = members["then"] { yes.append(try document.term(then, path: path + "/then")) }
                if let other = members["else"] { no.append(try document.term(other, path: path + "/else")) }
                if yes.count + no.count == 2 { continue }
                branches = try either(branches, [yes, no], path + "/if", under)
            case "dependencies", "dependentSchemas":
                for (name, needed) in value.object ?? [:] where needed.array == nil {
                    let place = path + "/" + key.text + "/" + SchemaDocument.escaped(name.text)
                    let schema = try document.term(needed, path: place)
                    var with = branches, without = branches
                    for index in with.indices { with[index].required.append(name.text) }
                    for index in without.indices { without[index].forbidden.insert(name.text) }
                    with = try spread(with.filter { !$0.isEmpty }, [schema], under)
                    branches = with + without.filter { !$0.isEmpty }
                    // What is no object is in both.
                    try Self.check(count: branches.count, place)
                }
            default: continue
            }
        }
        return branches
    }

    typealias Members = SchemaMembers

    private mutating func target(_ reference: JSON, _ path: String) throws(GrammarError) -> SchemaTerm {
        guard let text = reference.string else {
            throw GrammarError("it has to be a string", keyword: "$ref", path: path)
        }
        return try document.target(text, path: path)
    }

    func list(_ value: JSON, _ keyword: String, _ path: String) throws(GrammarError) -> [JSON] {
        guard let list = value.array, !list.isEmpty else {
            throw GrammarError("it has to be a list of schemas", keyword: keyword, path: path)
        }
        return list
    }

    mutating func list(_ value: JSON, _ keyword: String, _ path: String) throws(GrammarError) -> [SchemaTerm] {
        let list: [JSON] = try list(value, keyword, path)
        var terms: [SchemaTerm] = []
        for (place, one) in list.enumerated() {
            terms.append(try document.term(one, path: path + "/\(keyword)/\(place)"))
        }
        return terms
    }

    /// Branches in which all terms of one of the options hold.
    mutating func either(
        _ branches: [SchemaBranch], _ options: [[SchemaTerm]], _ path: String, _ under: [SchemaTerm]
    ) throws(GrammarError) -> [SchemaBranch] {
        var found: [SchemaBranch] = []
        for option in options {
            found += try spread(branches, option, under)
            try Self.check(count: found.count, path)
        }
        return found
    }

    private static func check(count: Int, _ path: String) throws(GrammarError) {
        guard count <= mostBranches else {
            throw GrammarError("its choices have more than \(mostBranches) combinations", path: path)
        }
    }

    // MARK: Exactly one

    /// The options of a `oneOf`: each with the others that it could overlap with turned round.
    private mutating func exclusive(
        _ terms: [SchemaTerm], _ branches: [SchemaBranch], _ path: String, _ under: [SchemaTerm]
    ) throws(GrammarError) -> [[SchemaTerm]] {
        // Whoever asks whether anything is left may be told of more than there is.
        if emptinessDepth > 0 { return terms.map { [$0] } }
        var overlaps = [[SchemaTerm]](repeating: [], count: terms.count)
        // What either of them makes of what is known already; whoever makes nothing of it overlaps with nobody.
        var alone: [[SchemaBranch]] = []
        for term in terms { alone.append(try spread(branches, [term], under)) }
        for i in terms.indices where !alone[i].isEmpty {
            for j in terms.indices where j > i && !alone[j].isEmpty {
                if Self.areApart(alone[i], alone[j]) { continue }
                emptinessDepth += 1
                defer { emptinessDepth -= 1 }
                if try !isEmpty(try spread(alone[i], [terms[j]], under)) {
                    overlaps[i].append(!terms[j])
                    overlaps[j].append(!terms[i])
                }
            }
        }
        var options: [[SchemaTerm]] = []
        for (i, term) in terms.enumerated() where !alone[i].isEmpty { options.append([term] + overlaps[i]) }
        return options
    }

    /// Whether their types alone keep two lists of branches apart.
    private static func areApart(_ left: [SchemaBranch], _ right: [SchemaBranch]) -> Bool {
        let one = left.reduce(into: SchemaTypes()) { $0.formUnion($1.types) }
        let other = right.reduce(into: SchemaTypes()) { $0.formUnion($1.types) }
        return one.isDisjoint(with: other)
    }

    /// Whether nothing satisfies any of some branches, as far as a look at some levels can tell.
    private mutating func isEmpty(_ branches: [SchemaBranch]) throws(GrammarError) -> Bool {
        emptinessDepth += 1
        defer { emptinessDepth -= 1 }
        if emptinessDepth > Self.deepestLook { return false }
        for branch in branches where try !isEmpty(branch) { return false }
        return true
    }

    private mutating func isEmpty(_ branch: SchemaBranch) throws(GrammarError) -> Bool {
        if branch.isEmpty { return true }
        if let values = branch.values {
            // Those of other types have gone; the others are compared with what the branch says of texts and numbers.
            for value in values where try branchTakes(branch, value) { return false }
            return true
        }
        var types = branch.types
        if types.contains(.string), !store.hasTexts(try strings(branch)) { types.remove(.string) }
        if !types.isDisjoint(with: .number), !store.hasTexts(try store.numbers(branch)) { types.subtract(.number) }
        if types == .object {
            for name in branch.required {
                guard let goal = try goal(branch, property: name) else { return true }
                if let values = try values(goal) {
                    if values.isEmpty { return true }
                } else if try isEmpty(try self.branches(goal)) {
                    return true
                }
            }
        }
        if types == .array, branch.minimumItems > 0 {
            for place in 0..<min(branch.minimumItems, 16) {
                let terms = branch.items.compactMap { place < $0.first.count ? $0.first[place] : $0.others }
                if try isEmpty(try self.branches(SchemaGoal(terms))) { return true }
            }
        }
        return types.isEmpty
    }

    /// Whether a listed value of a branch passes what else the branch says of scalars.
    private mutating func branchTakes(_ branch: SchemaBranch, _ value: JSON) throws(GrammarError) -> Bool {
        guard branch.types.contains(SchemaTypes(of: value)) else { return false }
        if branch.excluded.contains(where: { Self.isEqual($0, value) }) { return false }
        switch value {
        case .string(let text): return try contains(try strings(branch), text)
        case .integer, .number:
            var state = try store.numbers(branch)
            for byte in value.text().utf8 { state = store.following(state, byte) }
            return store.isNullable(state)
        default: return true
        }
    }
}
