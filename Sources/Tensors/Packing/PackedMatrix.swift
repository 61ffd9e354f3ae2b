package import CKernels

extension DType {
    /// The family of panels that this dtype is packed in, nil for dtypes that are not weights.
    var panelFamily: tutti_family? {
        switch self {
        case .f32: TUTTI_F32
        case .f16: TUTTI_F16
        case .bf16: TUTTI_BF16
        case .q4_0: TUTTI_Q4_0
        case .q4_1: TUTTI_Q4_1
        case .q5_0: TUTTI_Q5_0
        case .q5_1: TUTTI_Q5_1
        case .q8_0: TUTTI_Q8_0
        case .q4K: TUTTI_Q4_K
        case .q6K: TUTTI_Q6_K
        case .q2K, .q3K, .q5K, .iq4NL, .iq4XS, .mxfp4: TUTTI_W8
        case .i8, .i16, .i32, .i64, .f64: nil
        }
    }

    /// Whether matrices of this dtype can be packed and multiplied.
    public var isWeight: Bool { panelFamily != nil }
}

/// A matrix of weights in panels of sixteen rows, in the order that the widest kernel reads.
///
/// Packing keeps every value of the file: integers and scales move, nothing is rounded. `CKernels/tutti_linear.h`
/// draws the panels.
@safe public struct PackedMatrix: Sendable {
    /// Outputs of the product.
    public let rows: Int
    /// Inputs of the product.
    public let columns: Int
    public let dtype: DType
    package let family: tutti_family
    let panelBytes: Int
    private let memory: AlignedMemory

    public static let panelRows = Int(TUTTI_PANEL_ROWS)
    /// How much of a source is packed before `isRead` is told.
    public static let sourceByteCount = 16 << 20

    /// Packs a file's matrix of `rows` × `columns`, row after row in blocks of `dtype`.
    /// - Parameter isRead: Called now and then with the bytes of `source` that are not read again.
    /// - Precondition: `dtype.isWeight`, rows divide into its blocks, and `source` holds them all: the loader has
    ///   checked the tensor's shape and type.
    @unsafe public init(
        _ source: UnsafeRawBufferPointer, dtype: DType, rows: Int, columns: Int, pool: ComputePool,
        isRead: (Range<Int>) -> Void = { _ in }
    ) {
        self.init(empty: dtype, rows: rows, columns: columns)
        let rowBytes = columns / dtype.blockElements * dtype.blockBytes
        precondition(source.count == rows * rowBytes, "\(source.count) bytes for \(rows) × \(columns)")
        guard let base = source.baseAddress else { return }
        let matrix = self
        eachPanel(pool, rowBytes, isRead) { panel, panelRows, _ in
            unsafe matrix.pack(panel, base + panelRows.lowerBound * rowBytes, rowBytes, rows: panelRows.count)
        }
    }

    /// Packs a file's matrix in another format than the file's: its rows are quantised on the way.
    /// - Parameters:
    ///   - stored: The format of `source`.
    ///   - dtype: The format that they are quantised to, one with `canQuantize`, into whose blocks rows divide.
    ///   - isRead: Called now and then with the bytes of `source` that are not read again.
    /// - Returns: Nil where a number cannot be stored in that format: an infinity, or none.
    /// - Precondition: As of the other `init`.
    @unsafe public init?(
        _ source: UnsafeRawBufferPointer, from stored: DType, to dtype: DType, rows: Int, columns: Int,
        pool: ComputePool, isRead: (Range<Int>) -> Void = { _ in }
    ) {
        self.init(empty: dtype, rows: rows, columns: columns)
        let storedBytes = columns / stored.blockElements * stored.blockBytes
        let rowBytes = columns / dtype.blockElements * dtype.blockBytes
        precondition(source.count == rows * storedBytes, "\(source.count) bytes for \(rows) × \(columns)")
        guard unsafe source.baseAddress != nil else { return }
        let matrix = self
        // For each thread: sixteen rows of blocks, the floats of one row, and whether all could be stored.
        let floatBytes = columns * MemoryLayout<Float>.size, blockBytes = PackedMatrix.panelRows * rowBytes
        let scratchBytes = (floatBytes + blockBytes + 63) / 64 * 64
        let scratch = AlignedMemory(byteCount: pool.threadCount * scratchBytes)
        let failures = AlignedMemory(byteCount: pool.threadCount)
        eachPanel(pool, storedBytes, isRead) { panel, panelRows, worker in
            let floats = unsafe scratch.base + worker * scratchBytes
            let blocks = unsafe floats + floatBytes
            let values = unsafe UnsafeMutableBufferPointer(
                start: floats.bindMemory(to: Float.self, capacity: columns), count: columns)
            for (place, row) in panelRows.enumerated() {
                unsafe stored.dequantize(
                    UnsafeRawBufferPointer(rebasing: source[row * storedBytes..<(row + 1) * storedBytes]), into: values)
                if unsafe !dtype.canHold(UnsafeBufferPointer(values)) {
                    unsafe failures.base.storeBytes(of: 1, toByteOffset: worker, as: UInt8.self)
                }
                unsafe dtype.quantize(
                    UnsafeBufferPointer(values),
                    into: UnsafeMutableRawBufferPointer(start: blocks + place * rowBytes, count: rowBytes))
            }
            unsafe matrix.pack(panel, blocks, rowBytes, rows: panelRows.count)
        }
        for worker in 0..<pool.threadCount {
            if unsafe failures.base.load(fromByteOffset: worker, as: UInt8.self) != 0 { return nil }
        }
    }

