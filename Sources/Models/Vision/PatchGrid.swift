import TuttiTensors

/// A picture, or one tile of it, cut in squares: a row for each, from the top left, with the numbers of one channel after
/// the other.
struct PatchGrid: Sendable {
    /// Patches from top to bottom, and from left to right.
    let rows: Int
    let columns: Int
    /// `[rows · columns, channels · side · side]`.
    let values: [Float]
    /// The patches that have something of the picture in them; nil where all have.
    let seen: [Int]?

    var count: Int { rows * columns }
    /// The numbers of one patch.
    var width: Int { values.count / max(1, count) }

    /// Cuts one tile. What is too narrow for a patch on the right and below is left out.
    /// - Parameters:
    ///   - pixels: `[channels, height, width]`.
    ///   - side: Of a patch, in pixels.
    ///   - isPicture: For every pixel whether it is of the picture rather than padding; empty where all are.
    init(
        _ pixels: ArraySlice<Float>, channels: Int = 3, height: Int, width: Int, side: Int,
        isPicture: ArraySlice<Bool> = []
    ) {
        precondition(pixels.count == channels * height * width, "PatchGrid: \(pixels.count) of \(width)×\(height)")
        let (rows, columns) = (height / side, width / side), total = rows * columns * channels * side * side
        values = unsafe [Float](unsafeUninitializedCapacity: total) { buffer, count in
            guard total > 0, let target = buffer.baseAddress else { return }
            unsafe pixels.withUnsafeBufferPointer { source in
                guard let source = source.baseAddress else { return }
                var to = unsafe target
                for row in 0..<rows {
                    for column in 0..<columns {
                        for channel in 0..<channels {
                            for line in 0..<side {
                                let from = (channel * height + row * side + line) * width + column * side
                                unsafe to.initialize(from: source + from, count: side)
                                unsafe to += side
                            }
                        }
                    }
                }
            }
            count = total
        }
        (self.rows, self.columns) = (rows, columns)
        guard isPicture.contains(false) else {
            seen = nil
            return
        }
        let first = isPicture.startIndex
        seen = (0..<rows * columns).filter { patch in
            let top = patch / columns * side, left = patch % columns * side
            return (top..<top + side).contains { line in
                let start = first + line * width + left
                return isPicture[start..<start + side].contains(true)
            }
        }
    }

    /// Cuts the tile at `index` of a picture whose values are `[tiles, 3, height, width]`.
    init(_ picture: PreparedPicture, tile index: Int, side: Int) {
        let (height, width) = (picture.shape[2], picture.shape[3]), count = height * width
        self.init(
            picture.values[index * 3 * count..<(index + 1) * 3 * count], height: height, width: width, side: side,
            isPicture: picture.mask.isEmpty ? [] : picture.mask[index * count..<(index + 1) * count])
    }

    /// The patches in the order in which squares of `side` × `side` of them lie together: square after square, and within
    /// one by rows.
    static func bySquares(rows: Int, columns: Int, side: Int) -> [Int] {
        var order: [Int] = []
        order.reserveCapacity(rows * columns)
        for top in stride(from: 0, through: rows - side, by: side) {
            for left in stride(from: 0, through: columns - side, by: side) {
                for row in top..<top + side {
                    for column in left..<left + side { order.append(row * columns + column) }
                }
            }
        }
        return order
    }
}
