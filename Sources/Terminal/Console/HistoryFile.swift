public import Foundation

/// What was sent, kept for later sessions: an entry a line, the newest last, readable by its owner alone.
///
/// In an entry `\n` stands for a newline and `\\` for a backslash. Sessions at the same time add their entries in turn.
public struct HistoryFile: Sendable {
    public let url: URL
    public let limit: Int
    /// A longer entry is not kept.
    static let entryLimitByteCount = 16 << 10
    /// Of a longer file only the end is read.
    static let fileLimitByteCount = 8 << 20

    public init(_ url: URL, limit: Int = 1000) {
        self.url = url
        self.limit = limit
    }

    /// The newest entries; none where there is no file, or one that cannot be read. A file that has grown to twice the
    /// limit is cut to it.
    public func load() -> [String] {
        guard let file = try? FileHandle(forReadingFrom: url) else { return [] }
        let size = (try? file.seekToEnd()) ?? 0
        try? file.seek(toOffset: size > UInt64(Self.fileLimitByteCount) ? size - UInt64(Self.fileLimitByteCount) : 0)
        let bytes = (try? file.readToEnd()) ?? Data()
        try? file.close()
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        let kept = lines.suffix(limit)
        if lines.count > 2 * limit || size > UInt64(Self.fileLimitByteCount) {
            let text = kept.joined(separator: "\n") + "\n"
            if (try? Data(text.utf8).write(to: url, options: .atomic)) != nil { protect() }
        }
        return kept.map(Self.entry)
    }

    /// Adds an entry.
    /// - Throws: `CocoaError` where the file cannot be written.
    public func append(_ entry: String) throws {
        let line = Self.line(entry)
        guard line.utf8.count <= Self.entryLimitByteCount else { return }
        if !FileManager.default.fileExists(atPath: url.path) {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            guard
                FileManager.default.createFile(
                    atPath: url.path, contents: nil, attributes: [.posixPermissions: 0o600])
            else { throw CocoaError(.fileWriteNoPermission) }
        }
        let file = try FileHandle(forWritingTo: url)
        try file.seekToEnd()
        try file.write(contentsOf: Data((line + "\n").utf8))
        try file.close()
    }

    private func protect() {
        try? FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: url.path)
    }

    static func line(_ entry: String) -> String {
        entry.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    static func entry(_ line: some StringProtocol) -> String {
        var result = "", isEscaped = false
        for character in line {
            if isEscaped {
                result.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
            }
        }
        return result
    }
}
