public import TuttiTensors

/// What can be wrong with a model file, said so that its owner can mend it.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
    /// The file cannot be opened or mapped.
    case unreadable(MappedFileError)
    /// The file is shorter than its own header says.
    case truncated(file: String, needs: Int, has: Int)
    /// A count is larger than what the rest of the file can hold.
    case absurdCount(file: String, things: String, count: UInt64, remaining: Int)
    /// The file is of another format, version or byte order; the text says which.
    case unsupported(file: String, String)
    /// The file breaks its format's rules; the text says where.
    case malformed(file: String, String)
    /// Parts of a split model are missing or do not belong together.
    case split(file: String, String)
    case missingTensor(file: String, name: String)
    /// A tensor has another shape than its model's code expects; both with the slowest dimension first.
    case wrongShape(file: String, name: String, shape: [Int], expected: [Int])
    /// A tensor is stored in a format that is not read here.
    case unsupportedType(file: String, name: String, type: String)

    public var description: String {
        switch self {
        case .unreadable(let error):
            "\(error)"
        case .truncated(let file, let needs, let has):
            "\(file) has \(has) bytes, its header asks for \(needs): the download stopped early, or the file is damaged. "
                + "Fetch it again."
        case .absurdCount(let file, let things, let count, let remaining):
            "\(file) claims \(count) \(things), but only \(remaining) bytes follow: the file is damaged or cut short. "
                + "Fetch it again."
        case .unsupported(let file, let reason):
            "\(file) cannot be read: \(reason)."
        case .malformed(let file, let reason):
            "\(file) is damaged: \(reason). Fetch it again, or ask its maker."
        case .split(let file, let reason):
            "\(file) is part of a split model: \(reason)."
        case .missingTensor(let file, let name):
            "\(file) has no tensor `\(name)`, which its architecture needs."
        case .wrongShape(let file, let name, let shape, let expected):
            "\(file): tensor `\(name)` has shape \(shape), expected \(expected)."
        case .unsupportedType(let file, let name, let type):
            "\(file): tensor `\(name)` is stored as \(type), which is not supported. Supported are "
                + DType.allCases.map(\.name).joined(separator: ", ") + "."
        }
    }
}
