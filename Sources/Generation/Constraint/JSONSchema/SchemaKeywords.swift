import OrderedCollections
import TuttiCheckpoints

typealias SchemaMembers = OrderedDictionary<JSON.Key, JSON>

extension SchemaCompiler {
    /// Keywords that say nothing about which values are valid.
    private static let silent: Set<String> = [
        "$schema", "$id", "id", "$anchor", "$comment", "$defs", "definitions", "$vocabulary", "title", "description",
        "default", "examples", "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType",
        "contentSchema", "then", "else", "minContains", "maxContains", "additionalItems",
    ]
    /// Keywords that do, and that cannot be compiled.
    private static let unknown: Set<String> = [
        "unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef", "extends", "disallow",
        "divisibleBy",
    ]
    private static let own: Set<String> = [
        "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "items", "prefixItems",
        "contains", "required", "minProperties", "maxProperties", "propertyNames", "properties", "patternProperties",
        "additionalProperties", "dependencies", "dependentRequired", "dependentSchemas", "$ref", "allOf", "anyOf",
        "oneOf", "not", "if",
    ]

    /// Throws for a keyword that would have to be ignored although it means something.
    static func check(keyword: String, _ path: String) throws(GrammarError) {
        if unknown.contains(keyword) {
            throw GrammarError("this keyword cannot be compiled", keyword: keyword, path: path)
        }
    }

    /// Keywords that are in use and say something.
    static func meaningful(_ members: SchemaMembers) -> [(name: String, value: JSON)] {
        members.compactMap { key, value in
            own.contains(key.text) || unknown.contains(key.text) ? (key.text, value) : nil
        }
    }
}

extension SchemaBranch {
    /// Adds what a schema says of the value itself; its choices between schemas are not looked at.
    mutating func add(
        _ members: SchemaMembers, _ path: String, _ document: inout SchemaDocument
    ) throws(GrammarError) {
        func wrong(_ keyword: String, _ wants: String) -> GrammarError {
            GrammarError("it has to be \(wants)", keyword: keyword, path: path)
        }
        func count(_ keyword: String) throws(GrammarError) -> Int? {
            guard let value = members[JSON.Key(keyword)] else { return nil }
            guard let count = value.int, count >= 0 else {
                // A bound past every count bounds nothing.
                if let number = value.double, number > 1e18, number == number.rounded() { return .max }
                throw wrong(keyword, "a whole number that is not negative")
            }
            return count
        }
        func number(_ keyword: String) throws(GrammarError) -> DecimalNumber? {
            guard let value = members[JSON.Key(keyword)] else { return nil }
            guard let number = DecimalNumber(value) else { throw wrong(keyword, "a number") }
            return number
        }
        for (key, _) in members { try SchemaCompiler.check(keyword: key.text, path) }

        if let value = members["type"] {
            guard let names = value.string.map({ [$0] }) ?? value.array?.map({ $0.string ?? "" }) else {
                throw wrong("type", "a type's name or a list of them")
            }
            var all: SchemaTypes = []
            for name in names {
                guard let type = SchemaTypes(name: name) else {
                    throw GrammarError("there is no type “\(name)”", keyword: "type", path: path)
                }
                all.formUnion(type)
            }
            types.formIntersection(all)
        }
        if let value = members["const"] { list([value]) }
        if let value = members["enum"] {
            guard let values = value.array else { throw wrong("enum", "a list of values") }
            list(values)
        }

        if let value = try number("minimum") {
            raise(Bound(value: value, isExclusive: members["exclusiveMinimum"]?.bool == true))
        }
        if let value = try number("maximum") {
            cap(Bound(value: value, isExclusive: members["exclusiveMaximum"]?.bool == true))
        }
        if members["exclusiveMinimum"]?.bool == nil, let value = try number("exclusiveMinimum") {
            raise(Bound(value: value, isExclusive: true))
        }
        if members["exclusiveMaximum"]?.bool == nil, let value = try number("exclusiveMaximum") {
            cap(Bound(value: value, isExclusive: true))
        }
        if let value = try number("multipleOf") {
            guard !value.isNegative, !value.isZero else { throw wrong("multipleOf", "a number above 0") }
            multiples.append((value, false))
        }

        minimumLength = max(minimumLength, try count("minLength") ?? 0)
        if let most = try count("maxLength") { maximumLength = min(maximumLength ?? .max, most) }
        if let value = members["pattern"] {
            guard let pattern = value.string else { throw wrong("pattern", "a string") }
            texts.append(TextCondition(pattern: pattern, isNegative: false, path: path))
        }
        if let value = members["format"] {
            guard let format = value.string else { throw wrong("format", "a string") }
            if !StringFormats.annotations.contains(format) {
                formats.append(TextCondition(pattern: format, isNegative: false, path: path))
            }
        }

        try addItems(members, path, &document)
        minimumItems = max(minimumItems, try count("minItems") ?? 0)
        if let most = try count("maxItems") { maximumItems = min(maximumItems ?? .max, most) }
        if members["uniqueItems"]?.bool == true { isUnique = path }

        try addProperties(members, path, &document)
        if let least = try count("minProperties") {
            minimumProperties = max(minimumProperties, least)
            countPath = path
        }
        if let most = try count("maxProperties") { maximumProperties = min(maximumProperties ?? .max, most) }
        if let value = members["required"] {
            guard let names = value.array, names.allSatisfy({ $0.string != nil }) else {
                throw wrong("required", "a list of names")
            }
            required += names.compactMap(\.string)
        }
        for keyword in ["dependentRequired", "dependencies"] {
            guard let value = members[JSON.Key(keyword)] else { continue }
            guard let list = value.object else { throw wrong(keyword, "an object") }
            for (name, others) in list {
                guard let others = others.array else { continue }
                dependencies.append((name.text, others.compactMap(\.string)))
            }
        }
    }

