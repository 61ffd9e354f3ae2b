/// Which bytes of a file are on the disk, and which are to be fetched next.
///
/// A pure state: ranges are given out, come back whole or in part, and may be given out again.
package struct RangeLedger: Sendable, Equatable, Codable {
    /// What is being fetched; ranges of another version are worth nothing.
    package let identity: String
    package let byteCount: Int
    /// What is on the disk: ascending, without gaps or overlaps between neighbours that touch.
    package private(set) var done: [Range<Int>] = []
    /// The `ETag` of every server that gave some of it.
    package var tags: [String: String] = [:]
    private var given: [Range<Int>] = []

    private enum CodingKeys: String, CodingKey { case identity, byteCount, done, tags }

    package init(identity: String, byteCount: Int) {
        (self.identity, self.byteCount) = (identity, byteCount)
    }

    package var doneByteCount: Int { done.reduce(0) { $0 + $1.count } }
    package var isComplete: Bool { doneByteCount == byteCount }

    /// Whether what a file on the disk said can be true.
    package var isSound: Bool {
        byteCount >= 0
            && done.allSatisfy { !$0.isEmpty && $0.lowerBound >= 0 && $0.upperBound <= byteCount }
            && zip(done, done.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound }
    }

    /// The first range of at most `largest` bytes that is neither here nor given out; nil if there is none.
    package mutating func next(largest: Int) -> Range<Int>? {
        var start = 0
        for taken in (done + given).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if taken.lowerBound > start { break }
            start = max(start, taken.upperBound)
        }
        guard start < byteCount else { return nil }
        let following = (done + given).map(\.lowerBound).filter { $0 > start }.min() ?? byteCount
        let range = start..<min(following, start + max(largest, 1))
        given.append(range)
        return range
    }

    /// Takes a range back, and that `written` is on the disk: a part of it, or more where a server gave more.
    package mutating func giveBack(_ range: Range<Int>, written: Range<Int>) {
        given.removeAll { $0 == range }
        let written = written.clamped(to: 0..<byteCount)
        guard !written.isEmpty else { return }
        var merged: [Range<Int>] = []
        for next in (done + [written]).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, last.upperBound >= next.lowerBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, next.upperBound)
            } else {
                merged.append(next)
            }
        }
        done = merged
    }

    /// Forgets everything: another version begins.
    package mutating func clear() { (done, tags, given) = ([], [:], []) }
}
