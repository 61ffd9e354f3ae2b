import Synchronization
import Testing
import TuttiOpenAI
import TuttiServer

@Suite struct DeadlineTests {
    @Test func workWithinItsTimeIsLeftAlone() async throws {
        #expect(try await Deadline.keeping(Deadline(seconds: 60)) { 5 } == 5)
        #expect(try await Deadline.keeping(nil) { 6 } == 6)
        await #expect(throws: APIError.modelNotFound("x")) {
            try await Deadline.keeping(Deadline(seconds: 60)) { throw APIError.modelNotFound("x") }
        }
    }

    @Test func workThatTakesTooLongIsStoppedAndTold() async throws {
        let hasStopped = Mutex(false)
        let error = await #expect(throws: APIError.self) {
            try await Deadline.keeping(Deadline(seconds: 1)) {
                defer { hasStopped.withLock { $0 = true } }
                try await Task.sleep(for: .seconds(60))
            }
        }
        #expect(error?.status == 504 && error?.code == "request_timeout" && error?.isWorthRepeating == false)
        // Told when it has stopped, not while it goes on.
        #expect(hasStopped.withLock { $0 })
    }

    @Test func whoeverGivesItUpIsNotToldOfATime() async throws {
        let task = Task {
            try await Deadline.keeping(Deadline(seconds: 60)) { try await Task.sleep(for: .seconds(60)) }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
