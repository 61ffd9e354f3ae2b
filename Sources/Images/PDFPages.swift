public import Foundation
import Synchronization

/// The pages of a PDF document as pictures, drawn by poppler's programs `pdftoppm` and `pdfinfo`.
///
///     let pages = try PDFPages(contentsOf: URL(filePath: "invoice.pdf"))
///     for page in 1...(try pages.count()) { print(try pages.picture(page: page, longestSide: 1600).height) }
///
/// The programs run beside this one, with a limit on their memory, their time and the size of what they draw; waiting for
/// them blocks the calling thread.
public struct PDFPages: Sendable {
    private let file: DocumentFile
    private let limits: PictureLimits
    private let programs: [String]

    /// Whether the programs are on the path.
    public static var isAvailable: Bool { find("pdftoppm") != nil && find("pdfinfo") != nil }

    /// - Throws: ``PictureError/needsProgram(file:program:package:)`` where poppler is not installed.
    public init(
        _ bytes: [UInt8], name: String = "the document", limits: PictureLimits = .standard
    ) throws(PictureError) {
        try limits.check(file: name, byteCount: bytes.count)
        try self.init(DocumentFile(copyOf: bytes, name: name), limits: limits, head: bytes.prefix(1024))
    }

    /// - Throws: ``PictureError``, also where poppler is not installed.
    public init(contentsOf file: URL, limits: PictureLimits = .standard) throws(PictureError) {
        let name = file.lastPathComponent, head: Data
        do {
            let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
            try limits.check(file: name, byteCount: size)
            let handle = try FileHandle(forReadingFrom: file)
            defer { try? handle.close() }
            head = try handle.read(upToCount: 1024) ?? Data()
        } catch let error as PictureError {
            throw error
        } catch {
            throw .unreadable(file: file.path, (error as NSError).localizedDescription)
        }
        try self.init(DocumentFile(path: file.path, name: name), limits: limits, head: [UInt8](head)[...])
    }

    private init(_ file: DocumentFile, limits: PictureLimits, head: ArraySlice<UInt8>) throws(PictureError) {
        guard String(decoding: head, as: UTF8.self).contains("%PDF-") else {
            throw .unknownFormat(file: file.name, kind: PictureFormat.nameOfOther(Array(head)) ?? "no PDF document")
        }
        var programs: [String] = []
        for program in ["pdftoppm", "pdfinfo"] {
            guard let path = PDFPages.find(program) else {
                throw .needsProgram(file: file.name, program: program, package: "poppler-utils (Homebrew: poppler)")
            }
            programs.append(path)
        }
        (self.file, self.limits, self.programs) = (file, limits, programs)
    }

    private static func find(_ program: String) -> String? {
        let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        return folders.split(separator: ":").map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// How many pages there are.
    public func count() throws(PictureError) -> Int {
        let text = String(decoding: try run(programs[1], [file.path]), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("Pages:") }
        guard let count = line.flatMap({ Int($0.dropFirst(6).trimmingCharacters(in: .whitespaces)) }), count > 0 else {
            throw .damaged(file: file.name, "it does not say how many pages it has")
        }
        try limits.check(file: file.name, frameCount: count)
        return count
    }

    /// One page, drawn on white.
    /// - Parameters:
    ///   - page: From 1.
    ///   - longestSide: Of the picture, in pixels: a page of A4 has letters of readable size from about 1500.
    /// - Throws: ``PictureError``, also for a page that is not there.
    public func picture(page: Int, longestSide: Int = 1600) throws(PictureError) -> Picture {
        guard page > 0, longestSide > 0, longestSide <= limits.longestSide else {
            throw .unusable("Pages count from 1, and a page is drawn 1 to \(limits.longestSide) pixels long")
        }
        let png = try run(
            programs[0],
            [
                "-png", "-singlefile", "-cropbox", "-scale-to", "\(longestSide)", "-f", "\(page)", "-l", "\(page)",
                file.path,
            ])
        guard !png.isEmpty else { throw .unusable("\(file.name) has no page \(page)") }
        return try Picture(decoding: png, name: "page \(page) of \(file.name)", limits: limits)
    }

    /// - Returns: What the program wrote to standard output.
    private func run(_ program: String, _ arguments: [String]) throws(PictureError) -> [UInt8] {
        let outcome: ProgramOutcome
        do {
            outcome = try ProgramOutcome(
                program, arguments, megabytes: 2048, seconds: limits.decodingSeconds, mostBytes: limits.byteCount)
        } catch {
            throw .unreadable(file: file.name, "\(program) cannot be started: \(error.localizedDescription)")
        }
        switch outcome.end {
        case .done: return outcome.output
        case .tookTooLong:
            throw .tooLarge(
                file: file.name, "reading it takes longer than the \(limits.decodingSeconds) s that it may take")
        case .wroteTooMuch:
            throw .tooLarge(file: file.name, "its page is drawn with more than \(limits.byteCount) bytes")
        case .failed:
            if outcome.errors.contains("password") {
                throw .unsupported(file: file.name, "a password keeps it closed")
            }
            if outcome.errors.contains("page range") { throw .unusable("\(file.name) has no such page") }
            let reason = outcome.errors.split(separator: "\n").first.map(String.init)
            throw .damaged(file: file.name, reason ?? "poppler gave up on it")
        }
    }
}

/// A document on the disk; a copy of bytes in memory is removed when nobody holds it any more.
private final class DocumentFile: Sendable {
    let path: String
    let name: String
    private let isCopy: Bool

    init(path: String, name: String) { (self.path, self.name, isCopy) = (path, name, false) }

    init(copyOf bytes: [UInt8], name: String) throws(PictureError) {
        path = FileManager.default.temporaryDirectory.appending(path: "tutti-\(UUID().uuidString).pdf").path
        (self.name, isCopy) = (name, true)
        let made = FileManager.default.createFile(
            atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        if !made { throw .unreadable(file: name, "there is no room for it at \(path)") }
    }

    deinit { if isCopy { try? FileManager.default.removeItem(atPath: path) } }
}
