import TuttiCheckpoints

/// A value in a JSON file together with the way to it, so that errors can say where.
struct JSONPlace {
    let json: JSON
    let path: String

    init(_ json: JSON, path: String = "") {
        self.json = json
        self.path = path
    }

    func malformed(_ message: String) -> TokenizerFileError {
        .malformed(path: path.isEmpty ? "the whole" : path, message: message)
    }

    /// The member of that name; nothing where there is none, or null.
    subscript(_ key: String) -> JSONPlace? {
        guard let value = json[key], value != .null else { return nil }
        return JSONPlace(value, path: path.isEmpty ? key : path + "." + key)
    }

    func required(_ key: String) throws -> JSONPlace {
        guard let place = self[key] else { throw malformed("it has no \"\(key)\"") }
        return place
    }

    func object() throws {
        guard case .object = json else { throw malformed("it is not an object") }
    }

    func string() throws -> String {
        guard let text = json.string else { throw malformed("it is not a string") }
        return text
    }

    func bool() throws -> Bool {
        guard let value = json.bool else { throw malformed("it is neither true nor false") }
        return value
    }

    /// A whole number that is not negative.
    func count() throws -> Int {
        guard let value = json.int, value >= 0 else { throw malformed("it is not a whole number from 0 on") }
        return value
    }

    func number() throws -> Double {
        guard let value = json.double else { throw malformed("it is not a number") }
        return value
    }

    func array() throws -> [JSONPlace] {
        guard let items = json.array else { throw malformed("it is not an array") }
        return items.enumerated().map { JSONPlace($1, path: "\(path)[\($0)]") }
    }

    /// A string of one character.
    func scalar() throws -> Unicode.Scalar {
        let scalars = try string().unicodeScalars
        guard scalars.count == 1, let scalar = scalars.first else { throw malformed("it is not one character") }
        return scalar
    }

    func flag(_ key: String, default standard: Bool? = nil) throws -> Bool {
        if let place = self[key] { return try place.bool() }
        guard let standard else { throw malformed("it has no \"\(key)\"") }
        return standard
    }

    /// `type`, or nothing in files of old that have none.
    func type() throws -> String? { try self["type"]?.string() }

    /// A `{"String": …}` or `{"Regex": …}`.
    func pattern() throws -> TextPattern {
        if let text = self["String"] { return try TextPattern(text: try text.string()) }
        if let expression = self["Regex"] { return .expression(try RegularExpression(try expression.string())) }
        throw malformed("it is neither a \"String\" nor a \"Regex\"")
    }
}
