import TuttiModels
import TuttiTensors
import TuttiText

/// Which token may come next: what is never written, and when times are written and which.
///
/// - SeeAlso: Radford et al. 2022, arXiv:2212.04356, sections 2.3 and 4.5.
struct WhisperRules: Sendable {
    let vocabulary: WhisperVocabulary
    let writesTimes: Bool
    private let never: [Int]
    private let notFirst: [Int]

    /// The latest beginning of a window's first words, in time tokens: one second.
    private static let latestBeginning = 50

    init(_ vocabulary: WhisperVocabulary, _ settings: WhisperSettings, writesTimes: Bool) {
        self.vocabulary = vocabulary
        self.writesTimes = writesTimes
        func places(_ tokens: [Token]) -> [Int] { tokens.map { Int($0) }.filter { 0..<vocabulary.count ~= $0 } }
        never = places(settings.suppressed.map { $0 + [vocabulary.noSpeech] } ?? vocabulary.neverWritten)
        notFirst = places(
            settings.suppressedFirst ?? vocabulary.tokenizer.encode(" ").prefix(1) + [vocabulary.end])
    }

    /// Makes impossible what may not follow `written`.
    /// - Parameter logits: `vocabulary.count` numbers.
    func apply(to logits: inout [Float], after written: [Token]) {
        for token in never { logits[token] = -.infinity }
        if written.isEmpty { for token in notFirst { logits[token] = -.infinity } }
        logits[Int(vocabulary.noTimestamps)] = -.infinity
        let times = Int(vocabulary.firstTimestamp)..<logits.count
        func forbid(_ range: Range<Int>) { for token in range { logits[token] = -.infinity } }
        guard writesTimes else { return forbid(times) }

        // Times come in pairs, the end of one segment and the beginning of the next, but for the first and the last.
        let isTime = written.last.map(vocabulary.isTime) ?? false
        let wasTime = written.count < 2 || vocabulary.isTime(written[written.count - 2])
        if isTime { forbid(wasTime ? times : 0..<Int(vocabulary.end)) }
        // They never go back, and no segment is empty.
        if let last = written.last(where: vocabulary.isTime) {
            forbid(times.lowerBound..<min(times.upperBound, Int(last) + (isTime && !wasTime ? 0 : 1)))
        }
        if written.isEmpty {
            forbid(0..<times.lowerBound)
            forbid(min(times.upperBound, times.lowerBound + Self.latestBeginning + 1)..<times.upperBound)
        }
        // Some time or other may be likelier than any word.
        let anyTime = logits.span.extracting(times).logSumExp
        if anyTime > logits.span.extracting(0..<times.lowerBound).greatest { forbid(0..<times.lowerBound) }
    }
}
