import Foundation
import TestSupport
import Testing
import TuttiCheckpoints

@Suite struct RangeLedgerTests {
    @Test func rangesAreGivenOutOnce() {
        var ledger = RangeLedger(identity: "x", byteCount: 25)
        let ranges = (0..<4).map { _ in ledger.next(largest: 10) }
        #expect(ranges == [0..<10, 10..<20, 20..<25, nil])
        ledger.giveBack(10..<20, written: 10..<13)
        #expect(ledger.done == [10..<13] && ledger.doneByteCount == 3)
        #expect(ledger.next(largest: 10) == 13..<20)
        ledger.giveBack(0..<10, written: 0..<10)
        #expect(ledger.done == [0..<13])
        ledger.giveBack(13..<20, written: 13..<20)
        ledger.giveBack(20..<25, written: 20..<99)
        #expect(ledger.isComplete && ledger.next(largest: 10) == nil)
    }

    @Test func itIsReadBackWithoutWhatWasGivenOut() throws {
        var ledger = RangeLedger(identity: "x", byteCount: 100)
        for _ in 0..<2 { _ = ledger.next(largest: 30) }
        ledger.giveBack(0..<30, written: 0..<30)
        ledger.tags["hub"] = "t"
        var read = try JSONDecoder().decode(RangeLedger.self, from: JSONEncoder().encode(ledger))
        #expect(read.isSound && read.done == [0..<30] && read.tags == ["hub": "t"])
        #expect(read.next(largest: 100) == 30..<100)
    }

    @Test(arguments: ["[[0,5],[3,9]]", "[[0,500]]", "[[5,5]]", "[[-1,5]]", "[[4,6],[0,2]]"])
    func whatCannotBeTrueIsNotSound(done: String) throws {
        let json = #"{"identity": "x", "byteCount": 100, "tags": {}, "done": \#(done)}"#
        #expect(try !JSONDecoder().decode(RangeLedger.self, from: Data(json.utf8)).isSound)
    }

    /// Whatever comes back in whatever order, in the end every byte was given out, and the ledger is sound all the while.
    @Test(arguments: 0..<20) func anyOrderEndsComplete(seed: UInt64) {
        var random = Random(seed: seed), open: [Range<Int>] = []
        let byteCount = Int.random(in: 1...5000, using: &random)
        var ledger = RangeLedger(identity: "x", byteCount: byteCount), steps = 0
        while !ledger.isComplete {
            steps += 1
            #expect(steps < 100_000)
            if open.count < 4, let next = ledger.next(largest: .random(in: 1...400, using: &random)) {
                #expect(!open.contains { $0.overlaps(next) } && !ledger.done.contains { $0.overlaps(next) })
                open.append(next)
            } else if let index = open.indices.randomElement(using: &random) {
                let range = open.remove(at: index)
                let end = Int.random(in: range.lowerBound...range.upperBound, using: &random)
                ledger.giveBack(range, written: range.lowerBound..<end)
            }
            #expect(ledger.isSound)
        }
        #expect(ledger.done == [0..<byteCount])
    }
}

@Suite struct RetryTests {
    @Test func pausesGrowAndEnd() {
        var policy = RetryPolicy()
        (policy.attempts, policy.firstPauseSeconds, policy.longestPauseSeconds) = (5, 1, 3)
        var budget = RetryBudget(policy)
        let pauses = (0..<5).map { _ in budget.pauseSeconds(hasProgressed: false, wishSeconds: nil, random: 1) }
        #expect(pauses == [1, 2, 3, 3, nil])
        var jittered = RetryBudget(policy)
        #expect(jittered.pauseSeconds(hasProgressed: false, wishSeconds: nil, random: 0) == 0.5)
    }

    @Test func progressBuysPatienceButNotForEver() {
        var policy = RetryPolicy()
        (policy.attempts, policy.attemptsInAll) = (3, 50)
        var budget = RetryBudget(policy), count = 0
        while budget.pauseSeconds(hasProgressed: true, wishSeconds: nil, random: 0) != nil { count += 1 }
        #expect(count == 49)
    }

    @Test func theServersWishIsHeeded() {
        var budget = RetryBudget(RetryPolicy())
        #expect(budget.pauseSeconds(hasProgressed: false, wishSeconds: 20, random: 0) == 20)
        #expect(budget.pauseSeconds(hasProgressed: false, wishSeconds: 3600, random: 0) == nil)
    }

    @Test func retryAfterIsSecondsOrADate() throws {
        let now = Date(timeIntervalSince1970: 784_111_777)
        #expect(RetryAfter.seconds("120", now: now) == 120)
        #expect(RetryAfter.seconds("Sun, 06 Nov 1994 08:50:37 GMT", now: now) == 60)
        #expect(RetryAfter.seconds("Sun, 06 Nov 1994 08:00:00 GMT", now: now) == 0)
        for text in ["", "-5", "soon", "1e9"] { #expect(RetryAfter.seconds(text, now: now) == nil) }
    }

    @Test func contentRangesAreRead() {
        #expect(ContentRange("bytes 5-9/100")?.range == 5..<10 && ContentRange("bytes 5-9/100")?.total == 100)
        #expect(ContentRange("bytes 0-0/*")?.total == nil && ContentRange("bytes 0-0/*")?.range == 0..<1)
        for text in [nil, "", "bytes 9-5/10", "bytes */10", "lines 0-1/2", "bytes 0-99999999999999999999/5"] {
            #expect(ContentRange(text) == nil)
        }
        #expect(ContentRange.total("bytes */10") == 10 && ContentRange.total("bytes 0-1/10") == nil)
    }
}

@Suite struct ProxyRulesTests {
    func proxy(_ environment: [String: String], _ url: String) throws -> String? {
        try ProxyRules(environment).proxy(for: #require(URL(string: url))).map { "\($0.kind) \($0.host):\($0.port)" }
    }

    @Test func eachSchemeHasItsOwn() throws {
        let both = ["HTTPS_PROXY": "http://p:1", "http_proxy": "q:2"]
        #expect(try proxy(both, "https://h/") == "http p:1")
        #expect(try proxy(both, "http://h/") == "http q:2")
        #expect(try proxy(["ALL_PROXY": "socks5://s"], "https://h/") == "socks s:1080")
        #expect(try proxy(["https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:1"], "https://h/") == "http low:1")
        #expect(try proxy(["HTTPS_PROXY": ""], "https://h/") == nil)
        let named = try ProxyRules(["HTTPS_PROXY": "http://me:p%40ss@p:8"])
        #expect(named.proxy(for: try #require(URL(string: "https://h/")))?.credentials == "me:p@ss")
    }

    @Test(arguments: [
        ("*", true), ("h.example", true), ("example", true), (".example", true), ("*.example", true), ("ample", false),
        ("h.example:443", true), ("h.example:80", false), ("x, H.EXAMPLE", true), ("", false),
    ])
    func exceptionsGoStraight(exceptions: String, isStraight: Bool) throws {
        let environment = ["HTTPS_PROXY": "http://p:1", "NO_PROXY": exceptions]
        #expect(try (proxy(environment, "https://h.example/") == nil) == isStraight)
    }

    @Test(arguments: ["ftp://p", "http://", "https://p:1", "socks5://a:b@p"])
    func whatIsNoProxyIsRefused(text: String) {
        let error = #expect(throws: StoreError.self) { try ProxyRules(["ALL_PROXY": text]) }
        #expect(error.map { "\($0)" }?.contains("ALL_PROXY cannot be used") == true)
    }
}
