/// A file that is there whole or not at all: written beside its place under another name, and moved there at the end.
///
/// One that is let go before `commit` leaves nothing.
final class OutputFile {
    let path: String
    private let temporary: String
    private let file: SystemFile
    private var isCommitted = false
    private(set) var byteCount = 0

    init(_ path: String) throws(CheckpointWriteError) {
        self.path = path
        temporary = path + ".partial"
        do { file = try SystemFile(temporary, .creating) } catch { throw CheckpointWriteError(error, path) }
    }

    deinit {
        if !isCommitted { SystemFile.remove(temporary) }
    }

    func write(_ bytes: RawSpan) throws(CheckpointWriteError) {
        do { try file.write(bytes) } catch { throw CheckpointWriteError(error, path) }
        byteCount += bytes.byteCount
    }

    func write(_ bytes: [UInt8]) throws(CheckpointWriteError) { try write(unsafe bytes.span.bytes) }

    /// Zeros up to the next multiple of `alignment`.
    func pad(to alignment: Int) throws(CheckpointWriteError) {
        try write([UInt8](repeating: 0, count: (alignment - byteCount % alignment) % alignment))
    }

    /// Puts the file in its place once all of it is on the disk; what was there is replaced.
    func commit() throws(CheckpointWriteError) {
        do {
            try file.synchronize()
            try SystemFile.rename(temporary, to: path)
        } catch {
            throw CheckpointWriteError(error, path)
        }
        isCommitted = true
    }
}

/// What keeps a checkpoint from being written; nothing of it is left.
public enum CheckpointWriteError: Error, Equatable, CustomStringConvertible {
    case diskFull(path: String)
    /// A system call failed; the text says which and why.
    case failed(path: String, String)
    /// What was handed over is not what was announced, or not what the format can hold.
    case refused(path: String, String)

    package init(_ error: StoreError, _ path: String) {
        if case .diskFull = error { self = .diskFull(path: path) } else { self = .failed(path: path, "\(error)") }
    }

    public var description: String {
        switch self {
        case .diskFull(let path): "the disk is full: \(path) was not written. Make room, or write to another disk."
        case .failed(let path, let reason): "\(path) was not written: \(reason)"
        case .refused(let path, let reason): "\(path) was not written: \(reason)."
        }
    }
}
