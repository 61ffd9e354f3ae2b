import OrderedCollections
import TuttiCheckpoints

/// What a schema does not take.
extension SchemaCompiler {
    /// `branches`, in each of which one keyword of a schema does not hold.
    mutating func spreadNegative(
        _ branches: [SchemaBranch], _ members: Members, _ path: String, _ under: [SchemaTerm]
    ) throws(GrammarError) -> [SchemaBranch] {
        if let reference = members["$ref"], document.referenceStandsAlone {
            return try negative(branches, "$ref", reference, members, path, under)
        }
        var found: [SchemaBranch] = []
        for (name, value) in Self.meaningful(members) {
            found += try negative(branches, name, value, members, path, under)
            if found.count > Self.mostBranches {
                throw GrammarError("its choices have more than \(Self.mostBranches) combinations", path: path)
            }
        }
        return found
    }

    private mutating func negative(
        _ branches: [SchemaBranch], _ name: String, _ value: JSON, _ members: Members, _ path: String,
        _ under: [SchemaTerm]
    ) throws(GrammarError) -> [SchemaBranch] {
        func refused(_ why: String = "it cannot be turned round") -> GrammarError {
            GrammarError(why + " by `not`, `if` or `oneOf`", keyword: name, path: path)
        }
        func narrowed(_ types: SchemaTypes, _ change: (inout SchemaBranch) -> Void) -> [SchemaBranch] {
            branches.compactMap { branch in
                var branch = branch
                branch.types.formIntersection(types)
                if branch.types.isEmpty { return nil }
                change(&branch)
                return branch.isEmpty ? nil : branch
            }
        }
        /// A count that is too small, or too large.
        func counted(_ types: SchemaTypes, below: Int?, above: Int?, _ change: (inout SchemaBranch, Int?, Int?) -> Void)
            -> [SchemaBranch]
        {
            if let below, below == 0 { return [] }
            return narrowed(types) { change(&$0, above.map { $0 + 1 }, below.map { $0 - 1 }) }
        }
        switch name {
        case "$ref":
            guard let text = value.string else { throw refused("it has to be a string") }
            return try either(branches, [[!(try document.target(text, path: path))]], path, under)
        case "type":
            let names = value.string.map { [$0] } ?? value.array?.compactMap(\.string) ?? []
            var types = SchemaTypes.all
            for name in names { types.subtract(SchemaTypes(name: name) ?? []) }
            return narrowed(types) { _ in }
        case "enum", "const":
            let values = name == "const" ? [value] : value.array ?? []
            var gone: SchemaTypes = []
            for value in values {
                switch value {
                case .null: gone.insert(.null)
                case .bool(let value): gone.insert(value ? .yes : .no)
                default: break
                }
            }
            let composite = values.reduce(into: SchemaTypes()) { $0.formUnion(SchemaTypes(of: $1)) }
                .intersection([.array, .object])
            let scalars = values.filter { SchemaTypes(of: $0).isDisjoint(with: [.array, .object]) }
            let found = narrowed(.all.subtracting(gone)) { branch in
                branch.excluded += scalars
                if let listed = branch.values {
                    branch.values = listed.filter { one in !values.contains { Self.isEqual($0, one) } }
                }
            }
            if found.contains(where: { $0.values == nil && !$0.types.isDisjoint(with: composite) }) {
                throw refused("listed arrays and objects cannot be turned round")
            }
            return found
        case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
            guard let number = DecimalNumber(value) else { return [] }
            let isLower = name == "minimum" || name == "exclusiveMinimum"
            let flag: JSON.Key = isLower ? "exclusiveMinimum" : "exclusiveMaximum"
            let isExclusive = name == flag.text || members[flag]?.bool == true
            let bound = SchemaBranch.Bound(value: number, isExclusive: !isExclusive)
            return narrowed(.number) { if isLower { $0.cap(bound) } else { $0.raise(bound) } }
        case "multipleOf":
            guard let number = DecimalNumber(value) else { throw refused("it has to be a number") }
            return narrowed(.number) { $0.multiples.append((number, true)) }
        case "minLength":
            return counted(.string, below: value.int ?? 0, above: nil) { $0.limitLength($1, $2) }
        case "maxLength":
            return counted(.string, below: nil, above: value.int ?? .max - 1) { $0.limitLength($1, $2) }
        case "minItems":
            return counted(.array, below: value.int ?? 0, above: nil) { $0.limitItems($1, $2) }
        case "maxItems":
            return counted(.array, below: nil, above: value.int ?? .max - 1) { $0.limitItems($1, $2) }
        case "minProperties":
            return counted(.object, below: value.int ?? 0, above: nil) { $0.limitProperties($1, $2) }
        case "maxProperties":
            return counted(.object, below: nil, above: value.int ?? .max - 1) { $0.limitProperties($1, $2) }
        case "pattern", "format":
            guard let text = value.string else { throw refused("it has to be a string") }
            if name == "format", StringFormats.annotations.contains(text) { return [] }
            let condition = SchemaBranch.TextCondition(pattern: text, isNegative: true, path: path)
            return narrowed(.string) {
                if name == "pattern" { $0.texts.append(condition) } else { $0.formats.append(condition) }
            }
        case "required":
            var found: [SchemaBranch] = []
            for name in value.array?.compactMap(\.string) ?? [] {
                found += narrowed(.object) { $0.forbidden.insert(name) }
            }
            return found
        case "properties":
            var found: [SchemaBranch] = []
            for (key, schema) in value.object ?? [:] {
                let term = try document.term(schema, path: path + "/properties/" + SchemaDocument.escaped(key.text))
                if schema == .bool(true) { continue }
                found += narrowed(.object) {
                    $0.required.append(key.text)
                    $0.conditions.append((key.text, !term))
                }
            }
            return found
        case "items":
            guard value.array == nil, members["prefixItems"] == nil else { throw refused() }
            let term = try document.term(value, path: path + "/items")
            return narrowed(.array) { $0.contained.append(!term) }
        case "contains":
            guard members["minContains"] == nil, members["maxContains"] == nil else { throw refused() }
            let term = try document.term(value, path: path + "/contains")
            return narrowed(.array) { $0.items.append(.init(first: [], others: !term)) }
        case "uniqueItems":
            if value.bool != true { return [] }
            throw refused()
        case "additionalProperties", "patternProperties", "propertyNames":
            if value == .bool(true) || value == .object([:]) { return [] }
            let others = narrowed(.object) { _ in }
            if others.isEmpty || others.allSatisfy({ $0.values != nil }) { return others }
            throw refused()
        case "allOf":
            return try either(branches, try list(value, name, path).map { [!$0] }, path, under)
        case "anyOf":
            let terms: [SchemaTerm] = try list(value, name, path)
            return try either(branches, [terms.map { !$0 }], path, under)
        case "oneOf":
            // None of them, or two.
            let terms: [SchemaTerm] = try list(value, name, path)
            var options = [terms.map { !$0 }]
            guard terms.count <= 16 else { throw refused("more than 16 alternatives cannot be turned round") }
            for i in terms.indices {
                for j in terms.indices where j > i { options.append([terms[i], terms[j]]) }
            }
            return try either(branches, options, path, under)
        case "not":
            return try either(branches, [[try document.term(value, path: path + "/not")]], path, under)
        case "if":
            let condition = try document.term(value, path: path + "/if")
            var options: [[SchemaTerm]] = []
            if let then = members["then"] {
                options.append([condition, !(try document.term(then, path: path + "/then"))])
            }
            if let other = members["else"] {
                options.append([!condition, !(try document.term(other, path: path + "/else"))])
            }
            return try either(branches, options, path, under)
        case "dependencies", "dependentRequired", "dependentSchemas":
            var found: [SchemaBranch] = []
            for (key, needed) in value.object ?? [:] {
                if let names = needed.array?.compactMap(\.string) {
                    for other in names {
                        found += narrowed(.object) {
                            $0.required.append(key.text)
                            $0.forbidden.insert(other)
                        }
                    }
                } else {
                    let place = path + "/" + name + "/" + SchemaDocument.escaped(key.text)
                    let term = try document.term(needed, path: place)
                    let with = narrowed(.object) { $0.required.append(key.text) }
                    found += try either(with, [[!term]], place, under)
                }
            }
            return found
        case "prefixItems": throw refused()
        default: throw refused("this keyword cannot be compiled")
        }
    }
}

extension SchemaBranch {
    fileprivate mutating func limitLength(_ minimum: Int?, _ maximum: Int?) {
        minimumLength = max(minimumLength, minimum ?? 0)
        if let maximum { maximumLength = min(maximumLength ?? .max, maximum) }
    }

    fileprivate mutating func limitItems(_ minimum: Int?, _ maximum: Int?) {
        minimumItems = max(minimumItems, minimum ?? 0)
        if let maximum { maximumItems = min(maximumItems ?? .max, maximum) }
    }

    fileprivate mutating func limitProperties(_ minimum: Int?, _ maximum: Int?) {
        minimumProperties = max(minimumProperties, minimum ?? 0)
        if let maximum { maximumProperties = min(maximumProperties ?? .max, maximum) }
    }
}
