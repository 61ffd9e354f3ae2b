import Synchronization
import TestSupport
import Testing
import TuttiTensors

@Suite struct ComputePoolTests {
    /// Many short jobs, one behind the other: a worker that is late for one meets the next.
    @Test(arguments: [1, 2, 3, 8])
    func everyChunkIsDoneOnce(threads: Int) {
        let pool = ComputePool(threads: threads)
        var random = Random(seed: UInt64(threads))
        let counts = (0..<64).map { _ in Box() }
        for _ in 0..<20_000 {
            let chunks = Int.random(in: 0...64, using: &random)
            pool.run(chunks) { chunk, worker in
                precondition(worker < threads)
                counts[chunk].value.add(1, ordering: .relaxed)
            }
            for (chunk, count) in counts.enumerated() {
                let done = count.value.exchange(0, ordering: .relaxed)
                if done != (chunk < chunks ? 1 : 0) {
                    Issue.record("chunk \(chunk) of \(chunks) was done \(done) times")
                    return
                }
            }
        }
    }

    @Test func noTwoCallsHaveOneWorkerAtOnce() {
        let pool = ComputePool(threads: 3)
        let busy = (0..<3).map { _ in Box() }, clashes = Box()
        for _ in 0..<2_000 {
            pool.run(12) { _, worker in
                if busy[worker].value.add(1, ordering: .acquiring).newValue != 1 {
                    clashes.value.add(1, ordering: .relaxed)
                }
                busy[worker].value.subtract(1, ordering: .releasing)
            }
        }
        #expect(clashes.value.load(ordering: .relaxed) == 0)
    }

    /// Workers sleep between far-apart jobs, and wake for the next one.
    @Test func sleepersWake() async throws {
        let pool = ComputePool(threads: 2), count = Box()
        for _ in 0..<20 {
            pool.run(8) { _, _ in count.value.add(1, ordering: .relaxed) }
            try await Task.sleep(for: .milliseconds(2))
        }
        #expect(count.value.load(ordering: .relaxed) == 160)
    }
}

/// An atomic that closures can share.
private final class Box: Sendable {
    let value = Atomic<Int>(0)

}
