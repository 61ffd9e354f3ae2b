public import TuttiText

/// How a family of models writes the calls of tools.
public enum ToolFormat: String, Sendable, Hashable, CaseIterable {
    /// `<tool_call>{"name": …, "arguments": {…}}</tool_call>`: Hermes, Qwen, SmolLM3 and many more.
    case hermes
    /// `{"name": …, "parameters": {…}}`, perhaps behind `<|python_tag|>`: Llama 3.
    case llama
    /// `[TOOL_CALLS][{"name": …, "arguments": {…}}]`: Mistral's first three tokenizers.
    case mistralList
    /// `[TOOL_CALLS]name[ARGS]{…}`: Mistral's later ones.
    case mistralNames
    /// `<|tool_call|>[{"name": …, "arguments": {…}}]`: Granite 3, Phi-4.
    case taggedList
    /// Channels with recipients: gpt-oss.
    case harmony
    /// `{"name": …, "arguments": {…}}` and nothing else: any model that is told to.
    case plain

    /// Finds a template's format by the marks that it writes.
    public init(_ template: ChatTemplate) {
        let text = template.source
        if text.contains("<|channel|>"), text.contains("<|message|>") {
            self = .harmony
        } else if text.contains("[TOOL_CALLS]") {
            self = text.contains("[ARGS]") ? .mistralNames : .mistralList
        } else if text.contains("<tool_call>") || text.contains("xml_tools") {
            self = .hermes
        } else if text.contains("<|tool_call|>") {
            self = .taggedList
        } else if text.contains("<|python_tag|>") || (text.contains("ipython") && text.contains("\"parameters\"")) {
            self = .llama
        } else {
            self = .plain
        }
    }

    /// What a call begins with, if the family has a mark for it.
    var mark: String? {
        switch self {
        case .hermes: "<tool_call>"
        case .llama: "<|python_tag|>"
        case .mistralList, .mistralNames: "[TOOL_CALLS]"
        case .taggedList: "<|tool_call|>"
        case .harmony, .plain: nil
        }
    }

    /// Whether a bare object that names a tool is a call too: some write nothing else, and small models forget the mark.
    var takesBareObjects: Bool { self == .hermes || self == .llama || self == .plain }

    /// Whether one answer can hold several calls.
    var writesSeveralCalls: Bool { self != .llama && self != .harmony }

    /// The member of a call that holds its arguments.
    var argumentsKey: String { self == .llama ? "parameters" : "arguments" }

    /// What may stand behind a call or between two, and is no text.
    var closings: [String] {
        var closings = ["```", ",", ";", "]"]
        switch self {
        case .hermes: closings += ["</tool_call>", "</tools>"]
        case .taggedList: closings += ["<|/tool_call|>", "</tool_call>"]
        default: break
        }
        return closings
    }

    /// The texts of special tokens that must be seen to tell calls from text.
    var specialTexts: [String] {
        switch self {
        case .hermes: ["<tool_call>", "</tool_call>"]
        case .llama: ["<|python_tag|>"]
        case .mistralList, .mistralNames: ["[TOOL_CALLS]", "[ARGS]", "[CALL_ID]"]
        case .taggedList: ["<|tool_call|>", "<|/tool_call|>", "<tool_call>", "</tool_call>"]
        case .harmony:
            ["<|start|>", "<|channel|>", "<|constrain|>", "<|message|>", "<|end|>", "<|call|>", "<|return|>"]
        case .plain: []
        }
    }
}
