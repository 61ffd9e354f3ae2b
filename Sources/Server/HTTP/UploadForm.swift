import Hummingbird
import TuttiOpenAI

/// A form with one file: its texts, and the file on the disk.
struct UploadForm {
    /// In the order in which they came; a name may come several times.
    private(set) var fields: [(name: String, value: String)] = []
    private(set) var file: StagedFile?
    private(set) var filename: String?

    /// The last of each name.
    var texts: [String: String] { Dictionary(fields.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }) }

    /// A text is no place for a file.
    static let maximumTextByteCount = 64 << 10
    static let maximumFieldCount = 256
}

extension UploadForm {
    /// Reads a form as it arrives; its file goes to the disk piece by piece.
    /// - Parameters:
    ///   - field: The name of the field that holds the file.
    ///   - maximumByteCount: The largest file that is taken.
    /// - Throws: `APIError`: 400 for what is no such form, 413 for a file that is too large, 507 for a full disk.
    init(_ request: Request, file field: String, contents: FileContents, maximumByteCount: Int) async throws {
        let tooLarge = APIError(
            status: 413, message: "The file is larger than the \(maximumByteCount) bytes that this server takes.",
            type: "invalid_request_error", param: field, code: "file_too_large")
        // Fields, heads and boundaries come on top of the file.
        if let text = request.headers[.contentLength], let length = Int(text), length > maximumByteCount + 1 << 20 {
            throw tooLarge
        }
        do {
            var parser = try MultipartParser(contentType: request.headers[.contentType] ?? "")
            var part: MultipartParser.Head?
            var text: [UInt8] = []
            for try await buffer in request.body {
                parser.append(buffer.readableBytesView)
                while let event = try parser.next() {
                    switch event {
                    case .partBegan(let head):
                        part = head
                        text = []
                        if head.name == field {
                            guard file == nil else { throw MultipartParser.Malformed("it has two files '\(field)'") }
                            file = try await contents.stage()
                            filename = head.filename
                        }
                    case .bytes(let bytes) where part?.name == field:
                        guard let file, file.byteCount + bytes.count <= maximumByteCount else { throw tooLarge }
                        try await file.write(bytes)
                    case .bytes(let bytes):
                        guard fields.count < Self.maximumFieldCount else {
                            throw MultipartParser.Malformed("it has more than \(Self.maximumFieldCount) fields")
                        }
                        guard text.count + bytes.count <= Self.maximumTextByteCount else {
                            throw MultipartParser.Malformed("the field '\(part?.name ?? "")' is too long")
                        }
                        text += bytes
                    case .partEnded:
                        guard let name = part?.name, name != field else { continue }
                        guard let value = String(validating: text, as: UTF8.self) else {
                            throw MultipartParser.Malformed("the field '\(name)' is not UTF-8")
                        }
                        fields.append((name, value))
                    }
                }
            }
            try parser.finish()
        } catch let error as MultipartParser.Malformed {
            throw APIError.invalid("The body is no form that can be read: \(error).", code: "invalid_form")
        }
    }
}
