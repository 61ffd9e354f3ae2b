public import TuttiCheckpoints

/// A function that a model may ask to have called, as the API describes it.
///
/// Chat completions put it into a member `function` of the tool, responses into the tool itself.
public struct FunctionTool: Sendable, Hashable {
    public var name: String
    public var description: String?
    /// A JSON Schema of type object; nil for a function without parameters.
    public var parameters: JSON?
    public var isStrict: Bool?
    /// Where its parameters stand in the request, for whoever finds something wrong with them.
    public var parametersPath: String

    /// Reads the object that holds `name`, `description`, `parameters` and `strict`.
    public init(_ fields: Fields) throws(APIError) {
        name = try fields.functionName("name")
        description = try fields.string("description")
        parameters = try fields.object("parameters")?.value
        isStrict = try fields.bool("strict")
        parametersPath = fields.path(of: "parameters")
    }

    /// The tools of a chat completion: `tools`, of which each is `{"type":"function","function":{…}}`.
    public static func chatTools(_ request: Fields) throws(APIError) -> [FunctionTool] {
        var tools: [FunctionTool] = []
        for fields in try request.objects("tools") ?? [] {
            guard let type = try fields.string("type") else { throw fields.missing("type") }
            guard type != "custom" else {
                throw fields.wrongValue(
                    "type", "custom tools are not offered by this server; describe a function with parameters instead")
            }
            guard type == "function" else { throw fields.wrongValue("type", "'\(type)' is not 'function'") }
            guard let function = try fields.object("function") else { throw fields.missing("function") }
            tools.append(try FunctionTool(function))
        }
        try checkNames(tools, request.path(of: "tools"))
        return tools
    }

    /// Throws unless every name is there once.
    public static func checkNames(_ tools: [FunctionTool], _ path: String) throws(APIError) {
        var names: Set<String> = []
        for (index, tool) in tools.enumerated() where !names.insert(tool.name).inserted {
            throw .invalid(
                "Invalid '\(path)[\(index)]': there are two functions with the name '\(tool.name)'.",
                param: "\(path)[\(index)]", code: "invalid_value")
        }
    }
}

extension Fields {
    /// The name of a function or of a format: 1 to 64 letters, digits, underscores and dashes.
    public func functionName(_ name: String) throws(APIError) -> String {
        let text = try requiredString(name)
        let isSound =
            (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        guard isSound else {
            throw wrongValue(name, "it must be 1 to 64 letters, digits, underscores and dashes, as in 'get_weather'")
        }
        return text
    }
}
