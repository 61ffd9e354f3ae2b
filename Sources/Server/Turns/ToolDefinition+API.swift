import Tutti
import TuttiCheckpoints
import TuttiOpenAI

extension ToolDefinition {
    init(_ tool: FunctionTool) {
        // A function that does not say what it takes, takes nothing.
        let nothing: JSON = ["type": "object", "properties": [:], "additionalProperties": false]
        self.init(
            name: tool.name, description: tool.description, parameters: tool.parameters ?? nothing,
            isStrict: tool.isStrict ?? false)
    }
}

extension ToolChoice {
    /// - Parameter option: nil where the request leaves it to the model.
    init(_ option: ToolChoiceOption?) {
        self =
            switch option {
            case nil, .some(.auto): .auto
            case .some(.none): .none
            case .some(.required): .required
            case .some(.function(let name)): .named(name)
            case .some(.allowed(let names, let isRequired)): .allowed(names, isRequired: isRequired)
            }
    }
}

extension OutputFormat {
    init(_ format: ResponseFormat) {
        self =
            switch format {
            case .text: .text
            case .jsonObject: .jsonObject
            case .jsonSchema(let schema): .jsonSchema(schema.schema)
            }
    }
}
