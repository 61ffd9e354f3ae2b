/// A stretch of a recording that a recogniser hears at once.
public struct Piece: Sendable, Hashable {
    /// Samples of the recording. Pieces do not overlap, so nothing is heard twice; between them is only what nobody said.
    public var samples: Range<Int>
    /// Where somebody speaks within it, in samples of the recording.
    public var speech: [Range<Int>]

    public init(samples: Range<Int>, speech: [Range<Int>]) { (self.samples, self.speech) = (samples, speech) }
}

/// Cuts a recording where nobody speaks into pieces of a length that recognisers hear well.
///
/// Moonshine hears 15 to 25 seconds best: pieces of a second or two lack what surrounds them, and whole minutes are longer
/// than it was taught on.
public struct Cutting: Sendable, Hashable {
    /// A piece ends at the longest pause after so many seconds …
    public var shortestSeconds = 15.0
    /// … and before so many.
    public var longestSeconds = 25.0
    /// If it can, it ends so early, or earlier still, that as much is left for the next: of a breath alone words would be
    /// made.
    public var shortestRestSeconds = 5.0
    /// How much of a pause belongs to the speech beside it, at most.
    public var paddingSeconds = 0.3
    /// Pauses from this length on are between pieces, however short these are.
    public var longestPauseSeconds = 3.0

    public init() {}

    /// Cuts a recording.
    /// - Parameters:
    ///   - speech: Where somebody speaks, ascending, in samples, without padding.
    ///   - samples: The recording.
    public func pieces(_ speech: [Range<Int>], of samples: [Float], sampleRate: Int) -> [Piece] {
        func count(_ seconds: Double) -> Int { Int(seconds * Double(sampleRate)) }
        let padding = count(paddingSeconds), longest = max(1, count(longestSeconds) - 2 * padding)
        let parts = speech.flatMap { split($0, longest: longest, samples, sampleRate: sampleRate) }
        var groups: [[Range<Int>]] = [], first = 0
        while first < parts.count {
            var last = first
            while last + 1 < parts.count, parts[last + 1].upperBound - parts[first].lowerBound <= longest,
                parts[last + 1].lowerBound - parts[last].upperBound < count(longestPauseSeconds)
            {
                last += 1
            }
            let isWhole =
                last + 1 == parts.count
                || parts[last + 1].lowerBound - parts[last].upperBound >= count(longestPauseSeconds)
            if !isWhole {
                // The longest of the pauses that leave enough before them and behind them. Rather a short piece than the
                // next too short.
                var end = last + 1
                while end + 1 < parts.count,
                    parts[end + 1].lowerBound - parts[end].upperBound < count(longestPauseSeconds)
                {
                    end += 1
                }
                func pauses(_ before: Double, _ behind: Double) -> [Int] {
                    (first...last).filter {
                        parts[$0].upperBound - parts[first].lowerBound >= count(before)
                            && parts[end].upperBound - parts[$0 + 1].lowerBound >= count(behind)
                    }
                }
                let choices = [
                    pauses(shortestSeconds, shortestRestSeconds), pauses(shortestRestSeconds, shortestRestSeconds),
                    pauses(shortestSeconds, 0),
                ]
                last =
                    choices.first { !$0.isEmpty }?.max {
                        parts[$0 + 1].lowerBound - parts[$0].upperBound < parts[$1 + 1].lowerBound
                            - parts[$1].upperBound
                    } ?? last
            }
            groups.append(Array(parts[first...last]))
            first = last + 1
        }
        let spans = groups.map { $0[0].lowerBound..<$0[$0.count - 1].upperBound }
        if spans.count == 1, samples.count <= count(longestSeconds),
            max(spans[0].lowerBound, samples.count - spans[0].upperBound) < count(longestPauseSeconds) / 2
        {
            // A clip with little silence around it is heard as it is.
            return [Piece(samples: 0..<samples.count, speech: groups[0])]
        }
        return zip(VoiceSegments.padded(spans, by: padding, within: samples.count), groups)
            .map { Piece(samples: $0, speech: $1) }
    }

    /// Speech that is longer than a piece may be, cut where it is quietest in the last two fifths of each piece.
    private func split(_ speech: Range<Int>, longest: Int, _ samples: [Float], sampleRate: Int) -> [Range<Int>] {
        var parts: [Range<Int>] = [], start = speech.lowerBound
        while speech.upperBound - start > longest {
            let cut = quietest(start + longest * 3 / 5..<start + longest, samples, sampleRate: sampleRate)
            parts.append(start..<cut)
            start = cut
        }
        return parts + [start..<speech.upperBound]
    }

    /// The middle of the tenth of a second in which there is least sound.
    func quietest(_ range: Range<Int>, _ samples: [Float], sampleRate: Int) -> Int {
        let hop = max(1, sampleRate / 100), window = 10
        let energies = stride(from: range.lowerBound, to: range.upperBound - hop + 1, by: hop).map { first in
            samples[first..<min(first + hop, samples.count)].reduce(Float(0)) { $0 + $1 * $1 }
        }
        guard energies.count > window else { return range.lowerBound + range.count / 2 }
        let sums = (0...energies.count - window).map { energies[$0..<$0 + window].reduce(0, +) }
        let place = sums.indices.min { sums[$0] < sums[$1] } ?? 0
        return range.lowerBound + (place + window / 2) * hop
    }
}
