import Testing
import TuttiGeneration

@Suite struct SchedulerTests {
    private func scheduler(sequences: Int = 16) -> Scheduler {
        Scheduler(limits: .init(prefillRows: 256, sequences: sequences))
    }

    /// Admits everyone that there are places for.
    private func admitted(_ scheduler: inout Scheduler, pending: Int = 10) -> [Scheduler.ID] {
        var ids: [Scheduler.ID] = []
        while scheduler.hasOpenPlace, let id = scheduler.candidate {
            scheduler.admit(id, pending: pending)
            ids.append(id)
        }
        return ids
    }

    /// Brings a sequence to where it decodes.
    private func startDecoding(_ scheduler: inout Scheduler, _ id: Scheduler.ID) {
        scheduler.enqueue(id)
        scheduler.admit(id, pending: 1)
        _ = scheduler.advance(id, rows: 1)
        scheduler.append(id)
    }

    @Test func aPromptIsComputedInChunksAndThenDecodes() {
        var scheduler = scheduler()
        scheduler.enqueue(1)
        #expect(admitted(&scheduler, pending: 300) == [1])
        #expect(scheduler.plan() == [.init(id: 1, rows: 256, isPrefill: true)])
        let isReady = scheduler.advance(1, rows: 256)
        #expect(!isReady)
        #expect(scheduler.plan() == [.init(id: 1, rows: 44, isPrefill: true)])
        let isReadyNow = scheduler.advance(1, rows: 44)
        #expect(isReadyNow && scheduler.plan().isEmpty)
        scheduler.append(1)
        #expect(scheduler.plan() == [.init(id: 1, rows: 1)])
    }

    @Test func noMoreSequencesRunThanAllowed() {
        var scheduler = scheduler(sequences: 2)
        for id in 1...3 { scheduler.enqueue(id) }
        #expect(admitted(&scheduler) == [1, 2])
        #expect(scheduler.waitingCount == 1 && scheduler.runningCount == 2)
        scheduler.remove(1)
        #expect(admitted(&scheduler) == [3])
    }

    @Test func interactiveSequencesComeFirstAndOlderOnesAmongThem() {
        var scheduler = scheduler()
        scheduler.enqueue(1, priority: .batch)
        scheduler.enqueue(2)
        scheduler.enqueue(3, priority: .batch)
        scheduler.enqueue(4)
        #expect(admitted(&scheduler) == [2, 4, 1, 3])
    }

    @Test func aPausedSequenceSitsOut() {
        var scheduler = scheduler()
        scheduler.enqueue(1)
        _ = admitted(&scheduler, pending: 5)
        scheduler.pause(1, true)
        #expect(scheduler.plan().isEmpty && !scheduler.isEmpty)
        scheduler.pause(1, false)
        #expect(scheduler.plan() == [.init(id: 1, rows: 5, isPrefill: true)])
        // Also when it is put back meanwhile: it is not admitted before its reader has caught up.
        scheduler.pause(1, true)
        scheduler.preempt(1)
        #expect(scheduler.candidate == nil && scheduler.waitingCount == 1)
        scheduler.pause(1, false)
        #expect(scheduler.candidate == 1)
    }

    @Test func aWaitingSequenceCanBeRemoved() {
        var scheduler = scheduler(sequences: 1)
        scheduler.enqueue(1)
        scheduler.enqueue(2)
        _ = admitted(&scheduler)
        scheduler.remove(2)
        scheduler.remove(1)
        #expect(scheduler.isEmpty && scheduler.candidate == nil)
    }

    @Test func rowsOfOneSequenceCanBeLimited() {
        var scheduler = scheduler()
        scheduler.enqueue(1, rowLimit: 8)
        _ = admitted(&scheduler, pending: 20)
        #expect(scheduler.plan() == [.init(id: 1, rows: 8, isPrefill: true)])
    }

    // MARK: Giving way

    @Test func theLastByRankGivesWayAndKeepsItsRank() {
        var scheduler = scheduler()
        scheduler.enqueue(1, priority: .batch)
        for id in 2...4 { scheduler.enqueue(id) }
        _ = admitted(&scheduler)
        // The batch sequence is the oldest, and yet the first to go; then the youngest.
        #expect(scheduler.victim(needing: 2) == 1)
        scheduler.preempt(1)
        #expect(scheduler.victim(needing: 2) == 4)
        #expect(scheduler.victim(needing: 4) == 4)
        scheduler.preempt(4)
        // Who comes later waits behind it.
        scheduler.enqueue(5)
        #expect(scheduler.candidate == 4)
        scheduler.preempt(3)
        #expect(scheduler.candidate == 3 && scheduler.victim(needing: 2) == nil)
    }

