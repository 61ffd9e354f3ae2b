#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// A file mapped into memory for reading: its pages come in when touched and cost nothing until then.
///
/// The mapping lasts as long as the object; what `bytes` hands out cannot outlive it. A file that another process
/// shortens while it is mapped kills this one at the next read beyond its end, so a store replaces files and never
/// rewrites them.
// Unchecked: the pointer is to memory that nobody writes and that stays mapped until deinit.
@safe public final class MappedFile: @unchecked Sendable {
    public let path: String
    public let byteCount: Int
    private let start: UnsafeRawPointer?

    /// Maps the regular file at `path`; an empty one gives no bytes.
    /// - Throws: `MappedFileError`: missing, not permitted, a folder, a pipe, a device, or too big to map.
    public init(path: String) throws(MappedFileError) {
        // O_NONBLOCK: opening a pipe that nobody writes would wait for ever.
        let descriptor = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw .failed(path: path, action: "open", code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .failed(path: path, action: "examine", code: errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw .notAFile(path: path, kind: "a folder")
        case S_IFIFO: throw .notAFile(path: path, kind: "a pipe")
        case S_IFSOCK: throw .notAFile(path: path, kind: "a socket")
        default: throw .notAFile(path: path, kind: "a device")
        }
        let byteCount = Int(status.st_size)
        guard byteCount > 0 else {
            (self.path, self.byteCount) = (path, 0)
            unsafe start = nil
            return
        }
        let address = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw .failed(path: path, action: "map", code: errno)
        }
        (self.path, self.byteCount) = (path, byteCount)
        unsafe start = UnsafeRawPointer(address)
    }

    deinit {
        if let start = unsafe start { unsafe munmap(UnsafeMutableRawPointer(mutating: start), byteCount) }
    }

    /// All bytes of the file.
    public var bytes: RawSpan {
        @_lifetime(borrow self) get {
            let span = unsafe RawSpan(_unsafeBytes: unsafeBytes)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// All bytes of the file, for code that hands pointers to C: valid while this object is, which the caller sees to.
    @unsafe public var unsafeBytes: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: start, count: byteCount)
    }

    /// Gives back the memory of the pages that lie wholly in `range`, once their content is packed elsewhere.
    ///
    /// The bytes stay readable: the next read of them fetches them from the file again.
    public func release(_ range: Range<Int>) { advise(range, Int32(MADV_DONTNEED), wholePages: true) }

    /// Asks the system to read `range` ahead of its use.
    public func willNeed(_ range: Range<Int>) { advise(range, Int32(MADV_WILLNEED), wholePages: false) }

    private func advise(_ range: Range<Int>, _ advice: Int32, wholePages: Bool) {
        let range = range.clamped(to: 0..<byteCount)
        guard let start = unsafe start, !range.isEmpty else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let down = { (offset: Int) in offset / page * page }
        // The page of the file's last byte is ours to its end.
        let first = wholePages ? down(range.lowerBound + page - 1) : down(range.lowerBound)
        let last = wholePages && range.upperBound < byteCount ? down(range.upperBound) : range.upperBound
        guard first < last else { return }
        // Advice may be refused; nothing depends on it.
        _ = unsafe madvise(UnsafeMutableRawPointer(mutating: start + first), last - first, advice)
    }
}

/// Why a file could not be mapped.
public enum MappedFileError: Error, Equatable, CustomStringConvertible {
    /// A system call failed: `code` is its `errno`.
    case failed(path: String, action: String, code: Int32)
    /// What lies at `path` is not a regular file.
    case notAFile(path: String, kind: String)

    public var description: String {
        switch self {
        case .failed(let path, let action, let code):
            "cannot \(action) \(path): \(unsafe String(cString: strerror(code)))"
        case .notAFile(let path, let kind):
            "cannot read \(path): it is \(kind), not a file"
        }
    }
}
