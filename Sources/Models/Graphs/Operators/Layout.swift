import TuttiTensors

/// The two orders of numbers: ONNX has channels first, `[channels, frames]`; the packed operators have `[frames,
/// channels]`.
enum Layout {
    /// Turns a matrix over, on all threads where it is large.
    /// - Parameters:
    ///   - from: `[rows, columns]`.
    ///   - to: `[columns, rows]`.
    @unsafe static func transpose<T: BitwiseCopyable>(
        _ from: UnsafePointer<T>, rows: Int, columns: Int, into to: UnsafeMutablePointer<T>, _ pool: ComputePool
    ) {
        unsafe transpose(from, rows: rows, columns: columns, into: to, pool) { value, _ in value }
    }

    /// The same, of numbers that are changed on the way.
    /// - Parameter change: Gets a number and its column.
    @inline(__always) @unsafe static func transpose<T: BitwiseCopyable, Result: BitwiseCopyable>(
        _ from: UnsafePointer<T>, rows: Int, columns: Int, into to: UnsafeMutablePointer<Result>, _ pool: ComputePool,
        _ change: @escaping (T, _ column: Int) -> Result
    ) {
        // A tile's lines of both matrices fit in the first-level cache.
        let tile = 32, stretch = 256
        let across = (columns + tile - 1) / tile, down = (rows + stretch - 1) / stretch
        let work = { (index: Int, _: Int) in
            let columnRange = index % across * tile..<min(columns, (index % across + 1) * tile)
            let rowRange = index / across * stretch..<min(rows, (index / across + 1) * stretch)
            for first in stride(from: rowRange.lowerBound, to: rowRange.upperBound, by: tile) {
                let rows32 = first..<min(rowRange.upperBound, first + tile)
                for column in columnRange {
                    for row in rows32 {
                        unsafe to[column * rows + row] = change(from[row * columns + column], column)
                    }
                }
            }
        }
        if rows * columns < 1 << 15 {
            for index in 0..<across * down { work(index, 0) }
        } else {
            pool.run(across * down, work)
        }
    }
}
