/// The lines of a picture in the order in which people read them: one column after the other, a table by its rows,
/// what a form says beside what it asks for.
///
/// Everything follows from where lines stand and what they look like; nothing is learned.
public struct PageLayout: Sendable, Equatable {
    /// In reading order.
    public let lines: [TextLine]
    /// Every line is in one row.
    public let rows: [Row]

    /// What stands side by side.
    public struct Row: Sendable, Equatable {
        /// What the cells of a row are to each other.
        public enum Form: Sendable, Equatable {
            /// One after the other, as in a table.
            case cells
            /// A name and what it stands for, in turn.
            case pairs
        }

        public var form = Form.cells
        /// For each cell its lines, by their places in ``PageLayout/lines``; none for an empty cell of a table.
        public var cells: [[Int]]
        /// Whether something new begins with it: a column, a table, a paragraph.
        public var beginsBlock = false
    }

    /// - Parameter found: Lines in any order.
    public init(_ found: [TextLine]) {
        let upright = UprightLine.all(found)
        var lines: [TextLine] = [], rows: [Row] = []
        for block in PageColumns.blocks(upright) {
            for (number, draft) in PageRow.all(block).enumerated() {
                let cells = draft.cells.map { cell in
                    cell.map { line in
                        lines.append(found[line.index])
                        return lines.count - 1
                    }
                }
                rows.append(
                    Row(
                        form: draft.form, cells: cells,
                        beginsBlock: !rows.isEmpty && (number == 0 || draft.beginsParagraph)))
            }
        }
        (self.lines, self.rows) = (lines, rows)
    }
}
