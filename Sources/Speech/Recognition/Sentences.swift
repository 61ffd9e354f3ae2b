import Foundation
import TuttiTensors

/// A sentence of a text, and when it was said.
struct Sentence: Equatable {
    /// Places of the tokens that it is made of.
    var tokens: Range<Int>
    var text: String
    /// Seconds from the recording's beginning.
    var start: Double
    var end: Double
}

/// Takes a text apart into sentences, and shares out the time in which somebody spoke among them by their lengths.
struct Sentences {
    /// A sentence ends with a token that ends with one of these, where the next begins with a space.
    private static let ends: Set<UInt8> = Set(".!?".utf8)

    /// - Parameters:
    ///   - pieces: The bytes of each token.
    ///   - speech: When somebody spoke, in seconds, ascending.
    static func of(_ pieces: [[UInt8]], speech: [Range<Double>]) -> [Sentence] {
        var ranges: [Range<Int>] = [], first = 0
        for index in pieces.indices {
            let ends = pieces[index].last.map { Sentences.ends.contains($0) } ?? false
            let isLast = index + 1 == pieces.count
            guard isLast || ends && pieces[index + 1].first == UInt8(ascii: " ") else { continue }
            ranges.append(first..<index + 1)
            first = index + 1
        }
        let texts = ranges.map { range in
            String(decoding: pieces[range].joined(), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        var left = texts.reduce(0) { $0 + $1.utf8.count }
        var clock = SpeechClock(speech)
        return zip(ranges, texts).compactMap { range, text in
            guard !text.isEmpty else { return nil }
            let start = clock.now
            let end = clock.advance(by: clock.left * Double(text.utf8.count) / Double(left))
            left -= text.utf8.count
            return Sentence(tokens: range, text: text, start: start, end: end)
        }
    }
}

/// Goes through the time in which somebody speaks, over the pauses.
private struct SpeechClock {
    private let speech: [Range<Double>]
    /// The range of `speech` that `now` lies in.
    private var index = 0
    /// When the next sentence begins.
    private(set) var now: Double

    init(_ speech: [Range<Double>]) {
        self.speech = speech
        now = speech.first?.lowerBound ?? 0
    }

    /// How long somebody goes on speaking.
    var left: Double {
        guard index < speech.count else { return 0 }
        return speech[index...].reduce(0) { $0 + $1.upperBound - $1.lowerBound } - (now - speech[index].lowerBound)
    }

    /// A sentence of about so many seconds: where a pause is near its end, it ends there.
    /// - Returns: When it ends.
    mutating func advance(by seconds: Double) -> Double {
        guard index < speech.count else { return now }
        // A third of the sentence, but never so much that it would have no length.
        let tolerance = max(0.4, seconds / 3)
        var passed = -(now - speech[index].lowerBound), best: (index: Int, distance: Double)?
        for place in index..<speech.count {
            passed += speech[place].upperBound - speech[place].lowerBound
            let distance = abs(passed - seconds)
            if distance < tolerance, distance < best?.distance ?? .infinity { best = (place, distance) }
        }
        if let best {
            index = best.index + 1
            now = index < speech.count ? speech[index].lowerBound : speech[best.index].upperBound
            return speech[best.index].upperBound
        }
        var left = seconds
        while index + 1 < speech.count, left > speech[index].upperBound - now {
            left -= speech[index].upperBound - now
            index += 1
            now = speech[index].lowerBound
        }
        now = min(now + left, speech[index].upperBound)
        return now
    }
}
