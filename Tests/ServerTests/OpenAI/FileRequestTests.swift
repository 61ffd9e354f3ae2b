import Testing
import TuttiCheckpoints
import TuttiOpenAI

/// Files in requests: what is read, and what is refused before anybody opens them.
struct FileRequestTests {
    private func chat(_ file: String, role: String = "user") throws -> ChatMessage {
        let id = role == "tool" ? #","tool_call_id":"c""# : ""
        let part = #"{"type":"file","file":\#(file)}"#
        return try ChatMessage(
            try Fields(try JSON(parsing: #"{"role":"\#(role)","content":[\#(part)]\#(id)}"#), path: "messages[0]"))
    }

    private func item(_ part: String) throws -> ResponseItem {
        let json = #"{"role":"user","content":[\#(part)]}"#
        guard case .item(let item) = try ResponseInput(try Fields(try JSON(parsing: json), path: "input[0]"))
        else { throw APIError.notFound("an item") }
        return item
    }

    private func param(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return "taken"
        } catch { return (error as? APIError)?.param }
    }

    @Test(arguments: ["user", "tool"])
    func aFileInAMessageIsRead(role: String) throws {
        let url = "data:application/pdf;base64,JVBE"
        let message = try chat(#"{"file_data":"\#(url)","filename":"a.pdf"}"#, role: role)
        let file = InputFile(.data(url), filename: "a.pdf", path: "messages[0].content[0].file.file_data")
        #expect(message.parts == [.file(file)])
        #expect(try file.data() == [0x25, 0x50, 0x44])
        // Some clients send Base64 alone, and lines of it.
        #expect(try InputFile(.data("JV\nBE"), path: "x").data() == [0x25, 0x50, 0x44])
        let named = try chat(#"{"file_id":"file-1"}"#, role: role)
        #expect(named.parts == [.file(InputFile(.file("file-1"), path: "messages[0].content[0].file.file_id"))])
    }

    @Test func whatIsNoFileIsRefused() {
        let head = "messages[0].content[0].file"
        #expect(param { _ = try chat("{}") } == head + ".file_data")
        #expect(param { _ = try chat("null") } == head)
        #expect(param { _ = try chat(#"{"file_data":"@@@"}"#) } == head + ".file_data")
        #expect(param { _ = try chat(#"{"file_data":"data:text/plain,abc"}"#) } == head + ".file_data")
        #expect(param { _ = try chat(#"{"file_data":"QQ==","file_id":"f"}"#) } == head + ".file_id")
        #expect(param { _ = try chat(#"{"file_data":"QQ=="}"#, role: "system") } == "messages[0].content[0].type")
        // A chat's file has no address, a response's may have one.
        #expect(param { _ = try chat(#"{"file_url":"https://a.org/b.pdf"}"#) } == head + ".file_data")
        let url = #"{"type":"input_file","file_url":"file:///etc/passwd"}"#
        #expect(param { _ = try item(url) } == "input[0].content[0].file_url")
    }

    @Test(arguments: [
        #"{"type":"input_file","file_data":"QUJD","filename":"a.txt"}"#, #"{"type":"input_file","file_id":"file-1"}"#,
        #"{"type":"input_file","file_url":"https://a.org/b.pdf","detail":"high","filename":null}"#,
    ])
    func anItemKeepsItsFiles(part: String) throws {
        let item = try item(part)
        guard case .message(let message) = item, case .inputFile = message.parts[0] else {
            return #expect(Bool(false), "no file")
        }
        // What is stored reads the same again, but for where it stood.
        #expect(try ResponseInput(try Fields(item.json, path: "input[0]")) == .item(item))
    }
}
