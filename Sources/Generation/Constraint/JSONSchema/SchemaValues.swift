import OrderedCollections
import TuttiCheckpoints

/// Whether a value that a schema lists satisfies all the rest of it.
extension SchemaCompiler {
    /// Whether all terms of a goal take a value.
    mutating func takes(_ goal: SchemaGoal, _ value: JSON) throws(GrammarError) -> Bool {
        for term in goal.terms where !(try takes(term, value, depth: 0)) { return false }
        return true
    }

    mutating func takes(_ term: SchemaTerm, _ value: JSON, depth: Int) throws(GrammarError) -> Bool {
        let part = document.part(term)
        let result = try takes(part.value, part.path, value, depth: depth)
        return result != term.isNegative
    }

    private mutating func takes(
        _ schema: JSON, _ path: String, _ value: JSON, depth: Int
    ) throws(GrammarError) -> Bool {
        guard depth < 200 else { throw GrammarError("references lead to themselves", keyword: "$ref", path: path) }
        guard case .object(let members) = schema else { return schema.bool ?? true }
        func term(_ value: JSON, _ step: String, _ compiler: inout SchemaCompiler) throws(GrammarError) -> SchemaTerm {
            try compiler.document.term(value, path: path + "/" + step)
        }
        let isAlone = document.referenceStandsAlone && members["$ref"] != nil
        for (key, keyword) in members where !isAlone || key == "$ref" {
            let name = key.text
            var isTaken = true
            switch name {
            case "$ref":
                let target = try document.target(keyword.string ?? "", path: path)
                isTaken = try takes(target, value, depth: depth + 1)
            case "type":
                let names = keyword.string.map { [$0] } ?? keyword.array?.compactMap(\.string) ?? []
                isTaken = names.contains { SchemaTypes(name: $0)?.contains(SchemaTypes(of: value)) ?? false }
            case "enum": isTaken = keyword.array?.contains { Self.isEqual($0, value) } ?? true
            case "const": isTaken = Self.isEqual(keyword, value)
            case "allOf", "anyOf", "oneOf":
                var count = 0
                let list = keyword.array ?? []
                for (place, one) in list.enumerated() {
                    let next = try term(one, "\(name)/\(place)", &self)
                    if try takes(next, value, depth: depth + 1) { count += 1 }
                }
                isTaken = name == "allOf" ? count == list.count : name == "anyOf" ? count > 0 : count == 1
            case "not": isTaken = !(try takes(try term(keyword, "not", &self), value, depth: depth + 1))
            case "if":
                let next = try takes(try term(keyword, "if", &self), value, depth: depth + 1) ? "then" : "else"
                if let branch = members[JSON.Key(next)] {
                    isTaken = try takes(try term(branch, next, &self), value, depth: depth + 1)
                }
            case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
                guard let number = DecimalNumber(value), let bound = DecimalNumber(keyword) else { continue }
                switch name {
                case "minimum": isTaken = members["exclusiveMinimum"]?.bool == true ? number > bound : number >= bound
                case "maximum": isTaken = members["exclusiveMaximum"]?.bool == true ? number < bound : number <= bound
                case "exclusiveMinimum": isTaken = number > bound
                case "exclusiveMaximum": isTaken = number < bound
                default: isTaken = number.isMultiple(of: bound) ?? false
                }
            case "minLength":
                if let text = value.string { isTaken = text.unicodeScalars.count >= keyword.int ?? 0 }
            case "maxLength":
                if let text = value.string { isTaken = text.unicodeScalars.count <= keyword.int ?? .max }
            case "pattern":
                if let text = value.string, let pattern = keyword.string {
                    isTaken = try contains(try textPattern(pattern, path), text)
                }
            case "format":
                if let text = value.string, let format = keyword.string {
                    isTaken = try contains(try self.format(format, path), text)
                }
            case "minItems": if let items = value.array { isTaken = items.count >= keyword.int ?? 0 }
            case "maxItems": if let items = value.array { isTaken = items.count <= keyword.int ?? .max }
            case "uniqueItems":
                if let items = value.array, keyword.bool == true {
                    for (place, item) in items.enumerated() {
                        if items[..<place].contains(where: { Self.isEqual($0, item) }) { isTaken = false }
                    }
                }
            case "items", "prefixItems", "additionalItems":
                guard let items = value.array else { continue }
                let first = members["prefixItems"]?.array ?? members["items"]?.array ?? []
                for (place, item) in items.enumerated() {
                    var next: SchemaTerm?
                    if let list = keyword.array {
                        if place < list.count { next = try term(list[place], "\(name)/\(place)", &self) }
                    } else if place >= first.count, name != "additionalItems" || members["items"]?.array != nil {
                        next = try term(keyword, name, &self)
                    }
                    if let next, !(try takes(next, item, depth: depth + 1)) { isTaken = false }
                }
            case "contains":
                guard let items = value.array else { continue }
                let next = try term(keyword, "contains", &self)
                var count = 0
                for item in items where try takes(next, item, depth: depth + 1) { count += 1 }
                isTaken = count >= members["minContains"]?.int ?? 1 && count <= members["maxContains"]?.int ?? .max
            case "required":
                if let object = value.object {
                    isTaken = keyword.array?.allSatisfy { object[JSON.Key($0.string ?? "")] != nil } ?? true
                }
            case "minProperties": if let object = value.object { isTaken = object.count >= keyword.int ?? 0 }
            case "maxProperties": if let object = value.object { isTaken = object.count <= keyword.int ?? .max }
            case "propertyNames":
                guard let object = value.object else { continue }
                let next = try term(keyword, "propertyNames", &self)
                for (key, _) in object where !(try takes(next, .string(key.text), depth: depth + 1)) { isTaken = false }
            case "properties", "patternProperties", "additionalProperties":
                guard let object = value.object else { continue }
                for (key, member) in object {
                    for next in try terms(of: schema, path, property: key.text, keyword: name)
                    where !(try takes(next, member, depth: depth + 1)) {
                        isTaken = false
                    }
                }
            case "dependencies", "dependentRequired", "dependentSchemas":
                guard let object = value.object, let list = keyword.object else { continue }
                for (key, needed) in list where object[key] != nil {
                    if let names = needed.array {
                        if !names.allSatisfy({ object[JSON.Key($0.string ?? "")] != nil }) { isTaken = false }
                    } else {
                        let next = try term(needed, name + "/" + SchemaDocument.escaped(key.text), &self)
                        if !(try takes(next, value, depth: depth + 1)) { isTaken = false }
                    }
                }
            default: try Self.check(keyword: name, path)
            }
            if !isTaken { return false }
        }
        return true
    }

