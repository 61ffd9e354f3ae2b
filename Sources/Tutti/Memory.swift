import Foundation

/// What this process and this machine have of memory.
public enum Memory {
    /// The most memory that this process has held at once, in bytes; mapped pages of files that it touched count too.
    public static var peakByteCount: Int {
        var usage = rusage()
        #if os(Linux)
            let failed = unsafe getrusage(RUSAGE_SELF.rawValue, &usage)
        #else
            let failed = unsafe getrusage(RUSAGE_SELF, &usage)
        #endif
        guard failed == 0 else { return 0 }
        #if os(Linux)
            return Int(usage.ru_maxrss) * 1024
        #else
            return Int(usage.ru_maxrss)
        #endif
    }

    /// The machine's memory in bytes.
    public static var totalByteCount: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) }
}
