import Testing
import TuttiDialogue

@Suite struct ConversationTests {
    private let call = Message(
        .assistant, parts: [], toolCalls: [ToolCall(id: "c1", name: "time", arguments: "{}")])
    private let result = Message(.tool, parts: [.text("12:00")], toolCallID: "c1")

    @Test func clearKeepsThePreamble() {
        var conversation = Conversation(system: "Be brief.")
        conversation.append(Message(.developer, "Be kind."))
        conversation.append(Message(.user, "Hello"))
        conversation.append(Message(.system, "Later."))
        conversation.clear()
        #expect(conversation.messages == [Message(.system, "Be brief."), Message(.developer, "Be kind.")])
        #expect(conversation.system == "Be brief.\nBe kind.")
    }

    @Test func settingTheSystemPromptReplacesThePreamble() {
        var conversation = Conversation([Message(.user, "Hello")])
        #expect(conversation.system == nil)
        conversation.system = "One"
        #expect(conversation.messages.map(\.text) == ["One", "Hello"])
        conversation.system = "Two"
        #expect(conversation.messages.map(\.text) == ["Two", "Hello"])
        conversation.system = nil
        #expect(conversation.messages.map(\.text) == ["Hello"])
    }

    @Test func regenerateTakesBackTheWholeAnswer() throws {
        let question = Message(.user, "What time is it?"), answer = Message(.assistant, "Noon.")
        var conversation = Conversation([
            Message(.user, "Hi"), Message(.assistant, "Hello"), question, call, result, answer,
        ])
        #expect(try conversation.regenerate() == [call, result, answer])
        #expect(conversation.messages.last == question)
        #expect(try conversation.regenerate().isEmpty)
        var silent = Conversation([Message(.system, "x"), Message(.assistant, "Hello")])
        #expect(throws: ConversationError.nothingToAnswer) { try silent.regenerate() }
        #expect(silent.messages.count == 2)
    }

    @Test func turnsHoldWhatBelongsTogether() {
        let hi = Message(.user, "Hi"), hello = Message(.assistant, "Hello"), ask = Message(.user, "Time?")
        let note = Message(.system, "It is late."), noon = Message(.assistant, "Noon.")
        let conversation = Conversation([
            Message(.system, "x"), hi, hello, note, ask, call, note, result, noon, hi, note,
        ])
        #expect(
            conversation.turns == [
                Turn([hi, hello]), Turn([note, ask, call, note, result, noon]), Turn([hi, note]),
            ])
        #expect(Conversation([hello, noon, hi]).turns == [Turn([hello, noon]), Turn([hi])])
        #expect(Conversation(system: "x").turns.isEmpty)
        #expect(Conversation().turns.isEmpty)
    }

    @Test func turnsLoseNothing() {
        let roles: [Role] = [.system, .developer, .user, .assistant, .tool]
        // All conversations of five messages.
        for code in 0..<3125 {
            var rest = code
            let messages = (0..<5).map { i in
                defer { rest /= 5 }
                return Message(roles[rest % 5], "\(i)")
            }
            let conversation = Conversation(messages)
            #expect(conversation.preamble + conversation.turns.flatMap(\.messages) == messages[...])
        }
    }
}
