/// A file in memory, which a C library reads through functions that it is handed.
///
/// One owner uses it at a time, and outlives the library's handle on it.
@safe final class BytesInMemory {
    let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// - Returns: How many bytes were left to read.
    func read(into target: UnsafeMutableRawPointer, _ count: Int) -> Int {
        let taken = max(0, min(count, bytes.count - offset))
        guard taken > 0 else { return 0 }
        unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0.baseAddress! + offset, byteCount: taken) }
        offset += taken
        return taken
    }

    /// - Returns: The new place; nil where there is none such.
    func seek(_ distance: Int, from origin: Int) -> Int? {
        let (target, overflows) = origin.addingReportingOverflow(distance)
        guard !overflows, target >= 0 else { return nil }
        offset = target
        return target
    }

    var place: Int { offset }

    static func of(_ pointer: UnsafeMutableRawPointer) -> BytesInMemory {
        unsafe Unmanaged<BytesInMemory>.fromOpaque(pointer).takeUnretainedValue()
    }
}
