public import Foundation
import TuttiImages

/// A file that a message brings along: a PDF document, or a text of any kind.
///
///     let report = try Document(contentsOf: URL(filePath: "report.pdf"))
///     let question = try await report.parts(for: model) + [.text("What did the repairs cost?")]
///     for try await delta in try model.answer([Message(.user, parts: question)]) { print(delta.text) }
public struct Document: Sendable {
    /// What the file is called; a prompt names it so.
    public let name: String
    /// nil for a text.
    public var pageCount: Int? { if case .pages(_, let count) = content { count } else { nil } }
    let content: Content
    let limits: DocumentLimits

    enum Content: Sendable {
        case text(String)
        case pages(PDFPages, count: Int)
    }

    /// Opens a file that lies in memory; what it is, its bytes say.
    ///
    /// Of a PDF document the pages are counted by one of poppler's programs, which the calling thread waits for.
    /// - Throws: ``DocumentError``; `PictureError` for a PDF document that is broken, closed by a password or too long, and
    ///   where poppler is not installed.
    public init(_ bytes: [UInt8], name: String, limits: DocumentLimits = .standard) throws {
        (self.name, self.limits) = (name, limits)
        try limits.check(file: name, byteCount: bytes.count)
        if PDFPages.isOne(bytes) {
            let pages = try PDFPages(bytes, name: name, limits: limits.drawing)
            content = .pages(pages, count: try pages.count())
        } else {
            content = .text(try Document.text(bytes, name: name))
        }
    }

    /// Reads and opens a file; one that is too long is not read.
    /// - Throws: As ``init(_:name:limits:)``.
    public init(contentsOf file: URL, limits: DocumentLimits = .standard) throws {
        let name = file.lastPathComponent
        let data: Data
        do {
            let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
            try limits.check(file: name, byteCount: size)
            data = try Data(contentsOf: file)
        } catch let error as DocumentError {
            throw error
        } catch {
            throw DocumentError.unreadable(file: file.path, (error as NSError).localizedDescription)
        }
        try self.init([UInt8](data), name: name, limits: limits)
    }

    /// The text of a file in UTF-8, or in UTF-16 with its mark.
    private static func text(_ bytes: [UInt8], name: String) throws(DocumentError) -> String {
        if let picture = PictureFormat(of: bytes) {
            throw .isPicture(file: name, kind: picture.rawValue.uppercased())
        }
        let mark = Array(bytes.prefix(2))
        let text =
            switch mark {
            case [0xff, 0xfe]: String(data: Data(bytes.dropFirst(2)), encoding: .utf16LittleEndian)
            case [0xfe, 0xff]: String(data: Data(bytes.dropFirst(2)), encoding: .utf16BigEndian)
            default:
                String(
                    validating: bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...], as: UTF8.self)
            }
        guard let text, !text.hasPrefix("{\\rtf"), !text.unicodeScalars.contains(where: \.isForeignToText) else {
            throw .unknownKind(file: name, kind: PictureFormat.nameOfOther(bytes))
        }
        return text.replacing("\r\n", with: "\n")
    }
}

/// What is taken of files that come from outside.
public struct DocumentLimits: Sendable, Hashable {
    /// The most bytes of a file.
    public var byteCount = 32 << 20
    /// The most pages of a document.
    public var pageCount = 500
    /// The most pages that are drawn, to be looked at or to be read where there is no text layer.
    public var drawnPageCount = 50
    /// The most seconds that one of poppler's programs may take, for a page or for the text of a few.
    public var programSeconds = 20.0

    public static let standard = DocumentLimits()

    public init() {}

    func check(file: String, byteCount: Int) throws(DocumentError) {
        guard byteCount > 0 else { throw .empty(file: file) }
        guard byteCount <= self.byteCount else {
            throw .tooLarge(file: file, byteCount: byteCount, limit: self.byteCount)
        }
    }

    /// The same for whoever draws the pages.
    var drawing: PictureLimits {
        var limits = PictureLimits()
        (limits.byteCount, limits.frameCount) = (max(byteCount, limits.byteCount), pageCount)
        limits.decodingSeconds = programSeconds
        return limits
    }
}

/// What can be wrong with a file that a message brings along.
public enum DocumentError: Error, Equatable, CustomStringConvertible {
    /// It cannot be opened; the text says why.
    case unreadable(file: String, String)
    case empty(file: String)
    case tooLarge(file: String, byteCount: Int, limit: Int)
    /// It is neither a PDF document nor text; what it is, where its first bytes tell.
    case unknownKind(file: String, kind: String?)
    /// It belongs into the message as a picture.
    case isPicture(file: String, kind: String)

    public var description: String {
        switch self {
        case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)."
        case .empty(let file): "\(file) is empty."
        case .tooLarge(let file, let count, let limit):
            "\(file) has \(count) bytes, and \(limit) are the most of a file in a message."
        case .unknownKind(let file, let kind):
            "\(file) is \(kind ?? "neither a PDF document nor text in UTF-8"), and is not read. PDF documents are, and "
                + "text in UTF-8: plain text, Markdown, CSV, JSON, HTML, source code."
        case .isPicture(let file, let kind):
            "\(file) is a \(kind) picture: send it as a picture, not as a file. As files, PDF documents and text in UTF-8 "
                + "are read."
        }
    }
}

extension Unicode.Scalar {
    /// A control character that no text has; logs have escapes.
    fileprivate var isForeignToText: Bool {
        value < 0x20 && ![0x09, 0x0a, 0x0c, 0x0d, 0x1b].contains(value)
    }
}
