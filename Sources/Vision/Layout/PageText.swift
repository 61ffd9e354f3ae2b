/// What a page says as text for a prompt, with the place of every line in it.
public struct PageText: Sendable, Equatable {
    public let text: String
    /// In the order of the text.
    public let spans: [Span]
    /// How many lines were left out for want of room.
    public let omittedLines: Int

    /// Where a line stands in the text.
    public struct Span: Sendable, Equatable {
        /// Of the layout's lines.
        public let line: Int
        /// In bytes of UTF-8.
        public let range: Range<Int>
    }

    /// The lines of which something lies in a range of the text, in bytes of UTF-8.
    public func lines(in range: Range<Int>) -> [Int] {
        spans.filter { $0.range.overlaps(range) }.map(\.line)
    }
}

extension PageLayout {
    /// The page as text: a row a line, ` | ` between the cells of a table, `name: value` in forms, an empty line before
    /// what begins anew.
    /// - Parameters:
    ///   - budget: What the text may cost; rows that do not fit any more are left out from the first such row on, and a
    ///     last line says so.
    ///   - cost: Of a piece of text, such as a count of tokens; characters where nothing else is said.
    public func text(budget: Int = .max, cost: (String) -> Int = \.count) -> PageText {
        var text = "", spans: [PageText.Span] = [], spent = 0
        for row in rows {
            let (written, inside) = written(row)
            let before = text.isEmpty ? "" : row.beginsBlock ? "\n\n" : "\n"
            let price = budget == .max ? 0 : cost(before + written)
            guard spent + price <= budget else { break }
            spent += price
            let start = text.utf8.count + before.utf8.count
            text += before + written
            spans += inside.map {
                .init(line: $0.line, range: start + $0.range.lowerBound..<start + $0.range.upperBound)
            }
        }
        return PageText(text: text, spans: spans, omittedLines: lines.count - spans.count)
    }

    private func written(_ row: Row) -> (text: String, spans: [PageText.Span]) {
        var text = "", spans: [PageText.Span] = []
        for (number, cell) in row.cells.enumerated() {
            if number > 0 {
                let name = text.last == ":" || text.last == "："
                text += row.form == .pairs && number % 2 == 1 ? (name ? " " : ": ") : " | "
            }
            for (place, line) in cell.enumerated() {
                if place > 0 { text += " " }
                let start = text.utf8.count
                text += lines[line].text.trimmed
                spans.append(.init(line: line, range: start..<text.utf8.count))
            }
        }
        return (text, spans)
    }
}

extension String {
    /// Without white space at its ends, and on one line.
    fileprivate var trimmed: String {
        split(whereSeparator: \.isNewline).joined(separator: " ").split(separator: " ").joined(separator: " ")
    }
}
