import CKernels

/// A matrix of unsigned bytes with one scale and one zero point for the whole, packed in panels of sixteen rows: what
/// ONNX's quantised models hold. A weight is `scale · (byte - zero)`.
///
/// Products round the other side to bytes too and are exact from there on: see `Step.linear(_:_:rounding:)`.
@safe public struct ByteMatrix: Sendable {
    /// Outputs of the product.
    public let rows: Int
    /// Inputs of the product.
    public let columns: Int
    public let scale: Float
    /// 0 to 255.
    public let zero: Int
    let panelBytes: Int
    private let memory: AlignedMemory
    /// The sum of each row's bytes, filled up to whole panels.
    private let sums: [Int32]

    public static let panelRows = Int(TUTTI_PANEL_ROWS)
    /// The most columns whose products surely fit in 32 bits.
    public static let maximumColumns = Int(TUTTI_BYTE_MAX_COLUMNS)

    /// - Parameters:
    ///   - source: `rows · columns` bytes.
    ///   - isTransposed: Whether they lie column after column, `[columns, rows]`, as ONNX has weights.
    /// - Precondition: As many as that, no more than ``maximumColumns``; the loader has checked it.
    @unsafe public init(
        _ source: UnsafeRawBufferPointer, rows: Int, columns: Int, isTransposed: Bool, scale: Float, zero: Int
    ) {
        precondition(source.count == rows * columns, "\(source.count) bytes for \(rows) × \(columns)")
        precondition(columns <= ByteMatrix.maximumColumns, "\(columns) columns")
        precondition(zero >= 0 && zero < 256, "a zero point of \(zero)")
        (self.rows, self.columns, self.scale, self.zero) = (rows, columns, scale, zero)
        panelBytes = tutti_byte_panel_bytes(columns)
        let count = (rows + ByteMatrix.panelRows - 1) / ByteMatrix.panelRows
        let memory = AlignedMemory(lasting: max(1, count * panelBytes)), panelBytes = panelBytes
        self.memory = memory
        var sums = [Int32](repeating: 0, count: count * ByteMatrix.panelRows)
        guard let base = unsafe source.assumingMemoryBound(to: UInt8.self).baseAddress else {
            self.sums = sums
            return
        }
        let strides = isTransposed ? (row: 1, column: rows) : (row: columns, column: 1)
        unsafe sums.withUnsafeMutableBufferPointer { sums in
            guard let sums = sums.baseAddress else { return }
            for panel in 0..<count {
                let first = panel * ByteMatrix.panelRows
                unsafe tutti_pack_bytes(
                    base + first * strides.row, strides.row, strides.column, min(ByteMatrix.panelRows, rows - first),
                    columns, memory.base + panel * panelBytes, sums + first)
            }
        }
        self.sums = sums
    }

    public var panelCount: Int { (rows + ByteMatrix.panelRows - 1) / ByteMatrix.panelRows }

    /// What the panels take in memory.
    public var byteCount: Int { panelCount * panelBytes }

    /// Calls `body` with each of `panels`, its place and what is added to its outputs.
    func each(_ panels: Range<Int>, bias: [Float]?, _ body: (_ panel: Int, UnsafePointer<tutti_byte_panel>) -> Void) {
        unsafe sums.withUnsafeBufferPointer { sums in
            unsafe (bias ?? []).withUnsafeBufferPointer { bias in
                for panel in panels {
                    let first = panel * ByteMatrix.panelRows
                    var weights = unsafe tutti_byte_panel(
                        panel: UnsafeRawPointer(memory.base + panel * panelBytes), columns: columns, scale: scale,
                        zero: Int32(zero), sums: sums.baseAddress! + first,
                        bias: bias.isEmpty ? nil : bias.baseAddress! + first)
                    unsafe body(panel, &weights)
                }
            }
        }
    }

    /// A row as it stands for numbers.
    @unsafe func read(row: Int, into out: UnsafeMutablePointer<Float>) {
        precondition(row >= 0 && row < rows, "row \(row) of \(rows)")
        let panel = unsafe memory.base + row / ByteMatrix.panelRows * panelBytes
        for column in 0..<columns {
            let place = 64 * (column / 4) + 4 * (row % ByteMatrix.panelRows) + column % 4
            unsafe out[column] = Float(Int(panel.load(fromByteOffset: place, as: UInt8.self)) - zero) * scale
        }
    }
}
