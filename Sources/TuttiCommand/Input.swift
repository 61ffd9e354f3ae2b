import Foundation
import Tutti

/// What a command reads: a file, or standard input where `-` is given.
enum Input {
    static func data(_ path: String) throws -> Data {
        if path == "-" { return try standardInput() }
        do {
            return try Data(contentsOf: URL(filePath: path))
        } catch {
            let exists = FileManager.default.fileExists(atPath: path)
            throw Failure(exists ? "cannot read \(path)." : "there is no file \(path).")
        }
    }

    static func text(_ path: String) throws -> String { String(decoding: try data(path), as: UTF8.self) }

    /// The JSON value that a file holds.
    static func json(_ path: String) throws -> JSON {
        do { return try JSON(parsing: try data(path)) } catch let error as JSONError {
            throw Failure("\(path): \(error)")
        }
    }

    /// The picture that a file holds.
    static func picture(_ path: String) throws -> Picture {
        let name = path == "-" ? "standard input" : path
        do { return try Picture(decoding: Array(try data(path)), name: name) } catch let error as PictureError {
            throw Failure("\(error)")
        }
    }

    /// The pictures of a file with what each is called: one, or the pages of a PDF document.
    static func pictures(_ path: String) throws -> [(name: String, picture: Picture)] {
        let name = path == "-" ? "standard input" : path, bytes = Array(try data(path))
        do {
            guard bytes.prefix(1024).starts(with: Array("%PDF-".utf8)) else {
                return [(name, try Picture(decoding: bytes, name: name))]
            }
            let pages = try PDFPages(bytes, name: name), count = try pages.count()
            return try (1...max(1, count)).map { page in
                (count > 1 ? "\(name), page \(page)" : name, try pages.picture(page: page, longestSide: 2000))
            }
        } catch let error as PictureError {
            throw Failure("\(error)")
        }
    }

    /// The document that a file is.
    static func document(_ path: String) throws -> Document {
        let name = path == "-" ? "standard input" : URL(filePath: path).lastPathComponent
        do { return try Document([UInt8](try data(path)), name: name) } catch let error as PictureError {
            throw Failure("\(error)")
        } catch let error as DocumentError {
            throw Failure("\(error)")
        }
    }

    /// Everything that comes until standard input ends.
    static func standardInput() throws -> Data {
        do {
            return try FileHandle.standardInput.readToEnd() ?? Data()
        } catch {
            throw Failure("cannot read standard input: \(error.localizedDescription)")
        }
    }

    /// The lines of a JSONL file that hold something, with their numbers from 1.
    static func lines(_ path: String) throws -> [JSONLine] {
        let name = path == "-" ? "standard input" : path
        return try data(path).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
            .filter { !$0.element.allSatisfy { [0x20, 0x09, 0x0d].contains($0) } }
            .map { JSONLine(file: name, number: $0.offset + 1, bytes: $0.element) }
    }
}

/// One line of a JSONL file.
struct JSONLine {
    let file: String
    let number: Int
    let bytes: Data

    /// The line's object.
    func object() throws -> JSON {
        do {
            let json = try JSON(parsing: bytes)
            guard json.object != nil else { throw failure("it is no object") }
            return json
        } catch let error as JSONError {
            throw failure(error.message)
        }
    }

    func failure(_ reason: String) -> Failure { Failure("\(file), line \(number): \(reason).") }
}
