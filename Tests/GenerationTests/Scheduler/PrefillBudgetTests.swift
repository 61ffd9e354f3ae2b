import TestSupport
import Testing
import TuttiGeneration

/// The budget against machines that exist on paper: what a step takes follows from a formula.
@Suite struct PrefillBudgetTests {
    /// What steps take, in seconds.
    struct Machine {
        /// A step of its own, and each decoding row.
        var step = 0.010
        var decodingRow = 0.001
        /// A step that has prompts at all, and each of their rows, which costs more the deeper it lies.
        var prefill = 0.0
        var prefillRow = 0.0005
        var depthFactor = 0.0
        /// What a step of more than four rows costs more: another kernel takes it.
        var cliff = 0.0
        /// How much single steps differ.
        var jitter = 0.0

        func seconds(decoding: Int, prefill rows: Int, depth: Int, _ random: inout Random) -> Double {
            var seconds = step + decodingRow * Double(decoding)
            if rows > 0 { seconds += prefill + prefillRow * Double(rows) * (1 + depthFactor * Double(depth)) }
            if decoding + rows > 4 { seconds += cliff }
            return seconds * (1 + jitter * Double.random(in: -1...1, using: &random))
        }
    }

    static let machines: [Machine] = [
        Machine(),
        // Prompts are dear, cheap, or have a price of their own.
        Machine(prefillRow: 0.0015),
        Machine(prefillRow: 0.00002),
        Machine(prefill: 0.005),
        // Deep rows cost five times what the first ones do.
        Machine(depthFactor: 0.001),
        Machine(step: 0.002, decodingRow: 0.0001, prefill: 0.0005, prefillRow: 0.0001, depthFactor: 0.0005),
        Machine(cliff: 0.022),
        Machine(jitter: 0.2),
        Machine(prefill: 0.004, depthFactor: 0.0005, jitter: 0.1),
    ]

    private func p95(_ values: [Double]) -> Double { values.sorted()[(values.count - 1) * 95 / 100] }

    /// Steps of `decoding` sequences, with and without a prompt of 4,000 tokens that comes after a while.
    private func run(_ machine: Machine, decoding: Int, prompt: Int) -> (seconds: [Double], prompted: [Double]) {
        var scheduler = Scheduler(limits: .init()), random = Random(seed: 1)
        for id in 1...decoding {
            scheduler.enqueue(id)
            scheduler.admit(id, pending: 1)
            _ = scheduler.advance(id, rows: 1)
            scheduler.append(id)
        }
        var alone: [Double] = [], prompted: [Double] = [], depth = 0
        while depth < prompt || alone.count < 200 {
            if alone.count == 200, scheduler.runningCount == decoding {
                scheduler.enqueue(0)
                scheduler.admit(0, pending: prompt)
            }
            let shares = scheduler.plan()
            let rows = shares.first { $0.id == 0 }?.rows ?? 0
            let seconds = machine.seconds(decoding: decoding, prefill: rows, depth: depth, &random)
            scheduler.note(shares, seconds: seconds)
            for share in shares {
                let isReady = scheduler.advance(share.id, rows: share.rows)
                if share.id > 0 { scheduler.append(share.id) } else if isReady { scheduler.remove(0) }
            }
            depth += rows
            if scheduler.runningCount > decoding || rows > 0 { prompted.append(seconds) } else { alone.append(seconds) }
        }
        return (alone, prompted)
    }

    @Test(arguments: machines.indices, [1, 2, 7, 15])
    func aLongPromptAtMostDoublesTheTimeBetweenTokens(machine: Int, decoding: Int) {
        let machine = PrefillBudgetTests.machines[machine]
        let (alone, prompted) = run(machine, decoding: decoding, prompt: 4000)
        #expect(p95(prompted) <= 2 * p95(alone))
        // And it is not much slower than it must be: sizes of pieces lie a factor of 1.5 apart.
        let step = machine.step + machine.decodingRow * Double(decoding) + (decoding > 4 ? machine.cliff : 0)
        let deepest = machine.prefillRow * (1 + 4000 * machine.depthFactor)
        var rows = min(256, max(1, (PrefillBudget.share * step - machine.prefill) / deepest))
        if machine.cliff > 0 && decoding < 4 { rows = min(rows, Double(4 - decoding)) }
        #expect(Double(prompted.count) < 1.6 * 4000 / rows + 40)
    }

    @Test func aPromptMovesOnWhatEverItCosts() {
        // One row takes as long as ten steps without it.
        let (_, prompted) = run(Machine(prefillRow: 0.1), decoding: 1, prompt: 400)
        #expect(prompted.count <= 400 / PrefillBudget.least * 11 / 10 + 5)
        // Likewise where a kernel changes with the first of them.
        let (_, stepped) = run(Machine(cliff: 0.022), decoding: 4, prompt: 400)
        #expect(stepped.count <= 400 / PrefillBudget.least * 11 / 10 + 5)
    }

    @Test func aChangeOfTheMachineIsNoticed() {
        var budget = PrefillBudget(most: 256)
        func settle(_ alone: Double, _ row: Double) -> Int {
            var counts: [Int: Int] = [:]
            for step in 0..<700 {
                let granted = budget.rows(besideDecoding: 4)
                budget.note(decodingRows: 4, prefillRows: granted, seconds: alone + row * Double(granted))
                if step >= 600 { counts[granted, default: 0] += 1 }
            }
            // What was granted nearly always.
            return counts.first { $0.value > 90 }?.key ?? 0
        }
        // 30 rows would fit.
        #expect(settle(0.020, 0.0005) == 24)
        // Another process takes half of the machine from prompts alone (15 fit), then from everything.
        #expect(settle(0.020, 0.001) == 12)
        #expect(settle(0.040, 0.001) == 24)
        #expect(settle(0.020, 0.0005) == 24)
        #expect(settle(0.020, 0.0001) == 128)
    }

    @Test func theShortEndOfAPromptTellsNothing() {
        var budget = PrefillBudget(most: 256)
        budget.note(decodingRows: 2, prefillRows: 0, seconds: 0.010)
        for _ in 0..<20 {
            let rows = budget.rows(besideDecoding: 2)
            budget.note(decodingRows: 2, prefillRows: rows, seconds: 0.012 + 0.0001 * Double(rows))
        }
        let settled = budget.rows(besideDecoding: 2)
        #expect(settled == 48)
        budget.note(decodingRows: 2, prefillRows: 1, seconds: 0.0121)
        #expect(budget.rows(besideDecoding: 2) == settled)
    }

    @Test func noStepIsLargerThanAllowed() {
        for most in [1, 2, 5, 100] {
            var budget = PrefillBudget(most: most), largest = 0
            for _ in 0..<200 {
                let rows = budget.rows(besideDecoding: 1)
                largest = max(largest, rows)
                budget.note(decodingRows: 1, prefillRows: rows, seconds: 0.01)
            }
            #expect(largest <= most && 2 * largest > most)
        }
    }
}
