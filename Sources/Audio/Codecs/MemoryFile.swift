import CSndfile

/// A file in memory, which libsndfile reads and writes through its virtual input and output.
///
/// One owner uses it at a time, and outlives the library's handle on it.
@safe final class MemoryFile {
    private(set) var bytes: [UInt8]
    private var offset = 0
    private let limit: Int

    /// - Parameter limit: The most bytes that may be written.
    init(_ bytes: [UInt8] = [], limit: Int = .max) {
        self.bytes = bytes
        self.limit = limit
    }

    private func seek(_ distance: Int, _ whence: Int32) -> Int {
        let origin = whence == SEEK_CUR ? offset : whence == SEEK_END ? bytes.count : 0
        let (target, overflows) = origin.addingReportingOverflow(distance)
        guard !overflows, target >= 0 else { return -1 }
        offset = target
        return target
    }

    private func read(into target: UnsafeMutableRawPointer, _ count: Int) -> Int {
        let taken = max(0, min(count, bytes.count - offset))
        guard taken > 0 else { return 0 }
        unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0.baseAddress! + offset, byteCount: taken) }
        offset += taken
        return taken
    }

    private func write(from source: UnsafeRawPointer, _ count: Int) -> Int {
        guard count > 0, offset <= limit - count else { return 0 }
        if offset + count > bytes.count {
            bytes.append(contentsOf: repeatElement(0, count: offset + count - bytes.count))
        }
        unsafe bytes.withUnsafeMutableBytes {
            unsafe ($0.baseAddress! + offset).copyMemory(from: source, byteCount: count)
        }
        offset += count
        return count
    }

    /// The functions that libsndfile calls, with the file as their last argument.
    static var functions: SF_VIRTUAL_IO {
        unsafe SF_VIRTUAL_IO(
            get_filelen: { unsafe sf_count_t(MemoryFile.of($0).bytes.count) },
            seek: { unsafe sf_count_t(MemoryFile.of($2).seek(Int($0), $1)) },
            read: { unsafe sf_count_t(MemoryFile.of($2).read(into: $0!, Int($1))) },
            write: { unsafe sf_count_t(MemoryFile.of($2).write(from: $0!, Int($1))) },
            tell: { unsafe sf_count_t(MemoryFile.of($0).offset) })
    }

    private static func of(_ pointer: UnsafeMutableRawPointer?) -> MemoryFile {
        unsafe Unmanaged<MemoryFile>.fromOpaque(pointer!).takeUnretainedValue()
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
