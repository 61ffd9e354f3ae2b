/// How a prompt tells of a file, apart from the words around it.
public struct FileWords: Sendable, Hashable {
    /// On one line, and not longer than a name has to be.
    public let name: String
    /// nil for a file that has no pages.
    public let pageCount: Int?

    public init(name: String, pageCount: Int? = nil) {
        self.name = String(name.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(120))
        self.pageCount = pageCount
    }

    /// What stands before everything of the file.
    public var head: String {
        let pages = pageCount.map { $0 == 1 ? ", 1 page" : ", \($0) pages" } ?? ""
        return "\n[File \(name)\(pages):\n"
    }

    /// What stands before a page, which is named by its number.
    public func head(page: Int) -> String { "Page \(page):\n" }

    /// What stands behind everything of the file.
    public var end: String { "]\n" }

    /// Says which pages there was no room for.
    public static func leftOut(_ pages: ClosedRange<Int>) -> String {
        let which =
            pages.count == 1 ? "page \(pages.lowerBound) is" : "pages \(pages.lowerBound) to \(pages.upperBound) are"
        return "(\(which) left out: there is no room for more)\n"
    }
}
