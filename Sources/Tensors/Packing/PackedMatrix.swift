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

    /// Packs a file's matrix of `rows` × `columns`, row after row in blocks of `dtype`.
    /// - Precondition: `dtype.isWeight`, rows divide into its blocks, and `source` holds them all: the loader has
    ///   checked the tensor's shape and type.
    @unsafe public init(
        _ source: UnsafeRawBufferPointer, dtype: DType, rows: Int, columns: Int, pool: ComputePool
    ) {
        guard let family = dtype.panelFamily else { preconditionFailure("\(dtype.name) is no dtype of weights") }
        let rowBytes = columns / dtype.blockElements * dtype.blockBytes
        precondition(columns % dtype.blockElements == 0, "\(columns) columns in blocks of \(dtype.blockElements)")
        precondition(source.count == rows * rowBytes, "\(source.count) bytes for \(rows) × \(columns)")
        self.rows = rows
        self.columns = columns
        self.dtype = dtype
        self.family = family
        let panelBytes = tutti_panel_bytes(family, columns)
        self.panelBytes = panelBytes
        let count = (rows + PackedMatrix.panelRows - 1) / PackedMatrix.panelRows
        let memory = AlignedMemory(byteCount: max(1, count * panelBytes))
        self.memory = memory
        let chunk = 4
        pool.run((count + chunk - 1) / chunk) { index, _ in
            for panel in index * chunk..<min(count, (index + 1) * chunk) {
                let first = panel * PackedMatrix.panelRows
                unsafe tutti_pack_panel(
                    family, dtype.rawValue, source.baseAddress! + first * rowBytes, rowBytes,
                    min(PackedMatrix.panelRows, rows - first), columns, memory.base + panel * panelBytes)
            }
        }
    }

    /// What the panels of such a matrix take in memory; nil for dtypes that are not weights.
    public static func byteCount(_ dtype: DType, rows: Int, columns: Int) -> Int? {
        dtype.panelFamily.map { (rows + panelRows - 1) / panelRows * tutti_panel_bytes($0, columns) }
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
