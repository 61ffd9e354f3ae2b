import Foundation
public import TuttiCheckpoints

/// `image_url` of a chat's message, or `input_image` of a response's: where a picture is, and how closely it is to be
/// looked at.
public struct InputImage: Sendable, Hashable {
    public enum Source: Sendable, Hashable {
        /// A `data:` URL, or one that would have to be fetched.
        case url(String)
        /// The name of an uploaded file.
        case file(String)
    }

    /// How closely: `original` of newer clients counts as `high`.
    public enum Detail: String, Sendable, Hashable, CaseIterable {
        case auto, low, high, original
    }

    public var source: Source
    public var detail: Detail
    /// Where the source stands in the request.
    public var path: String

    public init(_ source: Source, detail: Detail = .auto, path: String) {
        (self.source, self.detail, self.path) = (source, detail, path)
    }

    /// - Parameter part: A part of a chat's message, `{"type": "image_url", "image_url": {"url": …}}`.
    public init(chat part: Fields) throws(APIError) {
        if let url = part["image_url"]?.string {
            // Some clients leave the object out.
            self.init(.url(url), path: part.path(of: "image_url"))
        } else {
            guard let image = try part.object("image_url") else { throw part.missing("image_url") }
            self.init(
                .url(try image.requiredString("url")), detail: try Self.detail(image), path: image.path(of: "url"))
        }
        try check(part)
    }

    /// - Parameter part: A part of a response's message, `{"type": "input_image", "image_url": "…"}` or with `file_id`.
    public init(response part: Fields) throws(APIError) {
        let detail = try Self.detail(part)
        if let url = try part.string("image_url") {
            self.init(.url(url), detail: detail, path: part.path(of: "image_url"))
        } else if let file = try part.string("file_id") {
            self.init(.file(file), detail: detail, path: part.path(of: "file_id"))
        } else {
            throw part.missing("image_url")
        }
        try check(part)
    }

    /// - Parameter item: Of what is to be embedded, `{"image": …}` with a URL or with Base64 alone.
    public init(embedding item: Fields) throws(APIError) {
        let text = try item.requiredString("image")
        let isURL = ["data:", "http://", "https://"].contains { text.lowercased().hasPrefix($0) }
        self.init(.url(isURL ? text : "data:;base64," + text), path: item.path(of: "image"))
        try check(item)
    }

    private static func detail(_ fields: Fields) throws(APIError) -> Detail {
        try fields.word("detail", of: Detail.allCases.map(\.rawValue)).flatMap { Detail(rawValue: $0) } ?? .auto
    }

    /// What can be told of a URL without its picture is told before anything else is done.
    private func check(_ part: Fields) throws(APIError) {
        guard case .url(let url) = source else { return }
        if url.hasPrefix("data:") {
            _ = try data()
        } else if !url.lowercased().hasPrefix("http://"), !url.lowercased().hasPrefix("https://") {
            throw refusal(
                url.isEmpty
                    ? "it is empty; a picture comes as a 'data:' URL or an 'http(s):' URL"
                    : "'\(url.prefix(60))' is neither a 'data:' URL nor an 'http(s):' URL")
        }
    }

    /// The file that a `data:` URL holds; nil for other sources.
    /// - Throws: `APIError` 400 for what is no picture by its type, or no Base64.
    public func data() throws(APIError) -> [UInt8]? {
        guard case .url(let url) = source, url.hasPrefix("data:") else { return nil }
        guard let comma = url.firstIndex(of: ",") else { throw refusal("it is a 'data:' URL without a comma") }
        let head = url[..<comma].dropFirst(5).lowercased()
        let type = head.prefix { $0 != ";" }
        guard type.isEmpty || type.hasPrefix("image/") || type == "application/octet-stream" else {
            throw refusal("its type is '\(type.prefix(40))', and only pictures ('image/…') can be looked at")
        }
        guard head.hasSuffix(";base64") else { throw refusal("it has to be in Base64 (';base64,')") }
        let text = url[url.index(after: comma)...]
        guard let data = Data(base64Encoded: String(text)) ?? Data(base64Encoded: text.filter { !$0.isWhitespace }),
            !data.isEmpty
        else { throw refusal("what it holds is not Base64, or empty") }
        return Array(data)
    }

    public func refusal(_ problem: String) -> APIError { .refused(path, problem, code: "invalid_image") }

    /// As a part of a stored message.
    public var json: JSON {
        switch source {
        case .url(let url):
            ["type": "input_image", "detail": .string(detail.rawValue), "image_url": .string(url), "file_id": .null]
        case .file(let id):
            ["type": "input_image", "detail": .string(detail.rawValue), "image_url": .null, "file_id": .string(id)]
        }
    }
}
