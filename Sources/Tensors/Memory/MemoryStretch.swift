import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A long stretch of memory in huge pages, handed out from its beginning to its end and never twice. It lasts as long as any
/// piece of it.
@safe final class MemoryStretch: Sendable {
    // Sendable: it never changes its pointer, and gives no byte to two owners.
    @unsafe nonisolated(unsafe) let base: UnsafeMutableRawPointer
    private let byteCount: Int

    /// What is touched at once, 2 MiB wherever huge pages are of use here.
    static let hugePage = 1 << 21
    /// Long enough for what is lost at its end not to count; what of it nobody takes is never touched.
    private static let usual = 256 << 20

    /// The stretch that pieces are taken from, and how much of it is taken.
    private static let open = Mutex<(stretch: MemoryStretch, taken: Int)?>(nil)

    private init(byteCount: Int) {
        let size = (byteCount + MemoryStretch.hugePage - 1) & ~(MemoryStretch.hugePage - 1)
        // Mappings begin anywhere: a huge page more has a beginning of one in it, and its margins go back.
        let mapped = unsafe systemMemory(size + MemoryStretch.hugePage)
        let margin = -Int(bitPattern: mapped) & (MemoryStretch.hugePage - 1)
        if margin > 0 { unsafe _ = munmap(mapped, margin) }
        if margin < MemoryStretch.hugePage {
            unsafe _ = munmap(mapped + margin + size, MemoryStretch.hugePage - margin)
        }
        unsafe base = mapped + margin
        self.byteCount = size
        unsafe askForHugePages(base, size)
    }

    deinit { unsafe _ = munmap(base, byteCount) }

    /// A place for a piece of `byteCount` bytes, all zero, aligned to 64.
    static func place(for byteCount: Int) -> (stretch: MemoryStretch, offset: Int) {
        let size = (byteCount + 63) & ~63
        return open.withLock { open in
            if let (stretch, taken) = open, taken + size <= stretch.byteCount {
                open = (stretch, taken + size)
                return (stretch, taken)
            }
            let stretch = MemoryStretch(byteCount: max(size, usual))
            open = (stretch, size)
            return (stretch, 0)
        }
    }

    /// Gives back the pages that lie wholly in a piece whose owner is gone.
    static func giveBack(_ base: UnsafeMutableRawPointer, _ byteCount: Int) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE))), start = Int(bitPattern: base)
        let first = (start + page - 1) / page * page, end = (start + byteCount) / page * page
        guard first < end else { return }
        unsafe _ = madvise(base + (first - start), end - first, Int32(MADV_DONTNEED))
    }
}

/// Pages of nobody else's, zeroed when they are first touched.
func systemMemory(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let mapped = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
    guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
        fatalError("the system has no \(byteCount) bytes of memory left")
    }
    return unsafe mapped
}

/// Large memory in huge pages, where the system has them.
func askForHugePages(_ base: UnsafeMutableRawPointer, _ byteCount: Int) {
    #if canImport(Glibc)
        if byteCount >= MemoryStretch.hugePage { _ = unsafe madvise(base, byteCount, Int32(MADV_HUGEPAGE)) }
    #endif
}
