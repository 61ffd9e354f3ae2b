/// Points of a mask that hang together by their sides or corners, as runs of rows.
struct MaskRegion: Sendable {
    /// The first and the last point of each run.
    private(set) var ends: [GridPoint] = []
    private(set) var pointCount = 0

    fileprivate mutating func add(row: Int, _ run: Range<Int>) {
        ends.append(GridPoint(x: run.lowerBound, y: row))
        if run.count > 1 { ends.append(GridPoint(x: run.upperBound - 1, y: row)) }
        pointCount += run.count
    }

    /// All regions of a mask, from the top on.
    ///
    /// A hole in a region is no region of its own: what is in it lies below the threshold.
    /// - Parameter row: Says which points of a row are set.
    static func all(width: Int, height: Int, row: (_ y: Int, _ points: inout [Bool]) -> Void) -> [MaskRegion] {
        var points = [Bool](repeating: false, count: width)
        var runs: [(row: Int, range: Range<Int>)] = []
        // Each run points to one that it hangs together with, and at last to the first of its region.
        var parents: [Int] = []
        func root(_ index: Int) -> Int {
            var index = index
            while parents[index] != index {
                parents[index] = parents[parents[index]]
                index = parents[index]
            }
            return index
        }
        var above = 0..<0
        for y in 0..<height {
            row(y, &points)
            let first = runs.count
            var x = 0
            while x < width {
                guard points[x] else {
                    x += 1
                    continue
                }
                let start = x
                while x < width, points[x] { x += 1 }
                parents.append(runs.count)
                runs.append((y, start..<x))
            }
            // Both rows are walked through side by side.
            var upper = above.lowerBound, lower = first
            while upper < above.upperBound, lower < runs.count {
                let one = runs[upper].range, other = runs[lower].range
                if one.lowerBound <= other.upperBound, other.lowerBound <= one.upperBound {
                    let (a, b) = (root(upper), root(lower))
                    parents[max(a, b)] = min(a, b)
                }
                if one.upperBound < other.upperBound { upper += 1 } else { lower += 1 }
            }
            above = first..<runs.count
        }
        var regions: [MaskRegion] = [], places: [Int: Int] = [:]
        for (index, run) in runs.enumerated() {
            let root = root(index)
            let place = places[root] ?? regions.count
            if place == regions.count {
                places[root] = place
                regions.append(MaskRegion())
            }
            regions[place].add(row: run.row, run.range)
        }
        return regions
    }
}
