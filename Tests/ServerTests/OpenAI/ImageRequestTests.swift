import Testing
import TuttiCheckpoints
import TuttiOpenAI

/// Pictures in requests: what is read, and what is refused before anybody looks.
struct ImageRequestTests {
    private func chat(_ part: String, role: String = "user") throws -> ChatMessage {
        let id = role == "tool" ? #","tool_call_id":"c""# : ""
        return try ChatMessage(
            try Fields(try JSON(parsing: #"{"role":"\#(role)","content":[\#(part)]\#(id)}"#), path: "messages[0]"))
    }

    private func item(_ json: String) throws -> ResponseItem {
        guard case .item(let item) = try ResponseInput(try Fields(try JSON(parsing: json), path: "input[0]"))
        else { throw APIError.notFound("an item") }
        return item
    }

    @Test(arguments: ["user", "tool"])
    func aPictureInAMessageIsRead(role: String) throws {
        let url = "data:image/png;base64,iVBO"
        let message = try chat(#"{"type":"image_url","image_url":{"url":"\#(url)","detail":"low"}}"#, role: role)
        let image = InputImage(.url(url), detail: .low, path: "messages[0].content[0].image_url.url")
        #expect(message.parts == [.image(image)])
        #expect(try image.data() == [0x89, 0x50, 0x4e])
        let bare = try chat(#"{"type":"image_url","image_url":"https://example.org/a.png"}"#, role: role)
        #expect(
            bare.parts
                == [.image(InputImage(.url("https://example.org/a.png"), path: "messages[0].content[0].image_url"))])
    }

    @Test(arguments: [
        "data:text/html;base64,PGI+", "data:image/png;base64,@@@@", "data:image/png;base64,", "data:image/png",
        "data:image/png,abc", "door.png", "", "file:///etc/passwd", "ftp://example.org/a.png",
    ])
    func aURLThatIsNoPicturesIsRefused(url: String) {
        #expect {
            try self.chat(#"{"type":"image_url","image_url":{"url":"\#(url)"}}"#)
        } throws: { error in
            (error as? APIError)?.param == "messages[0].content[0].image_url.url"
                && (error as? APIError)?.status == 400
        }
    }

    @Test func aDetailThatNobodyKnowsIsRefused() {
        #expect {
            try self.chat(#"{"type":"image_url","image_url":{"url":"https://a.org/b","detail":"more"}}"#)
        } throws: { ($0 as? APIError)?.param == "messages[0].content[0].image_url.detail" }
    }

    @Test func pictureURLsMayBreakTheirLines() throws {
        let image = InputImage(.url("data:image/png;base64,iV\nBO"), path: "x")
        #expect(try image.data() == [0x89, 0x50, 0x4e])
    }

    @Test func anItemKeepsItsPictures() throws {
        let json =
            #"{"role":"user","content":[{"type":"input_image","file_id":"file-1"},{"type":"input_text","text":"See?"}]}"#
        let item = try item(json)
        guard case .message(let message) = item else { return #expect(Bool(false), "no message") }
        #expect(message.parts.first == .inputImage(InputImage(.file("file-1"), path: "input[0].content[0].file_id")))
        // What is stored reads the same again, but for where it stood.
        let again = try ResponseInput(try Fields(item.json, path: "input[0]"))
        #expect(again == .item(item))
    }

    @Test func aToolMayGiveBackPictures() throws {
        let picture = #"{"type":"input_image","image_url":"https://a.org/b"}"#
        let output = #"[{"type":"input_text","text":"The screen:"},\#(picture)]"#
        let item = try item(#"{"type":"function_call_output","call_id":"c","output":\#(output)}"#)
        guard case .functionCallOutput(let given) = item else { return #expect(Bool(false), "no output") }
        #expect(given.output.count == 2)
        #expect(item.json["output"]?.array?.count == 2)
        let plain = try self.item(#"{"type":"function_call_output","call_id":"c","output":"41"}"#)
        #expect(plain.json["output"] == "41")
    }
}
