public import TuttiCheckpoints

/// One item of what goes into a response, comes out of it, or lies in a conversation.
public enum ResponseItem: Sendable, Hashable {
    case message(Message)
    case functionCall(FunctionCall)
    case functionCallOutput(FunctionCallOutput)
    case reasoning(Reasoning)

    public enum Status: String, Sendable, Hashable, CaseIterable {
        case inProgress = "in_progress"
        case completed
        /// The answer was cut off in it.
        case incomplete
    }

    public enum Role: String, Sendable, Hashable, CaseIterable {
        case user, assistant, system, developer
    }

    /// What somebody said.
    public struct Message: Sendable, Hashable {
        public var id: String
        public var role: Role
        public var parts: [Part]
        public var status: Status

        public init(id: String, role: Role, parts: [Part], status: Status = .completed) {
            self.id = id
            self.role = role
            self.parts = parts
            self.status = status
        }
    }

    /// A piece of a message.
    public enum Part: Sendable, Hashable {
        case inputText(String)
        /// Sound, until it is heard: what is stored is its words.
        case inputAudio(InputAudio)
        case inputImage(InputImage)
        case inputFile(InputFile)
        case outputText(String, logprobs: [TokenLogprob])
        case refusal(String)

        /// What it says.
        public var text: String {
            switch self {
            case .inputText(let text), .outputText(let text, _), .refusal(let text): text
            case .inputAudio, .inputImage, .inputFile: ""
            }
        }
    }

    /// A function that the model asks to have called.
    public struct FunctionCall: Sendable, Hashable {
        public var id: String
        /// Pairs the call with its output.
        public var callID: String
        public var name: String
        /// A JSON object, as the model wrote it.
        public var arguments: String
        public var status: Status

        public init(id: String, callID: String, name: String, arguments: String, status: Status = .completed) {
            self.id = id
            self.callID = callID
            self.name = name
            self.arguments = arguments
            self.status = status
        }
    }

    /// What a function gave back.
    public struct FunctionCallOutput: Sendable, Hashable {
        public var id: String
        public var callID: String
        /// What it gave back: one text as a rule, and pictures and files among texts where a tool sees and reads.
        public var output: [Part]
        public var status: Status

        public init(id: String, callID: String, output: [Part], status: Status = .completed) {
            self.id = id
            self.callID = callID
            self.output = output
            self.status = status
        }
    }

    /// What a model thought before it answered.
    public struct Reasoning: Sendable, Hashable {
        public var id: String
        /// The thoughts, where the request asked for a summary.
        public var summary: [String]
        /// The thoughts, where it did not.
        public var content: [String]
        public var status: Status

        public init(id: String, summary: [String] = [], content: [String] = [], status: Status = .completed) {
            self.id = id
            self.summary = summary
            self.content = content
            self.status = status
        }

        /// What was thought, from wherever it stands.
        public var text: String { (content.isEmpty ? summary : content).joined(separator: "\n") }
    }

    public var id: String {
        get {
            switch self {
            case .message(let message): message.id
            case .functionCall(let call): call.id
            case .functionCallOutput(let output): output.id
            case .reasoning(let reasoning): reasoning.id
            }
        }
        set {
            switch self {
            case .message(var message):
                message.id = newValue
                self = .message(message)
            case .functionCall(var call):
                call.id = newValue
                self = .functionCall(call)
            case .functionCallOutput(var output):
                output.id = newValue
                self = .functionCallOutput(output)
            case .reasoning(var reasoning):
                reasoning.id = newValue
                self = .reasoning(reasoning)
            }
        }
    }

    /// A fresh name for an item of this kind.
    public var freshID: String {
        switch self {
        case .message: Identifier.make("msg_")
        case .functionCall: Identifier.make("fc_")
        case .functionCallOutput: Identifier.make("fco_")
        case .reasoning: Identifier.make("rs_")
        }
    }
}

extension ResponseItem {
    public var json: JSON {
        switch self {
        case .message(let message):
            [
                "id": .string(message.id), "type": "message", "status": .string(message.status.rawValue),
                "role": .string(message.role.rawValue), "content": .array(message.parts.map(\.json)),
            ]
        case .functionCall(let call):
            [
                "id": .string(call.id), "type": "function_call", "status": .string(call.status.rawValue),
                "call_id": .string(call.callID), "name": .string(call.name), "arguments": .string(call.arguments),
            ]
        case .functionCallOutput(let output):
            [
                "id": .string(output.id), "type": "function_call_output",
                "status": .string(output.status.rawValue), "call_id": .string(output.callID),
                "output": output.outputJSON,
            ]
        case .reasoning(let reasoning):
            [
                "id": .string(reasoning.id), "type": "reasoning", "status": .string(reasoning.status.rawValue),
                "summary": .array(reasoning.summary.map { ["type": "summary_text", "text": .string($0)] }),
                "content": .array(reasoning.content.map { ["type": "reasoning_text", "text": .string($0)] }),
            ]
        }
    }
}

extension ResponseItem.FunctionCallOutput {
    /// A string where it is text alone.
    fileprivate var outputJSON: JSON {
        let texts = output.map { if case .inputText(let text) = $0 { text } else { nil as String? } }
        guard texts.contains(nil) else { return .string(texts.compactMap { $0 }.joined()) }
        return .array(output.map(\.json))
    }
}

extension ResponseItem.Part {
    public var json: JSON {
        switch self {
        case .inputText(let text): ["type": "input_text", "text": .string(text)]
        case .inputAudio: ["type": "input_audio"]
        case .inputImage(let image): image.json
        case .inputFile(let file): file.json
        case .outputText(let text, let logprobs):
            [
                "type": "output_text", "text": .string(text), "annotations": [],
                "logprobs": .array(logprobs.map(\.json)),
            ]
        case .refusal(let text): ["type": "refusal", "refusal": .string(text)]
        }
    }
}
