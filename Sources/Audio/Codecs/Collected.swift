import Foundation
import Synchronization

/// What comes out of a pipe, read on a thread of its own so that its writer never waits.
final class Collected: Sendable {
    private let bytes = Mutex<[UInt8]>([])
    private let done = DispatchGroup()

    init(_ stream: FileHandle) {
        DispatchQueue.global().async(group: done) { [self] in
            while let chunk = try? stream.read(upToCount: 65_536), !chunk.isEmpty { bytes.withLock { $0 += chunk } }
        }
    }

    /// What has come since the last time.
    func take() -> [UInt8] {
        bytes.withLock { bytes in
            defer { bytes = [] }
            return bytes
        }
    }

    /// The same, once the pipe has ended.
    func takeAll() -> [UInt8] {
        done.wait()
        return take()
    }
}