    private init(empty dtype: DType, rows: Int, columns: Int) {
        guard let family = dtype.panelFamily else { preconditionFailure("\(dtype.name) is no dtype of weights") }
        precondition(columns % dtype.blockElements == 0, "\(columns) columns in blocks of \(dtype.blockElements)")
        self.rows = rows
        self.columns = columns
        self.dtype = dtype
        self.family = family
        panelBytes = tutti_panel_bytes(family, columns)
        let count = (rows + PackedMatrix.panelRows - 1) / PackedMatrix.panelRows
        memory = AlignedMemory(lasting: max(1, count * panelBytes))
    }

    /// Calls `body` with every panel and its rows, on all threads, and `isRead` with their source after some megabytes:
    /// so a large matrix is never in memory twice.
    private func eachPanel(
        _ pool: ComputePool, _ rowBytes: Int, _ isRead: (Range<Int>) -> Void,
        _ body: @escaping (_ panel: Int, _ rows: Range<Int>, _ worker: Int) -> Void
    ) {
        let count = panelCount, chunk = 4, rows = rows, panelRows = PackedMatrix.panelRows
        let stretch = max(chunk, PackedMatrix.sourceByteCount / max(1, rowBytes * panelRows))
        for start in stride(from: 0, to: count, by: stretch) {
            let end = min(count, start + stretch)
            pool.run((end - start + chunk - 1) / chunk) { index, worker in
                for panel in start + index * chunk..<min(end, start + (index + 1) * chunk) {
                    let first = panel * panelRows
                    body(panel, first..<min(rows, first + panelRows), worker)
                }
            }
            isRead(start * panelRows * rowBytes..<min(rows, end * panelRows) * rowBytes)
        }
    }

    /// What the panels of such a matrix take in memory; nil for dtypes that are not weights.
    public static func byteCount(_ dtype: DType, rows: Int, columns: Int) -> Int? {
        dtype.panelFamily.map { (rows + panelRows - 1) / panelRows * tutti_panel_bytes($0, columns) }
    }

    @unsafe private func pack(_ panel: Int, _ source: UnsafeRawPointer, _ rowBytes: Int, rows: Int) {
        unsafe tutti_pack_panel(
            family, dtype.rawValue, source, rowBytes, rows, columns, memory.base + panel * panelBytes)
    }

    public var panelCount: Int { (rows + PackedMatrix.panelRows - 1) / PackedMatrix.panelRows }

    /// What the panels take in memory.
    public var byteCount: Int { panelCount * panelBytes }

    /// Whether activations are rounded to 8 bits for the product, rather than kept as floats.
    package var isInteger: Bool { family.rawValue < TUTTI_F32.rawValue }

    @unsafe package func panel(_ index: Int) -> UnsafeRawPointer {
        unsafe UnsafeRawPointer(memory.base + index * panelBytes)
    }
}
