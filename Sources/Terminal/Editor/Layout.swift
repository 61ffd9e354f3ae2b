/// What stands before a text that is being written.
public struct Prompt: Sendable, Equatable {
    /// Before the first line, without styles, and as it is shown.
    public var text: String
    public var shown: String
    /// Before every other line.
    public var continuation: String

    public init(_ text: String, shown: String? = nil, continuation: String) {
        self.text = text
        self.shown = shown ?? text
        self.continuation = continuation
    }
}

/// Rows of a terminal of so many columns that show a text, and where its cursor stands.
struct Layout: Equatable {
    var rows: [String] = []
    /// The cells that each row takes.
    var widths: [Int] = []
    var cursorRow = 0
    var cursorColumn = 0

    /// - Parameter columns: At least 1; a wide character in a single column is cut by the terminal.
    init(_ text: [Character], cursor: Int, prompt: Prompt, columns: Int) {
        var row = "", width = 0
        func begin(_ prefix: String, shown: String) {
            (row, width) = (shown, cellWidth(prefix))
        }
        func end() {
            rows.append(row)
            widths.append(width)
            (row, width) = ("", 0)
        }
        begin(prompt.text, shown: prompt.shown)
        for (index, character) in text.enumerated() {
            let cells = character == "\t" ? 4 : cellWidth(character)
            if character != "\n", width + cells > columns, width > 0 { end() }
            if index == cursor { (cursorRow, cursorColumn) = (rows.count, width) }
            if character == "\n" {
                end()
                begin(prompt.continuation, shown: prompt.continuation)
            } else {
                row += character == "\t" ? "    " : String(character)
                width += cells
            }
        }
        if cursor == text.count {
            // Behind a full row the cursor stands on the next.
            if width >= columns { end() }
            (cursorRow, cursorColumn) = (rows.count, width)
        }
        end()
        if cursorColumn >= columns { cursorColumn = columns - 1 }
    }
}