    /// What one keyword of a schema asks of a property.
    private mutating func terms(
        of schema: JSON, _ path: String, property: String, keyword: String
    ) throws(GrammarError) -> [SchemaTerm] {
        let named = schema["properties"]?[property]
        if keyword == "properties" {
            guard let named else { return [] }
            return [try document.term(named, path: path + "/properties/" + SchemaDocument.escaped(property))]
        }
        var found: [SchemaTerm] = []
        for (pattern, value) in schema["patternProperties"]?.object ?? [:] {
            let place = path + "/patternProperties/" + SchemaDocument.escaped(pattern.text)
            if try contains(try textPattern(pattern.text, place), property) {
                found.append(try document.term(value, path: place))
            }
        }
        if keyword == "patternProperties" { return found }
        guard named == nil, found.isEmpty, let others = schema["additionalProperties"] else { return [] }
        return [try document.term(others, path: path + "/additionalProperties")]
    }

    /// Whether a language of strings, without their quotes, has a text.
    mutating func contains(_ language: Language, _ text: String) throws(GrammarError) -> Bool {
        var state = language
        for byte in JSONText.quoted(text).dropFirst().dropLast() {
            state = store.following(state, byte)
            if state == .nothing { return false }
        }
        return store.isNullable(state)
    }

    /// Equality as JSON Schema has it: 1 and 1.0 are one number.
    static func isEqual(_ left: JSON, _ right: JSON) -> Bool {
        switch (left, right) {
        case (.integer, .number), (.number, .integer), (.number, .number), (.integer, .integer):
            return DecimalNumber(left) == DecimalNumber(right)
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { isEqual($0, $1) }
        case (.object(let left), .object(let right)):
            return left.count == right.count
                && left.allSatisfy { key, value in right[key].map { isEqual(value, $0) } ?? false }
        default: return left == right
        }
    }
}
