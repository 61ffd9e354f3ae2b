import Foundation
import Tutti

/// Standard output for answers, standard error for everything else.
enum Output {
    /// Writes at once, so that a stream is seen as it comes.
    static func write(_ text: String) throws {
        guard !text.isEmpty else { return }
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
        } catch {
            throw Failure("cannot write to standard output: \(error.localizedDescription)")
        }
    }

    static func line(_ text: String = "") throws { try write(text + "\n") }

    /// One JSON document on a line of its own.
    static func line(_ json: JSON) throws { try line(json.text()) }

    /// One JSON document, laid out for people too.
    static func document(_ json: JSON) throws { try line(json.text(.indented())) }

    /// Says something beside the answer. What cannot be said is lost: the answer matters more.
    static func note(_ text: String, terminator: String = "\n") {
        try? FileHandle.standardError.write(contentsOf: Data((text + terminator).utf8))
    }

    /// Whether a person watches standard error.
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Something that failed and has no better name.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Lines of columns; all but the last are as wide as their widest cell.
struct Table {
    private var rows: [[String]] = []
    /// Columns that are set flush right.
    private let numeric: Set<Int>

    init(_ header: String..., numeric: Set<Int> = []) {
        rows = [header]
        self.numeric = numeric
    }

    mutating func append(_ cells: String...) { rows.append(cells) }

    var text: String {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                line += numeric.contains(column) ? padding + cell : column == row.count - 1 ? cell : cell + padding
                if column < row.count - 1 { line += "  " }
            }
            return line
        }.joined(separator: "\n")
    }
}

extension Double {
    /// The number with so many digits behind the point.
    func text(digits: Int) -> String { String(format: "%.\(digits)f", self) }
}
