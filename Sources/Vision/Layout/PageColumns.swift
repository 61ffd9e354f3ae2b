/// Tells columns of running text from what belongs together across a page.
enum PageColumns {
    /// Parts of a page that are read one after the other; each is read row by row.
    static func blocks(_ lines: [UprightLine]) -> [[[UprightLine]]] {
        guard !lines.isEmpty else { return [] }
        let bands = bands(lines)
        var blocks: [[[UprightLine]]] = [], rows: [[UprightLine]] = []
        var index = 0
        while index < bands.count {
            guard let (end, river) = columns(bands, from: index) else {
                rows += self.rows(bands[index])
                index += 1
                continue
            }
            if !rows.isEmpty { blocks.append(rows) }
            rows = []
            let inside = bands[index..<end].flatMap { $0 }
            blocks += self.blocks(inside.filter { $0.x < river }) + self.blocks(inside.filter { $0.x >= river })
            index = end
        }
        if !rows.isEmpty { blocks.append(rows) }
        return blocks
    }

    /// Lines from the top on, those that reach into each other's heights together.
    private static func bands(_ lines: [UprightLine]) -> [[UprightLine]] {
        var bands: [[UprightLine]] = [], bottom = -Float.infinity
        for line in lines.sorted(by: { ($0.core.lowerBound, $0.left) < ($1.core.lowerBound, $1.left) }) {
            if line.core.lowerBound <= bottom, !bands.isEmpty {
                bands[bands.count - 1].append(line)
            } else {
                bands.append([line])
            }
            bottom = max(bottom, line.core.upperBound)
        }
        return bands
    }

    /// The rows of a band, each from the left on: there are several where text beside them has other heights.
    private static func rows(_ band: [UprightLine]) -> [[UprightLine]] {
        var rows: [(y: Float, lines: [UprightLine])] = []
        for line in band.sorted(by: { ($0.y, $0.left) < ($1.y, $1.left) }) {
            let near = rows.indices.last { abs(rows[$0].y - line.y) < 0.5 * min(line.height, rows[$0].lines[0].height) }
            if let near {
                rows[near].lines.append(line)
            } else {
                rows.append((line.y, [line]))
            }
        }
        return rows.map { $0.lines.sorted { $0.left < $1.left } }
    }

    /// After so many bands that are not set in columns, none are looked for.
    private static let patience = 8

    /// The longest stretch of bands from `start` on that is set in columns.
    /// - Returns: Its end, and where between the first two columns the paper is white from top to bottom.
    private static func columns(_ bands: [[UprightLine]], from start: Int) -> (end: Int, river: Float)? {
        var found: (end: Int, river: Float)?, inside: [UprightLine] = []
        for end in start + 1...bands.count where end - (found?.end ?? start) <= patience {
            inside += bands[end - 1]
            let rivers = rivers(inside)
            if rivers.isEmpty { break }
            let river = rivers.first { river in
                let left = inside.filter { $0.x < river }, right = inside.filter { $0.x >= river }
                return areColumns(left, right)
            }
            if let river { found = (end, river) }
        }
        return found
    }

    /// The middles of what is white from the top to the bottom, and wide enough to part text.
    private static func rivers(_ lines: [UprightLine]) -> [Float] {
        let least = lines.medianHeight
        var rivers: [Float] = [], right = Float.infinity
        for line in lines.sorted(by: { $0.left < $1.left }) {
            if line.left - right > least { rivers.append((line.left + right) / 2) }
            right = right == .infinity ? line.right : max(right, line.right)
        }
        return rivers
    }

    /// Whether both sides are running text by themselves, rather than cells of the same rows.
    private static func areColumns(_ left: [UprightLine], _ right: [UprightLine]) -> Bool {
        let least = min(left.count, right.count)
        guard least > 1, isProse(left), isProse(right) else { return false }
        if least > 2 { return true }
        // Two lines beside two are a table, unless they stand at heights of their own.
        let beside = right.filter { line in left.contains { abs($0.y - line.y) < 0.3 * line.height } }
        return 2 * beside.count < right.count
    }

    /// Whether lines look like running text: words enough, few numbers.
    private static func isProse(_ lines: [UprightLine]) -> Bool {
        let count = Float(lines.count)
        let width = lines.reduce(0) { $0 + $1.width / $1.height } / count
        let words = lines.reduce(0) { $0 + $1.wordCount } / count
        let numeric = Float(lines.count { $0.isNumeric }) / count
        return width > 6 && words >= 2.5 && numeric < 0.3
    }
}
