import OrderedCollections
import TuttiCheckpoints
import TuttiOpenAI

/// JSON Schemas in few words.
extension JSON {
    /// An object with these members, in this order.
    static func members(_ members: [(String, JSON)]) -> JSON {
        .object(.init(members.map { (Key($0.0), $0.1) }, uniquingKeysWith: { $1 }))
    }

    static func reference(_ name: String) -> JSON { ["$ref": .string("#/components/schemas/\(name)")] }

    /// - Parameter alternatives: Members of which one at least has to be there.
    static func schema(
        _ properties: [(String, JSON)], required: [String] = [], requiringOneOf alternatives: [String] = []
    ) -> JSON {
        var members: [(String, JSON)] = [("type", "object"), ("properties", .members(properties))]
        if !required.isEmpty { members.append(("required", .array(required.map { .string($0) }))) }
        if !alternatives.isEmpty {
            members.append(("anyOf", .array(alternatives.map { ["required": [.string($0)]] })))
        }
        return .members(members)
    }

    static let text: JSON = ["type": "string"]
    static let flag: JSON = ["type": "boolean"]
    static let whole: JSON = ["type": "integer"]
    static let anyObject: JSON = ["type": "object"]

    static func text(_ description: String) -> JSON { ["type": "string", "description": .string(description)] }

    /// A text that is not empty.
    static let someText: JSON = ["type": "string", "minLength": 1]

    static func word(_ words: [String]) -> JSON { ["type": "string", "enum": .array(words.map { .string($0) })] }

    static func whole(from low: Int, to high: Int? = nil) -> JSON {
        var members: [(String, JSON)] = [("type", "integer"), ("minimum", JSON(low))]
        if let high { members.append(("maximum", JSON(high))) }
        return .members(members)
    }

    static func number(from low: Double, to high: Double) -> JSON {
        ["type": "number", "minimum": .number(low), "maximum": .number(high)]
    }

    static func list(of item: JSON, atLeast least: Int = 0, atMost most: Int? = nil) -> JSON {
        var members: [(String, JSON)] = [("type", "array"), ("items", item)]
        if least > 0 { members.append(("minItems", JSON(least))) }
        if let most { members.append(("maxItems", JSON(most))) }
        return .members(members)
    }

    static func any(_ choices: JSON...) -> JSON { ["anyOf": .array(choices)] }

    /// Pairs of strings that the user may attach to an object.
    static let metadata: JSON = [
        "type": "object", "additionalProperties": ["type": "string", "maxLength": 512], "maxProperties": 16,
        "description": "At most 16 pairs; keys of at most 64 characters, values of at most 512.",
    ]
}
