/// A value of a pickle, of the few kinds that files of weights are made of.
enum PickleValue: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    /// An integer of more than 64 bits: its bytes, the lowest first.
    case wide([UInt8])
    case text(String)
    case tuple([PickleValue])
    case list([PickleValue])
    /// In the order in which they were set.
    case dictionary([(key: PickleValue, value: PickleValue)])
    case global(PickleGlobal)
    case storage(TorchStorage)
    case tensor(TorchView)
}

/// What a pickle may name of Python. Everything else is refused: to unpickle what a file names is to run it.
enum PickleGlobal: String, Sendable {
    case orderedDictionary = "collections OrderedDict"
    case rebuildTensor = "torch._utils _rebuild_tensor_v2"
    case floats = "torch FloatStorage"
    case halves = "torch HalfStorage"
    case brains = "torch BFloat16Storage"
    case longs = "torch LongStorage"

    /// What a storage is of; nil for what is none.
    var element: TorchElement? {
        switch self {
        case .floats: .float32
        case .halves: .float16
        case .brains: .bfloat16
        case .longs: .int64
        case .orderedDictionary, .rebuildTensor: nil
        }
    }
}

/// The kinds of numbers that are read.
enum TorchElement: Sendable {
    case float32, float16, bfloat16, int64

    var byteCount: Int {
        switch self {
        case .float16, .bfloat16: 2
        case .float32: 4
        case .int64: 8
        }
    }
}

/// Numbers one after the other, which tensors look into.
struct TorchStorage: Sendable {
    let key: String
    let element: TorchElement
    let count: Int
}

/// A tensor: how it looks into its storage.
struct TorchView: Sendable {
    let storage: TorchStorage
    /// In numbers.
    let offset: Int
    let shape: [Int]
    let strides: [Int]
}
