import TuttiModels
import TuttiTensors

/// A window's tokens cut where times stand, and where the next window begins.
struct WhisperSegments {
    struct Piece {
        /// Seconds from the window's beginning.
        var start: Double
        var end: Double
        /// With the times.
        var tokens: Range<Int>
    }

    private(set) var pieces: [Piece] = []
    /// How far the window was heard, in frames of 10 ms.
    private(set) var heard: Int
    /// Whether nobody speaks behind the last time.
    let endsInSilence: Bool

    /// - Parameter frames: Frames of 10 ms that the window has of the recording.
    init(_ tokens: [Token], _ vocabulary: WhisperVocabulary, frames: Int) {
        let times = tokens.map(vocabulary.isTime)
        endsInSilence = tokens.count >= 2 && times[times.count - 1] && !times[times.count - 2]
        heard = frames
        // Between two times, one segment ends and the next begins.
        var cuts = tokens.indices.dropFirst().filter { times[$0] && times[$0 - 1] }
        if cuts.isEmpty {
            var end = Double(frames) / 100
            if let last = tokens.last(where: vocabulary.isTime), last != vocabulary.firstTimestamp {
                end = vocabulary.seconds(last)
            }
            pieces = [Piece(start: 0, end: end, tokens: tokens.indices)]
            return
        }
        if endsInSilence { cuts.append(tokens.count) }
        var first = 0
        for cut in cuts {
            pieces.append(
                Piece(
                    start: vocabulary.seconds(tokens[first]), end: vocabulary.seconds(tokens[cut - 1]),
                    tokens: first..<cut))
            first = cut
        }
        // What was begun and not ended is heard again.
        if !endsInSilence { heard = Int((vocabulary.seconds(tokens[first - 1]) * 100).rounded()) }
    }
}