    private mutating func list(_ listed: [JSON]) {
        guard let values else { return self.values = listed }
        self.values = values.filter { value in listed.contains { SchemaCompiler.isEqual($0, value) } }
    }

    private mutating func addItems(
        _ members: SchemaMembers, _ path: String, _ document: inout SchemaDocument
    ) throws(GrammarError) {
        var first: [SchemaTerm] = [], others: SchemaTerm?
        func add(_ list: [JSON], _ keyword: String) throws(GrammarError) {
            for (place, item) in list.enumerated() {
                first.append(try document.term(item, path: path + "/\(keyword)/\(place)"))
            }
        }
        if let list = members["prefixItems"]?.array { try add(list, "prefixItems") }
        if let list = members["items"]?.array {
            try add(list, "items")
            if let value = members["additionalItems"] {
                others = try document.term(value, path: path + "/additionalItems")
            }
        } else if let value = members["items"] {
            others = try document.term(value, path: path + "/items")
        }
        if !first.isEmpty || others != nil { items.append(Items(first: first, others: others)) }
        if let value = members["contains"] {
            let least = members["minContains"]?.int ?? 1
            guard least <= 1, members["maxContains"] == nil else {
                throw GrammarError(
                    "only “at least one” can be compiled", keyword: least > 1 ? "minContains" : "maxContains",
                    path: path)
            }
            if least == 1 { contained.append(try document.term(value, path: path + "/contains")) }
        }
    }

    private mutating func addProperties(
        _ members: SchemaMembers, _ path: String, _ document: inout SchemaDocument
    ) throws(GrammarError) {
        var set = Properties(path: path)
        for (keyword, isPattern) in [("properties", false), ("patternProperties", true)] {
            guard let value = members[JSON.Key(keyword)] else { continue }
            guard let list = value.object else {
                throw GrammarError("it has to be an object", keyword: keyword, path: path)
            }
            for (name, schema) in list {
                let place = path + "/" + keyword + "/" + SchemaDocument.escaped(name.text)
                let term = try document.term(schema, path: place)
                if isPattern { set.patterns.append((name.text, term)) } else { set.named.append((name.text, term)) }
            }
        }
        if let value = members["additionalProperties"] {
            set.others = try document.term(value, path: path + "/additionalProperties")
        }
        if !set.named.isEmpty || !set.patterns.isEmpty || set.others != nil { properties.append(set) }
        if let value = members["propertyNames"] {
            names.append(try document.term(value, path: path + "/propertyNames"))
        }
    }

    /// Both at once; nil if their types have nothing in common.
    func joined(with other: SchemaBranch) -> SchemaBranch? {
        var both = self
        both.types.formIntersection(other.types)
        if both.types.isEmpty { return nil }
        if let values = other.values { both.list(values) }
        both.excluded += other.excluded
        if let bound = other.lower { both.raise(bound) }
        if let bound = other.upper { both.cap(bound) }
        both.multiples += other.multiples
        both.minimumLength = max(minimumLength, other.minimumLength)
        both.maximumLength = Self.least(maximumLength, other.maximumLength)
        for text in other.texts
        where !texts.contains(where: { $0.pattern == text.pattern && $0.isNegative == text.isNegative }) {
            both.texts.append(text)
        }
        for text in other.formats
        where !formats.contains(where: { $0.pattern == text.pattern && $0.isNegative == text.isNegative }) {
            both.formats.append(text)
        }
        both.items += other.items
        both.minimumItems = max(minimumItems, other.minimumItems)
        both.maximumItems = Self.least(maximumItems, other.maximumItems)
        both.contained += other.contained
        both.isUnique = isUnique ?? other.isUnique
        both.properties += other.properties
        both.required += other.required
        both.conditions += other.conditions
        both.forbidden.formUnion(other.forbidden)
        both.minimumProperties = max(minimumProperties, other.minimumProperties)
        if other.minimumProperties > minimumProperties { both.countPath = other.countPath }
        both.maximumProperties = Self.least(maximumProperties, other.maximumProperties)
        both.names += other.names
        both.dependencies += other.dependencies
        return both
    }

    private static func least(_ left: Int?, _ right: Int?) -> Int? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }
}
