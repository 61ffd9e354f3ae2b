import Testing
import TuttiCheckpoints
import TuttiOpenAI

/// What may be embedded: texts, tokens and, as an extension, pictures.
struct EmbeddingRequestTests {
    private func inputs(_ input: String) throws -> [EmbeddingInput] {
        try EmbeddingRequest(try JSON(parsing: #"{"model":"m","input":\#(input)}"#)).inputs
    }

    @Test func textsAndTokensAreReadAsEver() throws {
        #expect(try inputs(#""a""#) == [.prompt(.text("a"))])
        #expect(try inputs(#"["a","b"]"#) == [.prompt(.text("a")), .prompt(.text("b"))])
        #expect(try inputs("[1,2]") == [.prompt(.tokens([1, 2]))])
        #expect(try inputs("[[1],[2]]") == [.prompt(.tokens([1])), .prompt(.tokens([2]))])
    }

    @Test(arguments: [
        (#"{"image":"data:image/png;base64,iVBO"}"#, "image", "data:image/png;base64,iVBO"),
        (#"{"image":"iVBO"}"#, "image", "data:;base64,iVBO"),
        (#"{"image":"https://a.org/b.png"}"#, "image", "https://a.org/b.png"),
        (#"{"image_url":"https://a.org/b.png"}"#, "image_url", "https://a.org/b.png"),
        (#"{"type":"image_url","image_url":{"url":"https://a.org/b.png"}}"#, "image_url.url", "https://a.org/b.png"),
    ])
    func picturesAreObjects(item: String, member: String, url: String) throws {
        let path = "input[1].\(member)"
        #expect(
            try inputs(#"["a",\#(item),{"text":"b"}]"#)
                == [.prompt(.text("a")), .image(InputImage(.url(url), path: path)), .prompt(.text("b"))])
    }

    @Test(arguments: [
        (#"[{"image":"door.png"}]"#, "input[0].image"), (#"[{}]"#, "input[0].text"),
        (#"[{"text":"a","image":"iVBO"}]"#, "input[0].image"), (#"[{"text":"a"},[1]]"#, "input[1]"),
        (#"[{"text":""}]"#, "input"), ("[]", "input"), (#"{"text":"a"}"#, "input"), (#"{"image":"iVBO"}"#, "input"),
    ])
    func whatIsNeitherIsRefused(input: String, param: String) {
        #expect {
            try self.inputs(input)
        } throws: { ($0 as? APIError)?.status == 400 && ($0 as? APIError)?.param == param }
    }
}
