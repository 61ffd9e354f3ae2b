import TuttiCheckpoints

/// What a value may be, as a set: `true` and `false` are apart, and so are numbers with and without a fraction.
struct SchemaTypes: OptionSet, Hashable {
    let rawValue: UInt8
    static let null = SchemaTypes(rawValue: 1), yes = SchemaTypes(rawValue: 2), no = SchemaTypes(rawValue: 4)
    static let integer = SchemaTypes(rawValue: 8), fraction = SchemaTypes(rawValue: 16)
    static let string = SchemaTypes(rawValue: 32), array = SchemaTypes(rawValue: 64)
    static let object = SchemaTypes(rawValue: 128)
    static let number: SchemaTypes = [.integer, .fraction], bool: SchemaTypes = [.yes, .no]
    static let all = SchemaTypes(rawValue: 255)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init?(name: String) {
        switch name {
        case "null": self = .null
        case "boolean": self = .bool
        case "integer": self = .integer
        case "number": self = .number
        case "string": self = .string
        case "array": self = .array
        case "object": self = .object
        default: return nil
        }
    }

    init(of value: JSON) {
        switch value {
        case .null: self = .null
        case .bool(let value): self = value ? .yes : .no
        case .integer: self = .integer
        case .number(let value): self = value == value.rounded() ? .integer : .fraction
        case .string: self = .string
        case .array: self = .array
        case .object: self = .object
        }
    }
}

/// One way of satisfying some schemas: constraints that all hold, with every choice between schemas made.
struct SchemaBranch {
    struct Bound {
        var value: DecimalNumber
        var isExclusive: Bool
    }

    struct TextCondition: Hashable {
        let pattern: String
        let isNegative: Bool
        let path: String
    }

    /// What the items of an array have to be: the first ones, and the others.
    struct Items {
        var first: [SchemaTerm]
        var others: SchemaTerm?
    }

    /// What the properties of an object have to be.
    struct Properties {
        var named: [(name: String, term: SchemaTerm)] = []
        var patterns: [(pattern: String, term: SchemaTerm)] = []
        var others: SchemaTerm?
        let path: String
    }

    var types = SchemaTypes.all
    /// The values that it may be, where they are listed.
    var values: [JSON]?
    /// Values that it may not be.
    var excluded: [JSON] = []

    var lower: Bound?, upper: Bound?
    var multiples: [(of: DecimalNumber, isNegative: Bool)] = []

    var minimumLength = 0, maximumLength: Int?
    var texts: [TextCondition] = []
    var formats: [TextCondition] = []

    var items: [Items] = []
    var minimumItems = 0, maximumItems: Int?
    var contained: [SchemaTerm] = []
    var isUnique: String?

    var properties: [Properties] = []
    var required: [String] = []
    /// What a property has to be where it is there.
    var conditions: [(name: String, term: SchemaTerm)] = []
    var forbidden: Set<String> = []
    var minimumProperties = 0, maximumProperties: Int?
    /// Where the least number of properties stands.
    var countPath = "#"
    var names: [SchemaTerm] = []
    /// Where the first is there, the others have to be there too.
    var dependencies: [(name: String, others: [String])] = []

    mutating func raise(_ bound: Bound) {
        guard let lower else { return self.lower = bound }
        if lower.value < bound.value || lower.value == bound.value && bound.isExclusive { self.lower = bound }
    }

    mutating func cap(_ bound: Bound) {
        guard let upper else { return self.upper = bound }
        if bound.value < upper.value || upper.value == bound.value && bound.isExclusive { self.upper = bound }
    }

    /// Whether nothing satisfies it, as far as that shows at once.
    var isEmpty: Bool {
        var types = types
        if minimumLength > maximumLength ?? .max { types.remove(.string) }
        if minimumItems > maximumItems ?? .max { types.remove(.array) }
        if minimumProperties > maximumProperties ?? .max || required.contains(where: forbidden.contains)
            || required.count > maximumProperties ?? .max
        {
            types.remove(.object)
        }
        if let lower, let upper,
            upper.value < lower.value
                || lower.value == upper.value && (lower.isExclusive || upper.isExclusive)
        {
            types.subtract(.number)
        }
        if types.isEmpty { return true }
        if let values { return !values.contains { types.contains(SchemaTypes(of: $0)) } }
        return false
    }
}
