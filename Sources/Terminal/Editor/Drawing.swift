/// Keeps on the screen what an editor holds: says what to write so that the terminal shows it.
///
/// Rows are ended by the editor, so that what is on the screen is known at any width. A newline also returns: the
/// terminal's own output processing stays on.
public struct Drawing: Sendable {
    public var columns: Int
    public var rows: Int
    /// What was drawn: the cells of each row, and where the cursor is among them.
    private var widths: [Int] = []
    private var cursor = (row: 0, column: 0)
    /// The columns that the terminal had then.
    private var drawnColumns = 0

    public init(columns: Int, rows: Int) {
        (self.columns, self.rows) = (max(1, columns), max(1, rows))
    }

    /// The terminal has another size now.
    public mutating func resize(columns: Int, rows: Int) {
        (self.columns, self.rows) = (max(1, columns), max(1, rows))
    }

    /// Begins on a row of its own: nothing of the editor is on the screen.
    public mutating func forget() { (widths, cursor) = ([], (0, 0)) }

    /// What to write to show the editor's text in place of what was drawn last.
    public mutating func show(_ editor: LineEditor, _ prompt: Prompt) -> String {
        var prompt = prompt
        if let search = editor.search {
            prompt.text = "(search) \(search.query)\(search.match == nil && !search.query.isEmpty ? " (none)" : ""): "
            prompt.shown = prompt.text
        }
        let layout = Layout(editor.text, cursor: editor.cursor, prompt: prompt, columns: columns)
        // Of a text that is taller than the screen, the rows around the cursor.
        let first = max(0, min(layout.cursorRow - rows / 2, layout.rows.count - rows))
        let last = min(layout.rows.count, first + rows)
        let output =
            home + layout.rows[first..<last].joined(separator: "\n")
            + up(last - 1 - layout.cursorRow) + column(layout.cursorColumn)
        widths = Array(layout.widths[first..<last])
        cursor = (layout.cursorRow - first, layout.cursorColumn)
        drawnColumns = columns
        return output
    }

    /// What to write to show the text once more, whole, with the cursor on the row below it.
    public mutating func leave(_ text: [Character], _ prompt: Prompt, mark: String = "") -> String {
        let layout = Layout(text, cursor: text.count, prompt: prompt, columns: columns)
        let output = home + layout.rows.joined(separator: "\n") + mark + "\n"
        forget()
        return output
    }

    /// Goes to where drawing began and clears everything from there.
    private var home: String {
        // A terminal that has become narrower has broken the rows.
        let broken = widths.prefix(cursor.row).reduce(cursor.column / columns) {
            $0 + max(1, ($1 + columns - 1) / columns)
        }
        return up(drawnColumns == columns ? cursor.row : broken) + "\r\u{1B}[J"
    }

    private func up(_ count: Int) -> String { count > 0 ? "\u{1B}[\(count)A" : "" }

    private func column(_ column: Int) -> String { column > 0 ? "\r\u{1B}[\(column)C" : "\r" }
}
