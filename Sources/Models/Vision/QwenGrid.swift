/// The patches of a picture, or of a video's frames, as Qwen2-VL's processors lay them out: frame after frame, and in a
/// frame square after square of those that are merged into one row.
struct QwenGrid: Sendable {
    /// Frames are pairs of pictures; a single picture is its own pair.
    let frames: Int
    /// In patches.
    let rows: Int
    let columns: Int
    /// Patches along the side of what becomes one row.
    let merge: Int

    /// - Parameter grid: Frames, rows and columns, as `image_grid_thw` has them.
    init(_ grid: [Int], merge: Int) { (frames, rows, columns, self.merge) = (grid[0], grid[1], grid[2], merge) }

    /// Patches of one frame.
    var frameCount: Int { rows * columns }
    var count: Int { frames * frameCount }
    /// Patches that are merged into one row.
    var square: Int { merge * merge }

    /// Where every patch stands in its frame.
    var places: (rows: [Int32], columns: [Int32]) {
        let frame = PatchGrid.bySquares(rows: rows, columns: columns, side: merge)
        let all = (0..<frames).flatMap { _ in frame }
        return (all.map { Int32($0 / columns) }, all.map { Int32($0 % columns) })
    }

    /// The squares of `side` × `side` merged rows that patches of windowed layers see, cut off at the right and below.
    /// - Returns: The merged rows, window after window, and how many each window has.
    func windows(side: Int) -> (order: [Int], counts: [Int]) {
        let height = rows / merge, width = columns / merge
        var order: [Int] = [], counts: [Int] = []
        for frame in 0..<frames {
            for top in stride(from: 0, to: height, by: side) {
                for left in stride(from: 0, to: width, by: side) {
                    let lines = top..<min(top + side, height), places = left..<min(left + side, width)
                    for line in lines { order += places.map { (frame * height + line) * width + $0 } }
                    counts.append(lines.count * places.count)
                }
            }
        }
        return (order, counts)
    }
}
