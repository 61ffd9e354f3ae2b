import Testing
import Tutti
import TuttiOpenAI
import TuttiServer

@Suite struct ResponsePromptTests {
    private func prompt(_ input: JSON, instructions: String? = nil) throws -> ResponsePrompt {
        let items = try (ResponseInput.read(try Fields(["input": input])) ?? []).compactMap { input -> ResponseItem? in
            guard case .item(let item) = input else { return nil }
            return item
        }
        return try ResponsePrompt(instructions: instructions, items: items)
    }

    @Test func anAssistantsItemsAreOneMessage() throws {
        let prompt = try prompt([
            ["role": "user", "content": "weather?"],
            ["type": "reasoning", "id": "rs", "summary": [], "content": [["type": "reasoning_text", "text": "hm"]]],
            [
                "type": "message", "role": "assistant", "id": "m1",
                "content": [["type": "output_text", "text": "wait"]],
            ],
            ["type": "function_call", "id": "f1", "call_id": "c1", "name": "f", "arguments": "{}"],
            ["type": "function_call", "id": "f2", "call_id": "c2", "name": "f", "arguments": "{}"],
            ["type": "function_call_output", "call_id": "c2", "output": "two"],
            ["type": "function_call_output", "call_id": "c1", "output": [["type": "input_text", "text": "one"]]],
            ["role": "assistant", "content": "done"],
        ])
        #expect(prompt.messages.map(\.role) == [.user, .assistant, .tool, .tool, .assistant])
        let calls = prompt.messages[1]
        #expect((calls.text, calls.reasoning) == ("wait", "hm"))
        #expect(calls.toolCalls.map(\.id) == ["c1", "c2"])
        #expect(prompt.messages[2].toolCallID == "c2" && prompt.messages[3].text == "one")
        #expect(prompt.itemIDs[1] == ["rs", "m1", "f1", "f2"])
    }

    @Test func instructionsAreOneMessage() throws {
        let prompt = try prompt(
            [["role": "developer", "content": "Two."], ["role": "user", "content": "x"]], instructions: "One.")
        #expect(prompt.messages.map(\.role) == [.system, .user])
        #expect(prompt.messages[0].text == "One.\n\nTwo.")
    }

    @Test func whatCannotBeAnsweredIsRefused() {
        #expect(throws: APIError.self) { try prompt([]) }
        #expect(throws: APIError.self) { try prompt([], instructions: "One.") }
        #expect(throws: APIError.self) {
            try prompt([["type": "function_call_output", "call_id": "none", "output": "1"]])
        }
    }
}
