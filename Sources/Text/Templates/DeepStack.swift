import Foundation
import Synchronization

/// Runs work that nests deeply on a thread with a stack to match, since a caller's may be half a megabyte.
enum DeepStack {
    private static let byteCount = 64 << 20

    static func run<T: Sendable>(
        _ work: @escaping @Sendable () throws(TemplateError) -> T
    ) throws(TemplateError) -> T {
        let outcome = Outcome<T>()
        let thread = Thread {
            do throws(TemplateError) { outcome.set(.success(try work())) } catch { outcome.set(.failure(error)) }
        }
        thread.stackSize = byteCount
        thread.start()
        return try outcome.wait().get()
    }

    /// Where the thread leaves what it found.
    private final class Outcome<T: Sendable>: Sendable {
        private let result = Mutex<Result<T, TemplateError>?>(nil)
        private let isSet = DispatchSemaphore(value: 0)

        func set(_ result: Result<T, TemplateError>) {
            self.result.withLock { $0 = result }
            isSet.signal()
        }

        func wait() -> Result<T, TemplateError> {
            isSet.wait()
            return result.withLock { $0 } ?? .failure(.runtime("the template did not end"))
        }
    }
}
