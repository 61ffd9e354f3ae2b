import Tutti
import TuttiOpenAI

extension ToolDefinition {
    init(_ tool: FunctionTool) {
        self.init(name: tool.name, description: tool.description, isStrict: tool.isStrict ?? false)
        if let parameters = tool.parameters { self.parameters = parameters }
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
