public import Foundation
import Synchronization

/// The pages of a PDF document as pictures and as text, by poppler's programs `pdftoppm`, `pdftotext` and `pdfinfo`.
///
///     let pages = try PDFPages(contentsOf: URL(filePath: "invoice.pdf"))
///     for page in 1...(try pages.count()) { print(try pages.picture(page: page, longestSide: 1600).height) }
///
/// The programs run beside this one, with a limit on their memory, their time and the size of what they write; waiting for
/// them blocks the calling thread.
public struct PDFPages: Sendable {
    let file: DocumentFile
    let limits: PictureLimits
    private let programs: [Program: String]

    /// One of poppler's programs, which come together.
    enum Program: String, CaseIterable {
        case drawing = "pdftoppm"
        case text = "pdftotext"
        case facts = "pdfinfo"

        /// Where it lies, if it is on the path.
        var path: String? {
            let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
            return folders.split(separator: ":").map { "\($0)/\(rawValue)" }
                .first { FileManager.default.isExecutableFile(atPath: $0) }
        }
    }

    /// Whether the programs are on the path.
    public static var isAvailable: Bool { Program.allCases.allSatisfy { $0.path != nil } }

    /// Whether a file begins like a PDF document: some have a few bytes of other things before that.
    public static func isOne(_ bytes: some Collection<UInt8>) -> Bool {
        String(decoding: bytes.prefix(1024), as: UTF8.self).contains("%PDF-")
    }

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
        guard PDFPages.isOne(head) else {
            throw .unknownFormat(file: file.name, kind: PictureFormat.nameOfOther(Array(head)) ?? "no PDF document")
        }
        var programs: [Program: String] = [:]
        for program in Program.allCases {
            guard let path = program.path else {
                throw .needsProgram(
                    file: file.name, program: program.rawValue, package: "poppler-utils (Homebrew: poppler)")
            }
            programs[program] = path
        }
        (self.file, self.limits, self.programs) = (file, limits, programs)
    }

    /// How many pages there are: at most the limits' `frameCount`.
    public func count() throws(PictureError) -> Int {
        let text = String(decoding: try run(.facts, [file.path]), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("Pages:") }
        guard let count = line.flatMap({ Int($0.dropFirst(6).trimmingCharacters(in: .whitespaces)) }), count > 0 else {
            throw .damaged(file: file.name, "it does not say how many pages it has")
        }
        guard count <= limits.frameCount else {
            throw .tooLarge(file: file.name, "it has \(count) pages, and \(limits.frameCount) are the most")
        }
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
            .drawing,
            [
                "-png", "-singlefile", "-cropbox", "-scale-to", "\(longestSide)", "-f", "\(page)", "-l", "\(page)",
                file.path,
            ])
        guard !png.isEmpty else { throw .unusable("\(file.name) has no page \(page)") }
        return try Picture(decoding: png, name: "page \(page) of \(file.name)", limits: limits)
    }

    /// - Returns: What the program wrote to standard output.
    func run(_ program: Program, _ arguments: [String]) throws(PictureError) -> [UInt8] {
        let outcome: ProgramOutcome
        do {
            outcome = try ProgramOutcome(
                programs[program] ?? program.rawValue, arguments, megabytes: 2048, seconds: limits.decodingSeconds,
                mostBytes: limits.byteCount)
        } catch {
            throw .unreadable(file: file.name, "\(program.rawValue) cannot be started: \(error.localizedDescription)")
        }
        switch outcome.end {
        case .done: return outcome.output
        case .tookTooLong:
            throw .tooLarge(
                file: file.name, "reading it takes longer than the \(limits.decodingSeconds) s that it may take")
        case .wroteTooMuch:
            throw .tooLarge(file: file.name, "what it holds takes more than \(limits.byteCount) bytes")
        case .failed:
            if outcome.errors.contains("password") { throw .locked(file: file.name) }
            if outcome.errors.contains("page range") { throw .unusable("\(file.name) has no such page") }
            let reason = outcome.errors.split(separator: "\n").first.map(String.init)
            throw .damaged(file: file.name, reason ?? "poppler gave up on it")
        }
    }
}

/// A document on the disk; a copy of bytes in memory is removed when nobody holds it any more.
final class DocumentFile: Sendable {
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