    @Test func aSlowReadersSequenceGivesWayFirst() {
        var scheduler = scheduler()
        for id in 1...3 { scheduler.enqueue(id) }
        _ = admitted(&scheduler)
        scheduler.pause(1, true)
        #expect(scheduler.victim(needing: 2) == 1)
        scheduler.pause(2, true)
        // Not the one that asks, though it is behind, too.
        #expect(scheduler.victim(needing: 2) == 1)
    }

    @Test func onlyLowerPrioritiesMakeRoomForWhoBegins() {
        var scheduler = scheduler()
        scheduler.enqueue(1, priority: .batch)
        scheduler.enqueue(2)
        scheduler.enqueue(3, priority: .batch)
        scheduler.enqueue(4)
        _ = admitted(&scheduler)
        scheduler.enqueue(5)
        scheduler.enqueue(6, priority: .batch)
        #expect(scheduler.victims(for: 5) == [3, 1])
        #expect(scheduler.victims(for: 6).isEmpty)
        scheduler.pause(2, true)
        #expect(scheduler.victims(for: 5) == [2, 3, 1])
        #expect(scheduler.victims(for: 6) == [2])
    }

    // MARK: Sharing a step

    @Test func promptsShareAStepBetweenTheOldestAndTheShortest() {
        var scheduler = scheduler()
        for id in 1...3 { scheduler.enqueue(id) }
        scheduler.admit(1, pending: 4000)
        scheduler.admit(2, pending: 200)
        scheduler.admit(3, pending: 50)
        #expect(
            scheduler.plan() == [
                .init(id: 1, rows: 128, isPrefill: true), .init(id: 2, rows: 78, isPrefill: true),
                .init(id: 3, rows: 50, isPrefill: true),
            ])
        // What the short ones have no use for, the oldest gets.
        scheduler.remove(2)
        #expect(
            scheduler.plan() == [.init(id: 1, rows: 206, isPrefill: true), .init(id: 3, rows: 50, isPrefill: true)])
    }

    @Test func aLongPromptMovesOnHoweverManyShortOnesCome() {
        var scheduler = scheduler()
        scheduler.enqueue(0)
        scheduler.admit(0, pending: 4000)
        var steps = 0, ended: [Scheduler.ID] = []
        while !ended.contains(0), steps < 100 {
            steps += 1
            // A prompt as long as a whole step comes with each step.
            scheduler.enqueue(steps)
            scheduler.admit(steps, pending: 256)
            for share in scheduler.plan() where scheduler.advance(share.id, rows: share.rows) {
                scheduler.remove(share.id)
                ended.append(share.id)
            }
        }
        // Half of the rows are its own: 4,000 take 32 steps of 128. The other half goes to one short prompt after the
        // other.
        #expect(steps == 32)
        #expect(ended.filter { $0 > 0 } == Array(1...16))
    }

    @Test func interactivePromptsComeBeforeOthers() {
        var scheduler = scheduler()
        scheduler.enqueue(1, priority: .batch)
        scheduler.enqueue(2)
        scheduler.admit(1, pending: 4000)
        scheduler.admit(2, pending: 300)
        #expect(scheduler.plan() == [.init(id: 2, rows: 256, isPrefill: true)])
        _ = scheduler.advance(2, rows: 256)
        #expect(
            scheduler.plan() == [.init(id: 2, rows: 44, isPrefill: true), .init(id: 1, rows: 212, isPrefill: true)])
        _ = scheduler.advance(2, rows: 44)
        // Nothing interactive waits: the batch prompt has everything.
        #expect(scheduler.plan() == [.init(id: 1, rows: 256, isPrefill: true)])
    }

    @Test func aStepWithoutPromptsComesFirstWhereItsCostIsNotKnown() {
        var scheduler = scheduler()
        startDecoding(&scheduler, 1)
        scheduler.enqueue(2)
        scheduler.admit(2, pending: 500)
        #expect(scheduler.plan() == [.init(id: 1, rows: 1)])
        scheduler.note([.init(id: 1, rows: 1)], seconds: 0.01)
        #expect(
            scheduler.plan() == [
                .init(id: 1, rows: 1), .init(id: 2, rows: 2, isPrefill: true),
            ])
    }
}
