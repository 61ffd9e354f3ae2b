import Testing

import TuttiGeneration

@Suite struct SchedulerTests {
    private func scheduler(bytes: Int = 100, sequences: Int = 16) -> Scheduler {
        Scheduler(
            limits: .init(prefillRows: 256, prefillRowsBesideDecoding: 64, sequences: sequences, cacheByteCount: bytes))
    }

    @Test func aPromptIsComputedInChunksAndThenDecodes() {
        var scheduler = scheduler()
        scheduler.enqueue(1, byteCount: 10)
        let step1 = scheduler.admit() == [1]
        #expect(step1)
        scheduler.start(1, pending: 300)
        #expect(scheduler.plan() == [.init(id: 1, rows: 256)])
        let step2 = !scheduler.advance(1, rows: 256)
        #expect(step2)
        #expect(scheduler.plan() == [.init(id: 1, rows: 44)])
        let step3 = scheduler.advance(1, rows: 44)
        #expect(step3)
        #expect(scheduler.isIdle)
        scheduler.append(1)
        #expect(scheduler.plan() == [.init(id: 1, rows: 1)])
    }

    @Test func decodingComesFirstAndPromptsTakeLessRoomBesideIt() {
        var scheduler = scheduler()
        for id in 1...3 { scheduler.enqueue(id, byteCount: 10) }
        _ = scheduler.admit()
        scheduler.start(1, pending: 1)
        _ = scheduler.advance(1, rows: 1)
        scheduler.append(1)
        scheduler.start(2, pending: 50)
        scheduler.start(3, pending: 50)
        #expect(scheduler.plan() == [.init(id: 1, rows: 1), .init(id: 2, rows: 50), .init(id: 3, rows: 14)])
    }

    @Test func aSequenceIsAdmittedOnlyWhenItsMemoryIsFree() {
        var scheduler = scheduler(bytes: 25)
        for id in 1...3 { scheduler.enqueue(id, byteCount: 10) }
        let step4 = scheduler.admit() == [1, 2]
        #expect(step4)
        let step5 = scheduler.admit() == []
        #expect(step5)
        scheduler.remove(1)
        let step6 = scheduler.admit() == [3]
        #expect(step6)
    }

    @Test func noMoreSequencesRunThanAllowed() {
        var scheduler = scheduler(sequences: 2)
        for id in 1...3 { scheduler.enqueue(id, byteCount: 1) }
        let step7 = scheduler.admit() == [1, 2]
        #expect(step7)
    }

    @Test func aPausedSequenceSitsOut() {
        var scheduler = scheduler()
        scheduler.enqueue(1, byteCount: 1)
        _ = scheduler.admit()
        scheduler.start(1, pending: 5)
        scheduler.pause(1, true)
        #expect(scheduler.plan().isEmpty && scheduler.isIdle && !scheduler.isEmpty)
        scheduler.pause(1, false)
        #expect(scheduler.plan() == [.init(id: 1, rows: 5)])
    }

    @Test func aWaitingSequenceCanBeRemoved() {
        var scheduler = scheduler(bytes: 1)
        scheduler.enqueue(1, byteCount: 1)
        scheduler.enqueue(2, byteCount: 1)
        _ = scheduler.admit()
        scheduler.remove(2)
        scheduler.remove(1)
        let admitted = scheduler.admit()
        #expect(scheduler.isEmpty && admitted.isEmpty)
    }

    @Test func rowsOfOneSequenceCanBeLimited() {
        var scheduler = scheduler()
        scheduler.enqueue(1, byteCount: 1, rowLimit: 8)
        _ = scheduler.admit()
        scheduler.start(1, pending: 20)
        #expect(scheduler.plan() == [.init(id: 1, rows: 8)])
    }
}
