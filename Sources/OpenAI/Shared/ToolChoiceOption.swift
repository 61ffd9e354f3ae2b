import TuttiCheckpoints

/// `tool_choice`: whether a model may call functions, and which.
public enum ToolChoiceOption: Sendable, Hashable {
    case auto
    case none
    case required
    /// It calls this one.
    case function(String)
    /// It knows all functions and calls none but these.
    case allowed([String], isRequired: Bool)

    /// Reads `tool_choice` as chat completions and as responses write it: they differ in where a name stands.
    /// - Parameter tools: The functions of the request.
    /// - Returns: nil where the request does not say.
    /// - Throws: `APIError` 400 for an unknown word, or where a function is wanted that the request does not have.
    public init?(_ request: Fields, tools: [FunctionTool]) throws(APIError) {
        guard let member = request["tool_choice"] else { return nil }
        let names = Set(tools.map(\.name))
        if member.string != nil {
            switch try request.word("tool_choice", of: ["none", "auto", "required"]) {
            case "none": self = .none
            case "required":
                guard !tools.isEmpty else {
                    throw request.wrongValue("tool_choice", "'required' needs 'tools', and there are none")
                }
                self = .required
            default: self = .auto
            }
            return
        }
        guard case .object = member, let choice = try request.object("tool_choice") else {
            throw request.wrongType("tool_choice", wants: "a string or an object", got: member)
        }
        switch try choice.requiredString("type") {
        case "function": self = .function(try Self.name(choice, among: names))
        case "allowed_tools":
            let allowed = try choice.object("allowed_tools") ?? choice
            let mode = try allowed.word("mode", of: ["auto", "required"])
            guard let items = try allowed.objects("tools"), !items.isEmpty else { throw allowed.missing("tools") }
            var chosen: [String] = []
            for item in items { chosen.append(try Self.name(item, among: names)) }
            self = .allowed(chosen, isRequired: mode == "required")
        case let type:
            throw choice.wrongValue(
                "type", "'\(type)' is neither 'function' nor 'allowed_tools', which this server offers")
        }
    }

    private static func name(_ fields: Fields, among names: Set<String>) throws(APIError) -> String {
        let function = try fields.object("function") ?? fields
        let name = try function.requiredString("name")
        guard names.contains(name) else {
            throw function.wrongValue("name", "there is no function '\(name)' among the request's tools")
        }
        return name
    }
}
