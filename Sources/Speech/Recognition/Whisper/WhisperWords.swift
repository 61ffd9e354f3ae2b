import TuttiModels
import TuttiTensors
import TuttiText

/// Words of a window with their times.
struct WhisperWords {
    struct Word {
        var text: String
        var tokens: [Token]
        /// Seconds from the window's beginning.
        var start: Double
        var end: Double
        var probability: Float
    }

    var words: [Word]
    /// The usual length of a word here, at most 0.7 seconds.
    let usual: Double

    init(_ text: [Token], _ alignment: WhisperAlignment, _ vocabulary: WhisperVocabulary, language: String?) {
        var words: [Word] = []
        var first = 0
        for tokens in Self.split(text, vocabulary, bySpaces: !Self.withoutSpaces.contains(language ?? "en")) {
            let last = first + tokens.count
            let all = alignment.probabilities[first..<last]
            words.append(
                Word(
                    text: vocabulary.text(tokens), tokens: tokens,
                    start: Double(alignment.frames[first]) * WhisperVocabulary.timeStep,
                    end: Double(alignment.frames[last]) * WhisperVocabulary.timeStep,
                    probability: all.min() ?? 0))
            first = last
        }
        let lengths = words.map { $0.end - $0.start }.filter { $0 > 0 }.sorted()
        let middle = lengths.count / 2
        let median =
            lengths.isEmpty ? 0 : lengths.count % 2 == 1 ? lengths[middle] : (lengths[middle - 1] + lengths[middle]) / 2
        usual = min(0.7, median)
        self.words = words
        if !lengths.isEmpty { shortenAtSentences() }
        joinPunctuation()
    }

    /// Languages that put no spaces between words: each character is one.
    private static let withoutSpaces: Set<String> = ["zh", "ja", "th", "lo", "my", "yue"]

    // MARK: Splitting

    /// Tokens of whole characters, and with `bySpaces` those that belong to one word.
    private static func split(_ text: [Token], _ vocabulary: WhisperVocabulary, bySpaces: Bool) -> [[Token]] {
        var words: [[Token]] = [], current: [Token] = [], bytes: [UInt8] = []
        for token in text {
            current.append(token)
            bytes += vocabulary.tokenizer.bytes(of: token)
            guard let piece = String(validating: bytes, as: UTF8.self) else { continue }
            let stripped = piece.filter { !$0.isWhitespace }
            let isMark = !stripped.isEmpty && stripped.allSatisfy { $0.isASCII && ($0.isPunctuation || $0.isSymbol) }
            if words.isEmpty || !bySpaces || piece.hasPrefix(" ") || isMark || stripped.isEmpty {
                words.append(current)
            } else {
                words[words.count - 1] += current
            }
            (current, bytes) = ([], [])
        }
        // Bytes that never became a character.
        if !current.isEmpty { words.append(current) }
        return words
    }

    // MARK: What makes times better

    private static let sentenceEnds: Set<String> = [".", "。", "!", "！", "?", "？"]
    private static let before = Set("\"'“¿([{-".map(String.init))
    private static let behind = Set("\"'.。,，!！?？:：”)]}、".map(String.init))

    /// A pause between sentences counts to the word beside it: what is too long for a word is cut.
    private mutating func shortenAtSentences() {
        for place in words.indices.dropFirst() where words[place].end - words[place].start > 2 * usual {
            if Self.sentenceEnds.contains(words[place].text) {
                words[place].end = words[place].start + 2 * usual
            } else if Self.sentenceEnds.contains(words[place - 1].text) {
                words[place].start = words[place].end - 2 * usual
            }
        }
    }

    /// Marks belong to the word that they stand at; a word that was all mark is left empty.
    private mutating func joinPunctuation() {
        guard words.count > 1 else { return }
        var next = words.count - 1
        for place in (0..<words.count - 1).reversed() {
            let mark = words[place].text
            if mark.hasPrefix(" "), Self.before.contains(String(mark.filter { !$0.isWhitespace })) {
                words[next].text = mark + words[next].text
                words[next].tokens = words[place].tokens + words[next].tokens
                (words[place].text, words[place].tokens) = ("", [])
            } else {
                next = place
            }
        }
        var last = 0
        for place in 1..<words.count {
            let mark = words[place].text
            if mark.isEmpty || (!words[last].text.hasSuffix(" ") && Self.behind.contains(mark)) {
                words[last].text += mark
                words[last].tokens += words[place].tokens
                (words[place].text, words[place].tokens) = ("", [])
            } else {
                last = place
            }
        }
    }

    // MARK: Segments

    /// Shares the words out to the segments that their tokens are of, and brings both sides' times together.
    /// - Parameters:
    ///   - segments: Of this window; their times are seconds of the recording, as those of their words will be.
    ///   - counts: How many text tokens each of them has.
    ///   - offset: Where the window begins.
    ///   - spokenTo: Where the last word before ended.
    func place(
        in segments: inout [Transcript.Segment], counts: [Int], offset: Double, spokenTo: inout Double
    ) {
        var next = words.startIndex
        for place in segments.indices {
            var taken = 0, own: [Transcript.Word] = []
            while next < words.endIndex, taken < counts[place] {
                let word = words[next]
                taken += word.tokens.count
                next += 1
                guard !word.text.isEmpty else { continue }
                own.append(
                    Transcript.Word(
                        text: word.text, start: Self.rounded(offset + word.start), end: Self.rounded(offset + word.end),
                        probability: word.probability))
            }
            guard !own.isEmpty else { continue }
            adjust(&own, &segments[place], spokenTo)
            spokenTo = segments[place].end
            segments[place].words = own
        }
    }

    private func adjust(_ words: inout [Transcript.Word], _ segment: inout Transcript.Segment, _ spokenTo: Double) {
        let longest = 2 * usual, last = words.count - 1
        // Of a pause before the first words, they take part.
        if words[0].end - spokenTo > 4 * usual,
            words[0].end - words[0].start > longest || (last > 0 && words[1].end - words[0].start > 2 * longest)
        {
            if last > 0, words[1].end - words[1].start > longest {
                let boundary = max(words[1].end / 2, words[1].end - longest)
                words[0].end = boundary
                words[1].start = boundary
            }
            words[0].start = max(0, words[0].end - longest)
        }
        // Where word and segment are far apart, the segment is believed.
        if segment.start < words[0].end, segment.start - 0.5 > words[0].start {
            words[0].start = max(0, min(words[0].end - usual, segment.start))
        } else {
            segment.start = words[0].start
        }
        if segment.end > words[last].start, segment.end + 0.5 < words[last].end {
            words[last].end = max(words[last].start + usual, segment.end)
        } else {
            segment.end = words[last].end
        }
    }

    private static func rounded(_ seconds: Double) -> Double { (seconds * 100).rounded() / 100 }
}
