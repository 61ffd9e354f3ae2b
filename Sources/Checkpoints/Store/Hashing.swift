internal import Crypto
internal import Dispatch
internal import Synchronization

/// Work with whole files, on a thread of its own: it takes seconds and must not hold up Swift's cooperative pool.
package enum Hashing {
    /// The SHA-256 of a file, in hexadecimal.
    package static func sha256(_ path: String) async throws -> String {
        try await onOwnThread { isCancelled in
            let source = try SystemFile(path, .reading)
            return try stream(source, isCancelled) { _ in }
        }
    }

    /// The SHA-256 of a few bytes, in hexadecimal.
    static func sha256(of bytes: [UInt8]) -> String { hex(SHA256.hash(data: bytes)) }

    /// The SHA-256 of some bytes, one run after the other: 32 bytes.
    package static func digest(_ parts: [[UInt8]]) -> [UInt8] {
        var hasher = SHA256()
        for part in parts { hasher.update(data: part) }
        return Array(hasher.finalize())
    }

    /// The SHA-256 of a file, and the name that Git gives its content: the SHA-1 of `blob SIZE`, a zero byte and all bytes.
    static func digests(_ path: String) async throws -> (sha256: String, gitBlob: String) {
        try await onOwnThread { isCancelled in
            let source = try SystemFile(path, .reading)
            var git = Insecure.SHA1()
            git.update(data: Array("blob \(try source.byteCount)\0".utf8))
            let digest = try stream(source, isCancelled) { git.update(data: $0) }
            return (digest, hex(git.finalize()))
        }
    }

    /// Copies a file and returns the SHA-256 of what was copied. `copied` is called with the bytes done so far.
    static func copy(
        _ path: String, to target: String, copied: @escaping @Sendable (Int) -> Void
    ) async throws -> String {
        try await onOwnThread { isCancelled in
            let source = try SystemFile(path, .reading), copy = try SystemFile(target, .creating)
            var byteCount = 0
            let digest = try stream(source, isCancelled) { chunk in
                try copy.write(chunk)
                byteCount += chunk.count
                copied(byteCount)
            }
            try copy.synchronize()
            return digest
        }
    }

    private static func stream(
        _ source: borrowing SystemFile, _ isCancelled: () -> Bool, _ chunk: (ArraySlice<UInt8>) throws -> Void
    ) throws -> String {
        var hasher = SHA256(), buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = try source.read(into: &buffer)
            if count == 0 { break }
            if isCancelled() { throw CancellationError() }
            unsafe buffer.withUnsafeBytes { unsafe hasher.update(bufferPointer: .init(rebasing: $0[..<count])) }
            try chunk(buffer[..<count])
        }
        return hex(hasher.finalize())
    }

    private static func hex(_ digest: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    private final class Cancellation: Sendable {
        let flag = Atomic(false)
    }

    static func onOwnThread<Value: Sendable>(
        _ work: @escaping @Sendable (_ isCancelled: () -> Bool) throws -> Value
    ) async throws -> Value {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(
                        with: Result { try work { cancellation.flag.load(ordering: .relaxed) } }
                    )
                }
            }
        } onCancel: {
            cancellation.flag.store(true, ordering: .relaxed)
        }
    }
}
