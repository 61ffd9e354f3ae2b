#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Memory of its own, aligned for vectors, zeroed, given back when the last owner lets go.
@safe public final class AlignedMemory: @unchecked Sendable {
    // Unchecked: it owns bytes and never changes its pointer; who writes where is its users' agreement.
    @unsafe public let base: UnsafeMutableRawPointer
    public let byteCount: Int
    /// What it is a piece of; nil where it is a mapping by itself.
    private let stretch: MemoryStretch?

    /// - Parameter byteCount: At least 1; whole pages are taken.
    public init(byteCount: Int) {
        precondition(byteCount > 0, "no memory of \(byteCount) bytes")
        self.byteCount = byteCount
        stretch = nil
        unsafe base = systemMemory(byteCount)
        unsafe askForHugePages(base, byteCount)
    }

    /// Memory for what lasts as long as a model, aligned to 64 bytes. Matrices of some megabytes have few whole huge pages
    /// in them, so they lie side by side in stretches that have nothing else: a walk over all weights then does not wait
    /// for address translation.
    /// - Parameter byteCount: At least 1.
    public init(lasting byteCount: Int) {
        precondition(byteCount > 0, "no memory of \(byteCount) bytes")
        let place = MemoryStretch.place(for: byteCount)
        self.byteCount = byteCount
        stretch = place.stretch
        unsafe base = place.stretch.base + place.offset
    }

    deinit {
        if stretch == nil {
            unsafe _ = munmap(base, byteCount)
        } else {
            // Others may live in the stretch for long.
            unsafe MemoryStretch.giveBack(base, byteCount)
        }
    }
}
