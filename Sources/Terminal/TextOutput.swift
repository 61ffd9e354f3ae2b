import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A file descriptor to write text to, at once.
public struct TextOutput: Sendable {
    public let descriptor: Int32
    public let isTerminal: Bool
    public let style: Style

    public static let standard = TextOutput(STDOUT_FILENO)
    public static let error = TextOutput(STDERR_FILENO)

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
        style = Style(isTerminal: isTerminal, environment: ProcessInfo.processInfo.environment)
    }

    /// - Throws: ``OutputError`` when what reads is gone, or the disk is full.
    public func write(_ text: String) throws(OutputError) {
        var text = text
        let code = text.withUTF8 { bytes -> Int32 in
            var rest = unsafe UnsafeRawBufferPointer(bytes)[...]
            while unsafe !rest.isEmpty {
                let count = unsafe Self.write(descriptor, UnsafeRawBufferPointer(rebasing: rest))
                if count >= 0 { unsafe rest = unsafe rest.dropFirst(count) } else if errno != EINTR { return errno }
            }
            return 0
        }
        if code != 0 { throw OutputError(code: code) }
    }

    private static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Darwin)
            unsafe Darwin.write(descriptor, bytes.baseAddress, bytes.count)
        #elseif canImport(Musl)
            unsafe Musl.write(descriptor, bytes.baseAddress, bytes.count)
        #else
            unsafe Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        #endif
    }
}

/// Output that could not be written; `code` is the `errno` that says why.
public struct OutputError: Error, Equatable, CustomStringConvertible {
    public let code: Int32

    public var description: String { unsafe "cannot write the output: \(String(cString: strerror(code)))" }
}
