import Foundation
import Testing
import TuttiCheckpoints
import TuttiDialogue
import TuttiImages

@Suite struct ConversationJSONTests {
    private func read(_ json: String) throws -> Conversation { try Conversation(json: Data(json.utf8)) }

    @Test func everythingComesBack() throws {
        let conversation = Conversation([
            Message(.system, "Be \"brief\".\n"), Message(.user, "Olá 👍🏽/"),
            Message(
                .assistant, parts: [],
                toolCalls: [ToolCall(id: "c1", name: "time", arguments: #"{"zone":"UTC"}"#)]),
            Message(.tool, parts: [.text("12:00")], toolCallID: "c1"),
            Message(.assistant, parts: [.text("It is "), .text("noon.")], name: "Clock"),
            Message(.user, parts: []), Message(.developer, ""),
        ])
        #expect(try Conversation(json: conversation.json()) == conversation)
        #expect(try Conversation(json: Conversation().json()) == Conversation())
    }

    @Test func picturesComeBack() throws {
        let picture = PicturePart(Picture(width: 5, height: 3, red: 10, green: 200, blue: 90), detail: .high)
        let conversation = Conversation([Message(.user, parts: [.picture(picture), .text("What is it?")])])
        #expect(try Conversation(json: conversation.json()) == conversation)
        let url = "data:image/png;base64," + Data(try picture.picture.png()).base64EncodedString()
        let part = #"{"type":"image_url","image_url":{"url":"\#(url)","detail":"high"}}"#
        let others = try read(#"[{"role":"user","content":[\#(part),{"type":"text","text":"What is it?"}]}]"#)
        #expect(others == conversation)
        for url in ["https://example.org/a.png", "data:image/png;base64,QUJD", "data:image/png;base64,@"] {
            #expect {
                try self.read(#"[{"role":"user","content":[{"type":"image_url","image_url":{"url":"\#(url)"}}]}]"#)
            } throws: { "\($0)".contains("content[0].image_url.url") }
        }
    }

    @Test func theShapeIsOpenAIs() throws {
        let conversation = Conversation([
            Message(.user, "Hi"),
            Message(.assistant, parts: [], toolCalls: [ToolCall(id: "c1", name: "f", arguments: "{}")]),
        ])
        let object = try #require(try JSONSerialization.jsonObject(with: conversation.json()) as? NSDictionary)
        let expected: NSDictionary = [
            "messages": [
                ["role": "user", "content": "Hi"],
                [
                    "role": "assistant", "content": NSNull(),
                    "tool_calls": [
                        ["id": "c1", "type": "function", "function": ["name": "f", "arguments": "{}"]]
                    ],
                ],
            ]
        ]
        #expect(object == expected)
    }

    @Test func readsWhatOthersWrite() throws {
        let conversation = try read(
            """
            {"model":"x","messages":[
              {"role":"user","content":[{"type":"text","text":"a"},{"type":"input_text","text":"b"}],"extra":1},
              {"role":"assistant","content":"c","tool_calls":null,"refusal":null},
              {"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}]}
            """)
        #expect(conversation.messages[0] == Message(.user, parts: [.text("a"), .text("b")]))
        #expect(conversation.messages[0].text == "ab")
        #expect(conversation.messages[1] == Message(.assistant, "c"))
        #expect(conversation.messages[2].toolCalls == [ToolCall(id: "", name: "f", arguments: "{}")])
        #expect(try read(#"[{"role":"user","content":"a"}]"#) == Conversation([Message(.user, "a")]))
    }

    @Test(arguments: [
        (#"{"messages":[{"role":"robot","content":"a"}]}"#, "messages[0].role", "\"robot\" is no role"),
        (#"[{"role":"user","content":"a"},{"role":"robot","content":"a"}]"#, "[1].role", "\"robot\" is no role"),
        (#"{"messages":[{"content":"a"}]}"#, "messages[0].role", "is missing"),
        (#"{"messages":[{"role":"user"}]}"#, "messages[0].content", "is missing"),
        (#"{"messages":[{"role":"user","content":null}]}"#, "messages[0].content", "is missing"),
        (#"{"messages":[{"role":"user","content":7}]}"#, "messages[0].content", "must be a string or a list of parts"),
        (#"{"messages":[{"role":7,"content":"a"}]}"#, "messages[0].role", "must be a string"),
        (#"{"messages":[7]}"#, "messages[0]", "must be an object"),
        (#"{"messages":"a"}"#, "messages", "must be a list"),
        (#"{"messages":null}"#, "messages", "is null, and must be a list"),
        (#"{}"#, "messages", "is missing"),
        (#"7"#, "", "must be an object"),
        (
            #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]}"#,
            "messages[0].content[0].image_url.url", "is missing"
        ),
        (
            #"{"messages":[{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}]}"#,
            "messages[0].content[0].type", "parts of type \"input_audio\" cannot be read"
        ),
        (
            #"{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{}}}]}]}"#,
            "messages[0].tool_calls[0].function.arguments", "must be a string"
        ),
        (#"{"messages":["#, "", "it is not JSON"), ("", "", "it is not JSON"),
    ])
    func errorsSayWhereAndWhat(json: String, place: String, problem: String) {
        let error = #expect(throws: ConversationError.self) { try read(json) }
        guard case .unreadable(let foundPlace, let foundProblem) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(foundPlace == place)
        #expect(foundProblem.hasPrefix(problem), "\(foundProblem)")
    }

    @Test func deepNestingIsAnError() {
        let deep = #"{"messages":"# + String(repeating: "[", count: 100_000)
        #expect(throws: ConversationError.self) { try read(deep) }
    }
}
