import Foundation
public import TuttiCheckpoints

/// `file` of a chat's message, or `input_file` of a response's: where a document is, and what it is called.
public struct InputFile: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
        /// Base64, or a `data:` URL.
        case data(String)
        /// The name of an uploaded file.
        case file(String)
        /// One that would have to be fetched.
        case url(String)
    }

    public var source: Source
    /// What the client calls it.
    public var filename: String?
    /// How closely pages are looked at.
    public var detail: InputImage.Detail
    /// Where the source stands in the request.
    public var path: String

    public init(_ source: Source, filename: String? = nil, detail: InputImage.Detail = .auto, path: String) {
        (self.source, self.filename, self.detail, self.path) = (source, filename, detail, path)
    }

    /// - Parameter part: A part of a chat's message, `{"type": "file", "file": {"file_data": …, "filename": …}}`.
    public init(chat part: Fields) throws(APIError) {
        guard let file = try part.object("file") else { throw part.missing("file") }
        try self.init(file, sources: ["file_data", "file_id"])
    }

    /// - Parameter part: A part of a response's message, `{"type": "input_file", "file_url": …}`, or with `file_data` or
    ///   `file_id`.
    public init(response part: Fields) throws(APIError) {
        try self.init(part, sources: ["file_data", "file_id", "file_url"])
    }

    private init(_ fields: Fields, sources: [String]) throws(APIError) {
        filename = try fields.string("filename")
        let words = InputImage.Detail.allCases.map(\.rawValue)
        detail = try fields.word("detail", of: words).flatMap { .init(rawValue: $0) } ?? .auto
        let given = sources.filter { fields[$0] != nil }
        guard let name = given.first else { throw fields.missing(sources[0]) }
        guard given.count == 1 else {
            throw fields.wrongValue(
                given[1], "a file comes in one way, and '\(name)' is given too: leave one of them out")
        }
        path = fields.path(of: name)
        let text = try fields.requiredString(name)
        switch name {
        case "file_id": source = .file(text)
        case "file_url":
            source = .url(text)
            guard ["http://", "https://"].contains(where: text.lowercased().hasPrefix) else {
                throw refusal("'\(text.prefix(60))' is no 'http(s):' URL; what a file holds comes as 'file_data'")
            }
        default:
            source = .data(text)
            // What can be told without reading the file is told before anything else is done.
            _ = try data()
        }
    }

    /// The file that came within the request; nil for other sources.
    /// - Throws: `APIError` 400 for what is no Base64.
    public func data() throws(APIError) -> [UInt8]? {
        guard case .data(let text) = source else { return nil }
        var base64 = text[...]
        if text.hasPrefix("data:") {
            guard let comma = text.firstIndex(of: ",") else { throw refusal("it is a 'data:' URL without a comma") }
            guard text[..<comma].lowercased().hasSuffix(";base64") else {
                throw refusal("it has to be in Base64 (';base64,')")
            }
            base64 = text[text.index(after: comma)...]
        }
        guard let data = Data(base64Encoded: String(base64)) ?? Data(base64Encoded: base64.filter { !$0.isWhitespace }),
            !data.isEmpty
        else { throw refusal("what it holds is not Base64, or empty") }
        return Array(data)
    }

    public func refusal(_ problem: String) -> APIError { .refused(path, problem, code: "invalid_file") }

    /// As a part of a stored message.
    public var json: JSON {
        var json: JSON = ["type": "input_file"]
        switch source {
        case .data(let text): json.set("file_data", .string(text))
        case .file(let id): json.set("file_id", .string(id))
        case .url(let url): json.set("file_url", .string(url))
        }
        if let filename { json.set("filename", .string(filename)) }
        if detail != .auto { json.set("detail", .string(detail.rawValue)) }
        return json
    }
}
