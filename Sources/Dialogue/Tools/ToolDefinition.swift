import OrderedCollections
public import TuttiCheckpoints

/// A function that a model may ask to have called.
public struct ToolDefinition: Sendable, Hashable {
    public var name: String
    /// What the function is for, told to the model.
    public var description: String?
    /// A JSON Schema of type object, which every call's arguments satisfy.
    public var parameters: JSON
    /// Whether a schema that cannot be enforced is refused. Otherwise arguments are then any JSON object.
    public var isStrict: Bool

    /// - Parameter parameters: A JSON Schema of type object; by default one of a function that takes nothing.
    public init(
        name: String, description: String? = nil, parameters: JSON = ["type": "object", "properties": [:]],
        isStrict: Bool = false
    ) {
        self.name = name
        self.description = description
        self.parameters = parameters
        self.isStrict = isStrict
    }

    /// The definition as chat templates see it: OpenAI's `{"type":"function","function":{…}}`.
    public var templateValue: JSON {
        var function: OrderedDictionary<JSON.Key, JSON> = ["name": .string(name)]
        // Templates join descriptions to text, and trip over one that is missing.
        function["description"] = .string(description ?? "")
        function["parameters"] = parameters
        return .object(["type": .string("function"), "function": .object(function)])
    }
}

/// Whether a model may call tools, and which.
public enum ToolChoice: Sendable, Hashable {
    /// The model decides.
    case auto
    /// It answers in words; the tools are kept from it.
    case none
    /// It calls at least one.
    case required
    /// It calls this one.
    case named(String)
    /// It knows all tools and calls none but these.
    case allowed([String], isRequired: Bool)
}
