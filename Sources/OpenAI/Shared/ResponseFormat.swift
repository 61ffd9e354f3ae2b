public import TuttiCheckpoints

/// What an answer's text must look like: `response_format` of chat completions, `text.format` of responses.
public enum ResponseFormat: Sendable, Hashable {
    case text
    /// One JSON object.
    case jsonObject
    /// One value that satisfies a schema.
    case jsonSchema(Schema)

    public struct Schema: Sendable, Hashable {
        public var name: String
        public var description: String?
        public var schema: JSON
        public var isStrict: Bool?
        /// Where the schema stands in the request, for whoever finds something wrong with it.
        public var schemaPath: String

        /// Reads the object that holds `name`, `description`, `schema` and `strict`.
        public init(_ fields: Fields) throws(APIError) {
            name = try fields.functionName("name")
            description = try fields.string("description")
            isStrict = try fields.bool("strict")
            schemaPath = fields.path(of: "schema")
            let schema = try fields.required("schema")
            switch schema {
            case .object, .bool: self.schema = schema
            default: throw fields.wrongType("schema", wants: "an object", got: schema)
            }
        }
    }

    /// - Parameter member: Where a schema's members stand: `json_schema` in chat completions; nil for the format itself, as
    ///   in responses.
    public init(_ fields: Fields, schemaMember member: String? = nil) throws(APIError) {
        guard let type = try fields.word("type", of: ["text", "json_object", "json_schema"]) else {
            throw fields.missing("type")
        }
        switch type {
        case "text": self = .text
        case "json_object": self = .jsonObject
        default:
            guard let member else {
                self = .jsonSchema(try Schema(fields))
                return
            }
            guard let schema = try fields.object(member) else { throw fields.missing(member) }
            self = .jsonSchema(try Schema(schema))
        }
    }

    /// The path of the schema, if there is one.
    public var schemaPath: String? {
        if case .jsonSchema(let schema) = self { schema.schemaPath } else { nil }
    }
}
