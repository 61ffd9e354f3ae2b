import Foundation
import OrderedCollections
import Tutti

/// A task for a model that calls tools, and what solves it.
struct ToolTask {
    let name: String
    let kind: String
    let messages: [Message]
    let tools: [ToolDefinition]
    private let expectation: JSON

    /// Reads the tasks of a file; see its head.
    static func all(in file: URL) throws -> [ToolTask] {
        let json = try JSON(parsing: Data(contentsOf: file))
        return try (json["tasks"]?.array ?? []).map { try ToolTask($0, tools: json["tools"] ?? .null) }
    }

    private init(_ json: JSON, tools: JSON) throws {
        guard let name = json["name"]?.string, let kind = json["kind"]?.string, let expectation = json["expect"],
            let messages = json["messages"]
        else { throw BadTask(description: "a task lacks name, kind, messages or expect: \(json.text())") }
        self.name = name
        self.kind = kind
        self.expectation = expectation
        self.messages = try Conversation(json: Data(messages.text().utf8)).messages
        self.tools = try (json["tools"]?.array ?? []).map { tool in
            guard let toolName = tool.string, let definition = tools[toolName] else {
                throw BadTask(description: "\(name): no tool \(tool.text())")
            }
            return ToolDefinition(
                name: toolName, description: definition["description"]?.string,
                parameters: definition["parameters"] ?? [:])
        }
    }

    struct BadTask: Error, CustomStringConvertible { let description: String }

    /// Why an answer does not solve the task; nil if it does.
    func fault(of answer: TurnAnswer) -> String? {
        let calls = answer.message.toolCalls
        for call in calls {
            guard case .object = try? JSON(parsing: call.arguments) else {
                return "arguments are no object: \(call.arguments)"
            }
        }
        if let expected = expectation["calls"]?.array {
            guard calls.count == expected.count else {
                return "\(calls.count) calls, not \(expected.count): \(answer.message.text)"
            }
            for (call, wanted) in zip(calls, expected) {
                if call.name != wanted["name"]?.string { return "called \(call.name)" }
                let arguments = try? JSON(parsing: call.arguments)
                for (key, values) in wanted["arguments"]?.object ?? [:] {
                    let given = arguments?[key.text] ?? .null
                    if !(values.array ?? []).contains(where: { $0.isSaid(by: given) }) {
                        return "\(key) is \(given.text())"
                    }
                }
            }
            return nil
        }
        if let call = calls.first { return "called \(call.name)" }
        for pattern in expectation["says"]?.array ?? [] {
            let ways = (pattern.string ?? "").split(separator: "|")
            if !ways.contains(where: { answer.message.text.contains($0) }) { return "says \(answer.message.text)" }
        }
        return answer.message.text.isEmpty ? "says nothing" : nil
    }
}

extension JSON {
    /// Whether a given argument means this one: letters' case and blanks around it aside.
    fileprivate func isSaid(by given: JSON) -> Bool {
        switch (self, given) {
        case (.string(let a), .string(let b)):
            a.lowercased() == b.lowercased().trimmingCharacters(in: .whitespacesAndNewlines)
        case (.object(let a), .object(let b)):
            a.allSatisfy { key, value in b[key].map { value.isSaid(by: $0) } ?? false }
        default: double != nil ? double == given.double : self == given
        }
    }
}
