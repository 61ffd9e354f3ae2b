import CKernels
import Synchronization

/// The table of token embeddings, read row by row from the checkpoint's own blocks.
///
/// The system maps sixteen pages around each row that is read, so a long prompt would bring all of a large table into
/// memory: after every ``rowsBetweenReleases`` rows the pages are given back, in the middle of a prompt too.
@safe public struct EmbeddingTable: Sendable {
    public let rows: Int
    public let width: Int
    public let dtype: DType
    // Unchecked: read-only bytes that `owner` keeps alive.
    private nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    /// Keeps the mapping that `bytes` points into.
    private let owner: any Sendable & AnyObject
    private let reading: Reading

    /// Rows after which the pages that were read are given back.
    package static let rowsBetweenReleases = 32
    /// About the most of a table that is in memory: what was read before, and as much again.
    package static let residentByteCount = 2 * rowsBetweenReleases << 16

    /// What was read since pages were given back.
    private final class Reading: Sendable {
        let rows = Atomic(0)
        let release: (@Sendable () -> Void)?

        init(release: (@Sendable () -> Void)?) { self.release = release }

        func note(_ count: Int) {
            guard let release else { return }
            if rows.add(count, ordering: .relaxed).newValue >= EmbeddingTable.rowsBetweenReleases {
                rows.store(0, ordering: .relaxed)
                release()
            }
        }
    }

    /// - Parameters:
    ///   - bytes: `rows` × `width` in blocks of `dtype`, alive as long as `owner` is.
    ///   - release: Gives back the memory of the bytes, which stay readable; nil where they are no file's.
    /// - Precondition: The loader has checked shape and type.
    @unsafe public init(
        _ bytes: UnsafeRawBufferPointer, dtype: DType, rows: Int, width: Int, owner: any Sendable & AnyObject,
        release: (@Sendable () -> Void)? = nil
    ) {
        precondition(bytes.count == rows * width / dtype.blockElements * dtype.blockBytes, "embedding size")
        self.rows = rows
        self.width = width
        self.dtype = dtype
        unsafe self.bytes = bytes
        self.owner = owner
        reading = Reading(release: release)
    }

    /// Says that `count` rows were read.
    fileprivate func note(read count: Int) { reading.note(count) }

    @unsafe func read(row: Int, into out: UnsafeMutablePointer<Float>) {
        let rowBytes = width / dtype.blockElements * dtype.blockBytes
        let blocks = unsafe UnsafeRawBufferPointer(rebasing: bytes[row * rowBytes..<(row + 1) * rowBytes])
        unsafe dtype.dequantize(blocks, into: UnsafeMutableBufferPointer(start: out, count: width))
    }
}

extension Step {
    /// The embeddings of `tokens`, `[tokens, width]`.
    /// - Precondition: Every token is below `table.rows`.
    public func embed(_ tokens: [Token], _ table: EmbeddingTable) -> Tensor {
        let y = scratch(tokens.count, table.width)
        for first in stride(from: 0, to: tokens.count, by: EmbeddingTable.rowsBetweenReleases) {
            let count = min(EmbeddingTable.rowsBetweenReleases, tokens.count - first)
            split(count, width: table.width) { rows in
                for r in first + rows.lowerBound..<first + rows.upperBound {
                    precondition(tokens[r] >= 0 && Int(tokens[r]) < table.rows, "token \(tokens[r]) of \(table.rows)")
                    unsafe table.read(row: Int(tokens[r]), into: y.row(r))
                }
            }
            table.note(read: count)
        }
        return y
    }

    /// `y = x`.
    public func copy(_ x: Tensor, to y: Tensor) {
        precondition(x.rows == y.rows && x.width == y.width, "copy: \(x.rows) × \(x.width)")
        unsafe y.base.update(from: x.base, count: x.count)
    }

    /// Writes values over some rows of `x`.
    /// - Parameter values: `[rows, width]`.
    public func write(_ values: ArraySlice<Float>, to x: Tensor, rows: Range<Int>) {
        precondition(values.count == rows.count * x.width && rows.upperBound <= x.rows, "write: \(rows)")
        guard !rows.isEmpty else { return }
        unsafe values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            unsafe x.row(rows.lowerBound).update(from: base, count: values.count)
        }
    }

    /// Some rows of `x`, copied in the order given.
    public func gather(_ x: Tensor, rows: [Int]) -> Tensor {
        let y = scratch(rows.count, x.width)
        for (place, row) in rows.enumerated() { unsafe y.row(place).update(from: x.row(row), count: x.width) }
        return y
    }
}
