import Foundation

/// What this process and this machine have of memory.
public enum Memory {
    /// The most memory that this process has held at once, in bytes; mapped pages of files that it touched count too.
    public static var peakByteCount: Int {
        #if os(Linux)
            // What `getrusage` says begins with what the process that started this one held.
            guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
                let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
                let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
            else { return 0 }
            return kibibytes * 1024
        #else
            var usage = rusage()
            guard unsafe getrusage(RUSAGE_SELF, &usage) == 0 else { return 0 }
            return Int(usage.ru_maxrss)
        #endif
    }

    /// The memory that this process holds now, in bytes; mapped pages of files count too.
    public static var residentByteCount: Int {
        #if os(Linux)
            guard let words = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " "),
                words.count > 1, let pages = Int(words[1])
            else { return 0 }
            return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
        #else
            return peakByteCount
        #endif
    }

    /// The machine's memory in bytes.
    public static var totalByteCount: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) }
}
