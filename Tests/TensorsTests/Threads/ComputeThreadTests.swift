import Testing
import TuttiTensors

@Suite struct ComputeThreadTests {
    @Test func whatSomebodyWaitsForGoesFirst() async throws {
        let thread = ComputeThread(name: "tutti test", pool: ComputePool(threads: 1))
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let order = Order()
        async let first: Void = thread.run(.batch) { _, _ in
            // Holds the thread until the others have come.
            open.yield()
            while order.waiting < 2 {}
        }
        for await _ in gate.prefix(1) {}
        async let batch: Void = thread.run(.batch) { _, _ in order.append("batch") }
        async let live: Void = thread.run(.live) { _, _ in order.append("live") }
        // Both are sent before they suspend; the thread looks for mail only when its work is done.
        try await Task.sleep(for: .milliseconds(50))
        order.release()
        _ = try await (first, batch, live)
        #expect(order.names == ["live", "batch"])
    }

    @Test func cancelledWorkIsNotBegun() async throws {
        let thread = ComputeThread(name: "tutti test", pool: ComputePool(threads: 1))
        let order = Order()
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await thread.run { _, _ in order.append("done") }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(order.names.isEmpty)
    }

    @Test func whatWorkThrowsComesOut() async throws {
        struct Failure: Error {}
        let thread = ComputeThread(name: "tutti test", pool: ComputePool(threads: 1))
        await #expect(throws: Failure.self) { try await thread.run { _, _ in throw Failure() } }
        #expect(try await thread.run { step, isCancelled in step.scratch(2, 3).count + (isCancelled() ? 100 : 0) } == 6)
    }
}
