import OrderedCollections
public import TuttiCheckpoints

/// Reads the members of a JSON object that came from outside; what is wrong becomes a 400 that names the field.
///
///     let fields = try Fields(body)
///     let model = try fields.string("model", isRequired: true)
///     let count = try fields.int("n", in: 1...128) ?? 1
///
/// Null counts as absent. Members that nobody reads are passed over, as OpenAI's clients may know more of them.
public struct Fields: Sendable {
    public let value: JSON
    /// Where it stands in the request; empty for the whole.
    public let path: String

    /// - Throws: ``APIError`` unless the value is an object.
    public init(_ value: JSON, path: String = "") throws(APIError) {
        guard case .object = value else {
            throw .invalid(
                "\(path.isEmpty ? "The body" : "'\(path)'") must be a JSON object, but it is \(value.kind).",
                param: path.isEmpty ? nil : path)
        }
        self.value = value
        self.path = path
    }

    /// The path of a member.
    public func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// The member, unless it is absent or null.
    public subscript(_ name: String) -> JSON? {
        guard let member = value[name], member != .null else { return nil }
        return member
    }

    public func missing(_ name: String) -> APIError {
        .invalid(
            "Missing required parameter: '\(path(of: name))'.", param: path(of: name),
            code: "missing_required_parameter")
    }

    public func wrongType(_ name: String, wants: String, got: JSON) -> APIError {
        .invalid(
            "Invalid type for '\(path(of: name))': expected \(wants), but got \(got.kind) instead.",
            param: path(of: name), code: "invalid_type")
    }

    public func wrongValue(_ name: String, _ problem: String) -> APIError {
        .invalid("Invalid '\(path(of: name))': \(problem).", param: path(of: name), code: "invalid_value")
    }

    /// The member that has to be there, of any type.
    public func required(_ name: String) throws(APIError) -> JSON {
        guard let member = self[name] else { throw missing(name) }
        return member
    }

    public func string(_ name: String) throws(APIError) -> String? {
        guard let member = self[name] else { return nil }
        guard let text = member.string else { throw wrongType(name, wants: "a string", got: member) }
        return text
    }

    public func requiredString(_ name: String) throws(APIError) -> String {
        guard let text = try string(name) else { throw missing(name) }
        return text
    }

    /// One of a few words.
    public func word(_ name: String, of words: [String]) throws(APIError) -> String? {
        guard let text = try string(name) else { return nil }
        guard words.contains(text) else {
            let list = words.map { "'\($0)'" }.joined(separator: ", ")
            throw .invalid(
                "Invalid value: '\(text)'. Supported values of '\(path(of: name))' are: \(list).",
                param: path(of: name), code: "invalid_value")
        }
        return text
    }

    public func bool(_ name: String) throws(APIError) -> Bool? {
        guard let member = self[name] else { return nil }
        guard let value = member.bool else { throw wrongType(name, wants: "a boolean", got: member) }
        return value
    }

    public func int(_ name: String, in range: ClosedRange<Int> = .min ... .max) throws(APIError) -> Int? {
        guard let member = self[name] else { return nil }
        guard let value = member.int else { throw wrongType(name, wants: "an integer", got: member) }
        guard range.contains(value) else {
            let (low, high) = (range.lowerBound, range.upperBound)
            throw outOfRange(name, "\(value)", high == .max ? "\(low) or more" : "from \(low) to \(high)")
        }
        return value
    }

    public func double(
        _ name: String, in range: ClosedRange<Double> = -.greatestFiniteMagnitude ... .greatestFiniteMagnitude
    ) throws(APIError) -> Double? {
        guard let member = self[name] else { return nil }
        guard let value = member.double else { throw wrongType(name, wants: "a number", got: member) }
        guard range.contains(value) else {
            throw outOfRange(name, "\(value)", "from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// The items of a list, each read as an object with its own path.
    public func objects(_ name: String) throws(APIError) -> [Fields]? {
        guard let items = try array(name) else { return nil }
        var fields: [Fields] = []
        for (index, item) in items.enumerated() {
            fields.append(try Fields(item, path: "\(path(of: name))[\(index)]"))
        }
        return fields
    }

    public func array(_ name: String) throws(APIError) -> [JSON]? {
        guard let member = self[name] else { return nil }
        guard let items = member.array else { throw wrongType(name, wants: "an array", got: member) }
        return items
    }

    /// The member as an object.
    public func object(_ name: String) throws(APIError) -> Fields? {
        guard let member = self[name] else { return nil }
        guard case .object = member else { throw wrongType(name, wants: "an object", got: member) }
        return try Fields(member, path: path(of: name))
    }

    /// A list of strings; a single string counts as one where `isLoneAllowed`.
    public func strings(_ name: String, isLoneAllowed: Bool = false) throws(APIError) -> [String]? {
        if isLoneAllowed, let text = self[name]?.string { return [text] }
        guard let items = try array(name) else { return nil }
        var texts: [String] = []
        for (index, item) in items.enumerated() {
            guard let text = item.string else {
                throw wrongType("\(name)[\(index)]", wants: "a string", got: item)
            }
            texts.append(text)
        }
        return texts
    }

    /// `metadata`: at most 16 pairs of strings, keys of at most 64 and values of at most 512 characters.
    public func metadata(_ name: String = "metadata") throws(APIError) -> JSON? {
        guard let member = try object(name) else { return nil }
        let pairs = member.value.object ?? [:]
        guard pairs.count <= 16 else { throw wrongValue(name, "it has \(pairs.count) keys, and 16 are the most") }
        for (key, value) in pairs {
            guard let text = value.string else {
                throw member.wrongType(key.text, wants: "a string", got: value)
            }
            guard key.text.count <= 64 else { throw wrongValue(name, "a key has more than 64 characters") }
            guard text.count <= 512 else { throw member.wrongValue(key.text, "it has more than 512 characters") }
        }
        return member.value
    }

    /// `metadata` that has to be there; null takes away what there was.
    public func requiredMetadata(_ name: String = "metadata") throws(APIError) -> JSON {
        if value[name] == .null { return [:] }
        guard let metadata = try metadata(name) else { throw missing(name) }
        return metadata
    }

    private func outOfRange(_ name: String, _ value: String, _ range: String) -> APIError {
        .invalid(
            "Invalid value for '\(path(of: name))': \(value) is not \(range).", param: path(of: name),
            code: "value_out_of_range")
    }
}

extension JSON {
    /// What kind of value it is, with its article.
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
