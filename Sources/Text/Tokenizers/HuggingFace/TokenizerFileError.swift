/// What can be wrong with a `tokenizer.json` or the files beside it, said so that their owner can mend them.
public enum TokenizerFileError: Error, Equatable, CustomStringConvertible {
    /// The folder has no `tokenizer.json`.
    case missing(folder: String)
    case unreadable(file: String, reason: String)
    /// Something in the file is not what it should be. `path`: `model.merges[12]`.
    case malformed(path: String, message: String)
    /// Something in the file is not known here.
    case unsupported(path: String, value: String, known: String)
    /// A limit that keeps hostile files from taking all memory or time.
    case tooLarge(path: String, count: Int, limit: Int)

    public var description: String {
        switch self {
        case .missing(let folder):
            "\(folder) has no tokenizer.json. Put the one of the model there, or score by token ids."
        case .unreadable(let file, let reason): "\(file) cannot be read: \(reason)"
        case .malformed(let path, let message):
            "tokenizer.json: \(path): \(message). The file is damaged or was written wrongly: fetch it again."
        case .unsupported(let path, let value, let known):
            "tokenizer.json: \(path) is '\(value)', which this version does not know (it knows \(known))."
        case .tooLarge(let path, let count, let limit):
            "tokenizer.json: \(path) has \(count), at most \(limit) are taken."
        }
    }
}
