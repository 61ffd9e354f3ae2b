#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// An open file, written and read by system calls, so that a full disk is told apart from every other failure.
package struct SystemFile: ~Copyable, Sendable {
    package let path: String
    let descriptor: Int32

    /// `placing` writes at any offset and keeps what is there. Whatever writes does not follow a link in the last part
    /// of the path: files are only ever written where this program put them.
    package enum Mode { case reading, creating, appending, placing }

    package init(_ path: String, _ mode: Mode) throws(StoreError) {
        let flags =
            switch mode {
            case .reading: O_RDONLY
            case .creating: O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW
            case .appending: O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW
            case .placing: O_WRONLY | O_CREAT | O_NOFOLLOW
            }
        let descriptor = unsafe open(path, flags | O_CLOEXEC | O_NONBLOCK, 0o644)
        guard descriptor >= 0 else { throw Self.error(mode == .reading ? "open" : "create", path) }
        (self.path, self.descriptor) = (path, descriptor)
    }

    deinit { close(descriptor) }

    /// The size of the file now.
    package var byteCount: Int {
        get throws(StoreError) {
            var status = stat()
            guard unsafe fstat(descriptor, &status) == 0 else { throw Self.error("examine", path) }
            return Int(status.st_size)
        }
    }

    /// Fills `buffer` from its beginning; returns how many bytes came, 0 at the end of the file.
    package func read(into buffer: inout [UInt8]) throws(StoreError) -> Int {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Self.read(descriptor, $0) }
            if count >= 0 { return count }
            if errno != EINTR { throw Self.error("read", path) }
        }
    }

    /// Writes all of `bytes`.
    package func write(_ bytes: ArraySlice<UInt8>) throws(StoreError) { try write(unsafe bytes.span.bytes) }

    /// Writes all of `bytes`.
    package func write(_ bytes: RawSpan) throws(StoreError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Self.write(descriptor, $0) }
            if count >= 0 {
                rest = rest.extracting(droppingFirst: count)
            } else if errno != EINTR {
                throw Self.error("write", path)
            }
        }
    }

    /// Writes all of `bytes` at `offset`.
    package func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(StoreError) {
        var rest = bytes, offset = offset
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes {
                unsafe pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset))
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
                offset += count
            } else if errno != EINTR {
                throw Self.error("write", path)
            }
        }
    }

    /// Cuts the file to its first `byteCount` bytes.
    package func truncate(to byteCount: Int) throws(StoreError) {
        guard ftruncate(descriptor, off_t(byteCount)) == 0 else { throw Self.error("shorten", path) }
    }

    /// Waits until what was written is on the disk.
    package func synchronize() throws(StoreError) {
        guard fsync(descriptor) == 0 else { throw Self.error("write", path) }
    }

    private static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Darwin)
            unsafe Darwin.read(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
            unsafe Musl.read(descriptor, buffer.baseAddress, buffer.count)
        #else
            unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }

    private static func write(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
            unsafe Darwin.write(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
            unsafe Musl.write(descriptor, buffer.baseAddress, buffer.count)
        #else
            unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }
}

extension SystemFile {
    /// The error of the system call that just failed.
    package static func error(_ action: String, _ path: String) -> StoreError {
        let code = errno
        return code == ENOSPC || code == EDQUOT
            ? .diskFull(path: path, needs: nil, free: nil) : .failed(action: action, path: path, code: code)
    }

    static func message(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }

    /// Moves a file or folder within one file system, at once or not at all; a file at `target` is replaced.
    package static func rename(_ source: String, to target: String) throws(StoreError) {
        #if canImport(Darwin)
            let status = unsafe Darwin.rename(source, target)
        #elseif canImport(Musl)
            let status = unsafe Musl.rename(source, target)
        #else
            let status = unsafe Glibc.rename(source, target)
        #endif
        guard status == 0 else { throw error("move to \(target) what is at", source) }
    }

    /// Removes a file, if it is there.
    package static func remove(_ path: String) { _ = unsafe unlink(path) }

    /// Waits until a folder's own entries are on the disk; what cannot be synchronised stays as it is.
    package static func synchronizeFolder(_ path: String) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }

    /// The bytes that this user may still write on the file system of `path`.
    static func freeByteCount(_ path: String) -> Int? {
        var status = statvfs()
        guard unsafe statvfs(path, &status) == 0 else { return nil }
        return Int(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }

    /// The size of a regular file, links followed; nil where there is none.
    package static func byteCount(_ path: String) -> Int? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// Whether what is at a path is a symbolic link, wherever it leads.
    static func isLink(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// Whether anything is at a path, a link that leads nowhere too.
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0
    }

    /// Whether there is a folder at a path, links followed.
    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
