public import TuttiTensors

/// What a checkpoint says about one tensor: its name, shape, storage and place.
public struct TensorEntry: Sendable, Equatable {
    public let name: String
    /// The shape as GGUF writes it: the fastest dimension (a row's length) first, at most four.
    public let dimensions: [Int]
    /// How the numbers are stored; nil for a type that is not read here.
    public let dtype: DType?
    /// The storage type's name, such as `Q4_K`, also where `dtype` is nil.
    public let typeName: String
    /// The size of the stored numbers; 0 where the type is not even known by name.
    public let byteCount: Int
    /// Which part of a split model holds it (0 for a single file).
    package let part: Int
    /// Where its bytes begin in that part, from the start of the file.
    package let offset: Int

    /// The shape with the slowest dimension first: a matrix is `[rows, columns]`.
    public var shape: [Int] { dimensions.reversed() }

    /// How many numbers it holds.
    public var elementCount: Int { dimensions.reduce(1, *) }
}

/// The storage types of GGUF, also those whose names and sizes are all that is known here.
///
/// - SeeAlso: the GGUF specification, `ggml_type`.
struct StorageType: Equatable {
    let name: String
    let dtype: DType?
    /// How many elements share a block and the bytes of a block; nil where nothing is known of the type.
    let block: (elements: Int, bytes: Int)?

    init(_ raw: UInt32) {
        if let dtype = DType(rawValue: raw) {
            (name, self.dtype) = (dtype.name, dtype)
            block = (dtype.blockElements, dtype.blockBytes)
        } else if let (name, elements, bytes) = Self.others[raw] {
            (self.name, dtype) = (name, nil)
            block = (elements, bytes)
        } else {
            (name, dtype) = ("type \(raw)", nil)
            block = nil
        }
    }

    static func == (a: Self, b: Self) -> Bool { a.name == b.name }

    private static let others: [UInt32: (String, Int, Int)] = [
        16: ("IQ2_XXS", 256, 66), 17: ("IQ2_XS", 256, 74), 18: ("IQ3_XXS", 256, 98), 19: ("IQ1_S", 256, 50),
        21: ("IQ3_S", 256, 110), 22: ("IQ2_S", 256, 82), 29: ("IQ1_M", 256, 56), 34: ("TQ1_0", 256, 54),
        35: ("TQ2_0", 256, 66), 40: ("NVFP4", 64, 36),
    ]
}
