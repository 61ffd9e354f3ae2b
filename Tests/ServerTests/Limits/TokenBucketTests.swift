import Testing
import TuttiServer

@Suite struct TokenBucketTests {
    @Test func givesAMinutesWorthAndFillsEvenly() {
        var bucket = TokenBucket(perMinute: 60, seconds: 0)
        for _ in 0..<60 { #expect(bucket.take(1, at: 0) == nil) }
        #expect(bucket.take(1, at: 0) == 1)
        #expect(bucket.take(1, at: 0.5) == 0.5)
        #expect(bucket.take(1, at: 1) == nil)
        #expect(bucket.remaining(at: 31) == 30)
        #expect(bucket.secondsUntilFull(at: 31) == 30)
        #expect(bucket.remaining(at: 1000) == 60)
    }

    @Test func whatWasSpentBeyondItIsPaidBack() {
        var bucket = TokenBucket(perMinute: 600, seconds: 0)
        bucket.spend(1200, at: 0)
        #expect(bucket.remaining(at: 0) == 0)
        #expect(bucket.take(1, at: 59) != nil)
        #expect(bucket.take(1, at: 61) == nil)
    }

    @Test func timeThatGoesBackChangesNothing() {
        var bucket = TokenBucket(perMinute: 10, seconds: 100)
        bucket.spend(10, at: 100)
        #expect(bucket.remaining(at: 50) == 0)
        #expect(bucket.remaining(at: 100) == 0)
    }
}
