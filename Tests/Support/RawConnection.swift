import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A connection on which a test sends what no decent client would.
public final class RawConnection {
    private let descriptor: Int32

    /// - Parameter receiveBuffer: Bytes that it takes without being read; nil for as many as the system likes.
    public init(port: Int, receiveBuffer: Int? = nil) throws {
        #if canImport(Glibc)
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        if var size = receiveBuffer.map({ Int32($0) }) {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
    }

    deinit { close() }

    private var isOpen = true

    public func close() {
        if isOpen { shutdown(descriptor, Int32(SHUT_RDWR)) }
        #if canImport(Glibc)
            if isOpen { Glibc.close(descriptor) }
        #else
            if isOpen { Darwin.close(descriptor) }
        #endif
        isOpen = false
    }

    public func send(_ text: String) {
        let bytes = Array(text.utf8)
        // A client that was sent away must not end the tests.
        #if canImport(Glibc)
            _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        #else
            _ = Darwin.send(descriptor, bytes, bytes.count, 0)
        #endif
    }

    /// What comes within some seconds, up to the end of the connection.
    /// - Returns: The text, and whether the other end closed it.
    public func read(seconds: Double, until mark: String? = nil) -> (text: String, isClosed: Bool) {
        var text = ""
        let deadline = Date.now.addingTimeInterval(seconds)
        while deadline > .now {
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&poller, 1, Int32(max(1, deadline.timeIntervalSinceNow * 1000))) > 0 else { continue }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { return (text, true) }
            text += String(decoding: buffer[..<count], as: UTF8.self)
            if let mark, text.contains(mark) { return (text, false) }
        }
        return (text, false)
    }
}
