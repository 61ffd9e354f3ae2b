import Testing
import TuttiServer

@Suite struct MultipartParserTests {
    private static let type = "multipart/form-data; boundary=\"--a b\""
    private static let body =
        "----a b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
        + "----a b \t\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\\\"b%22.bin\"\r\n"
        + "Content-Type: text/plain; charset=utf-8\r\n\r\n\r\r\n--\r\n----a\r\n\r\n----a b--\r\nend"

    private struct Part: Equatable {
        var name: String
        var filename: String?
        var bytes: [UInt8] = []
    }

    /// What a body of which so many bytes come at a time is made of.
    private static func parts(_ body: [UInt8], _ type: String, step: Int) throws -> [Part] {
        var parser = try MultipartParser(contentType: type)
        var parts: [Part] = []
        for start in stride(from: 0, to: body.count, by: step) {
            parser.append(body[start..<min(start + step, body.count)])
            while let event = try parser.next() {
                switch event {
                case .partBegan(let head): parts.append(Part(name: head.name, filename: head.filename))
                case .bytes(let bytes): parts[parts.count - 1].bytes += bytes
                case .partEnded: break
                }
            }
        }
        try parser.finish()
        return parts
    }

    @Test(arguments: [1, 2, 3, 5, 7, 16, 1000])
    func partsAreTheSameHoweverTheyArrive(step: Int) throws {
        let parts = try Self.parts(Array(Self.body.utf8), Self.type, step: step)
        #expect(parts.map(\.name) == ["purpose", "file"])
        #expect(parts[0].bytes == Array("batch".utf8) && parts[0].filename == nil)
        // What begins as a boundary and is none belongs to the file.
        #expect(parts[1].bytes == Array("\r\r\n--\r\n----a\r\n".utf8))
        #expect(parts[1].filename == "a\"b\".bin")
    }

    @Test func namesInOtherScripts() throws {
        func name(_ parameter: String) throws -> String? {
            let body = "--x\r\nContent-Disposition: form-data; name=f; \(parameter)\r\n\r\n1\r\n--x--\r\n"
            return try Self.parts(Array(body.utf8), "multipart/form-data; boundary=x", step: 9).first?.filename
        }
        #expect(try name("filename=\"заметка 你好.txt\"") == "заметка 你好.txt")
        #expect(try name("filename*=UTF-8''%D0%B7%D0%B0.txt; filename=old") == "за.txt")
    }

    @Test(arguments: [
        ("multipart/mixed; boundary=x", "--x--"),
        ("multipart/form-data", "--x--"),
        ("multipart/form-data; boundary=", "--x--"),
        ("multipart/form-data; boundary=x", "--x\r\n"),
        ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=f\r\n\r\n1"),
        ("multipart/form-data; boundary=x", "--x\r\nno colon\r\n\r\n1\r\n--x--"),
        ("multipart/form-data; boundary=x", "--x\r\nContent-Type: a/b\r\n\r\n1\r\n--x--"),
        ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: attachment; name=f\r\n\r\n1\r\n--x--"),
        ("multipart/form-data; boundary=x", "--xy\r\n"),
        ("multipart/form-data; boundary=x", String(repeating: "preamble ", count: 3000)),
        ("multipart/form-data; boundary=x", "--x\r\nA: " + String(repeating: "b", count: 20_000)),
        (
            "multipart/form-data; boundary=x",
            String(repeating: "--x\r\nContent-Disposition: form-data; name=f\r\n\r\n1\r\n", count: 65) + "--x--"
        ),
    ])
    func whatIsMalformedIsRefused(type: String, body: String) {
        #expect(throws: MultipartParser.Malformed.self) { try Self.parts(Array(body.utf8), type, step: 64) }
    }
}
