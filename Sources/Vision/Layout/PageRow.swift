/// A row on its way to the page: cells of which each holds lines from the left on.
struct PageRow {
    var cells: [[UprightLine]]
    var form = PageLayout.Row.Form.cells
    var beginsParagraph = false
    let y: Float
    let height: Float

    init(_ lines: [UprightLine]) {
        height = lines.medianHeight
        y = lines.reduce(0) { $0 + $1.y } / Float(max(1, lines.count))
        cells = []
        for line in lines {
            // What stands no farther off than a word is a part of the same cell.
            if let last = cells.last?.last, line.left - last.right < 0.6 * min(line.height, last.height),
                !(line.isNumeric && last.isNumeric)
            {
                cells[cells.count - 1].append(line)
            } else {
                cells.append([line])
            }
        }
    }

    private init(_ pairs: [(name: UprightLine, value: UprightLine)]) {
        let names = pairs.map(\.name)
        cells = pairs.flatMap { [[$0.name], [$0.value]] }
        form = .pairs
        height = names.medianHeight
        y = names.reduce(0) { $0 + $1.y } / Float(names.count)
    }

    /// The rows of a block, told apart as tables, forms, captions and running text.
    static func all(_ block: [[UprightLine]]) -> [PageRow] {
        var rows = captioned(block)
        var start = 0
        while start < rows.count {
            if let end = endOfTable(rows, from: start) {
                align(&rows, start..<end)
                if start > 0 { rows[start].beginsParagraph = true }
                if end < rows.count { rows[end].beginsParagraph = true }
                start = end
            } else if let end = endOfForm(rows, from: start) {
                for index in start..<end where rows[index].cells.count == 2 { rows[index].form = .pairs }
                start = end
            } else {
                if rows[start].isNamed { rows[start].form = .pairs }
                start += 1
            }
        }
        // White above what is more than the lines of a paragraph leave between them.
        let steps = zip(rows, rows.dropFirst()).map { ($1.y - $0.y) / max($0.height, $1.height) }
        let usual = steps.sorted().dropFirst(steps.count / 4).first ?? 1
        for index in steps.indices where steps[index] > max(1.7 * usual, usual + 0.8) {
            rows[index + 1].beginsParagraph = true
        }
        return rows
    }

    /// Whether what stands on the left asks for what stands on the right.
    private var isNamed: Bool {
        cells.count == 2 && (cells[0].last?.text.hasSuffix(":") ?? false)
    }

    private func extent(_ cell: Int) -> (left: Float, right: Float) {
        (cells[cell].first?.left ?? 0, cells[cell].last?.right ?? 0)
    }
}

// MARK: Captions

extension PageRow {
    /// Rows, of which those that hold the names of what stands above or below, each name with one number, are pairs:
    /// the labels of a chart.
    private static func captioned(_ block: [[UprightLine]]) -> [PageRow] {
        var taken: Set<Int> = [], pairs: [Int: PageRow] = [:]
        for (number, row) in block.enumerated() where row.count > 2 && !row.contains(where: \.isNumeric) {
            let others = block.enumerated().filter { $0.offset != number }.flatMap(\.element)
                .filter { !taken.contains($0.index) && $0.isNumeric }
            let values = row.map { name in
                others.filter { abs($0.x - name.x) < 0.5 * max(name.width, $0.width) }
            }
            let found = zip(row, values).compactMap { name, values in values.count == 1 ? (name, values[0]) : nil }
            // Numbers in one row are a table's, and those of a chart stand at heights of their own.
            let heights = found.map(\.1.y)
            guard found.count == row.count, let low = heights.min(), let high = heights.max(),
                high - low > 0.5 * row.medianHeight
            else { continue }
            taken.formUnion(found.map(\.1.index))
            pairs[number] = PageRow(found)
        }
        return block.enumerated().compactMap { number, row in
            if let paired = pairs[number] { return paired }
            let left = row.filter { !taken.contains($0.index) }
            return left.isEmpty ? nil : PageRow(left)
        }
    }
}

// MARK: Tables

extension PageRow {
    /// Where a table that begins at a row ends: rows of three cells or more, or of some of a table's columns.
    private static func endOfTable(_ rows: [PageRow], from start: Int) -> Int? {
        guard rows[start].cells.count > 1, rows[start].form == .cells else { return nil }
        var end = start + 1, wide = rows[start].cells.count > 2 ? 1 : 0
        while end < rows.count, rows[end].cells.count > 1, rows[end].form == .cells,
            rows[end].y - rows[end - 1].y < 4 * rows[end].height, columns(rows[start...end]) != nil
        {
            wide += rows[end].cells.count > 2 ? 1 : 0
            end += 1
            if wide == 0, end > start + 4 { return nil }
        }
        return wide > 1 ? end : nil
    }

    /// What the columns of a table reach over; nil where cells of one row would share one.
    private static func columns(_ rows: ArraySlice<PageRow>) -> [(left: Float, right: Float)]? {
        let extents = rows.flatMap { row in row.cells.indices.map { row.extent($0) } }.sorted { $0.left < $1.left }
        var columns: [(left: Float, right: Float)] = []
        for extent in extents {
            if let last = columns.last, extent.left <= last.right {
                columns[columns.count - 1].right = max(last.right, extent.right)
            } else {
                columns.append(extent)
            }
        }
        let most = rows.map(\.cells.count).max() ?? 0
        return columns.count >= most && columns.count <= most + 1 ? columns : nil
    }

    /// Puts every cell into its column, so that what is missing in a row stays empty.
    private static func align(_ rows: inout [PageRow], _ table: Range<Int>) {
        guard let columns = columns(rows[table]) else { return }
        for index in table {
            var cells = [[UprightLine]](repeating: [], count: columns.count)
            for cell in rows[index].cells.indices {
                let left = rows[index].extent(cell).left
                let column = columns.lastIndex { $0.left <= left } ?? 0
                cells[column] += rows[index].cells[cell]
            }
            rows[index].cells = cells
        }
    }
}

// MARK: Forms

extension PageRow {
    /// Where a form or a list of prices that begins at a row ends: rows of two cells of which the left ones are names
    /// that stand under each other.
    private static func endOfForm(_ rows: [PageRow], from start: Int) -> Int? {
        guard rows[start].isPair else { return nil }
        var end = start + 1
        while end < rows.count, rows[end].isPair, rows[end].isUnder(rows[end - 1]) { end += 1 }
        return end > start + 1 ? end : nil
    }

    private var isPair: Bool {
        form == .cells && cells.count == 2 && cells[0].contains { $0.text.hasLetter } && !cells[0][0].isNumeric
    }

    /// Whether names and values stand under those of a row above, on one of their sides.
    private func isUnder(_ above: PageRow) -> Bool {
        let tolerance = 1.5 * max(height, above.height)
        func agree(_ cell: Int) -> Bool {
            let mine = extent(cell), its = above.extent(cell)
            return abs(mine.left - its.left) < tolerance || abs(mine.right - its.right) < tolerance
        }
        return agree(0) && agree(1) && y - above.y < 6 * height
    }
}
