import Foundation
import TuttiModels
import TuttiTensors

/// When each token of a text was said: the decoder writes the text once more, and it is seen at which frames the heads look
/// that follow the sound.
///
/// - SeeAlso: OpenAI's `timing.py`, which chose the heads; Sakoe and Chiba 1978 (dynamic time warping).
struct WhisperAlignment: Sendable {
    /// For each text token and the end behind them, the frame of 20 ms at which it begins.
    let frames: [Int]
    /// The probability of each text token among all text.
    let probabilities: [Float]

    /// Frames over which the attention is smoothed.
    private static let filterWidth = 7

    /// - Parameters:
    ///   - text: Text tokens, at least one.
    ///   - states: What the encoder made of the window's sound, without the silence behind it, `[frames, hidden]`.
    init(
        _ text: [Token], opening: [Token], _ whisper: Whisper, _ vocabulary: WhisperVocabulary,
        heads: [WhisperSettings.AlignmentHead], states: Tensor, sound: HeardSound, _ step: Step
    ) {
        let tokens = opening + [vocabulary.noTimestamps] + text + [vocabulary.end]
        let rows = opening.count..<tokens.count - 1, layout = whisper.shape.layout
        let frameCount = states.rows
        var sum = [Float](repeating: 0, count: rows.count * frameCount)
        var hypothesis = WhisperHypothesis()
        let batch = Batch(
            sequences: [hypothesis.rows(0..<tokens.count, layout)], outputs: Array(rows), layout: layout)
        let logits = whisper(tokens, batch, hearing: sound, step) { layer, queries in
            let mine = heads.filter { $0.layer == layer }.map(\.head)
            guard !mine.isEmpty else { return }
            let weights = whisper.attentionWeights(queries, layer: layer, heads: mine, states, step)
            for head in mine.indices {
                Self.addSmoothed(weights[head], rows: rows, frameCount: frameCount, to: &sum)
            }
        }
        frames = Self.path(sum, rows: rows.count, frames: frameCount)
        probabilities = text.enumerated().map { place, token in
            let row = Array(logits.values(row: place).prefix(Int(vocabulary.end)))
            return exp(row[Int(token)] - row.span.logSumExp)
        }
    }

    /// Adds one head's attention, `[all tokens, all frames]`, made comparable between tokens and smoothed over frames.
    private static func addSmoothed(
        _ weights: [Float], rows: Range<Int>, frameCount: Int, to sum: inout [Float]
    ) {
        let all = weights.count / frameCount
        var mean = [Float](repeating: 0, count: frameCount), deviation = mean
        for row in 0..<all { for frame in 0..<frameCount { mean[frame] += weights[row * frameCount + frame] } }
        for frame in 0..<frameCount { mean[frame] /= Float(all) }
        for row in 0..<all {
            for frame in 0..<frameCount {
                let difference = weights[row * frameCount + frame] - mean[frame]
                deviation[frame] += difference * difference
            }
        }
        for frame in 0..<frameCount { deviation[frame] = max((deviation[frame] / Float(all)).squareRoot(), 1e-20) }
        let half = filterWidth / 2
        var line = [Float](repeating: 0, count: frameCount), window: [Float] = []
        for (place, row) in rows.enumerated() {
            for frame in 0..<frameCount {
                line[frame] = (weights[row * frameCount + frame] - mean[frame]) / deviation[frame]
            }
            for frame in 0..<frameCount {
                window.removeAll(keepingCapacity: true)
                for offset in -half...half { window.append(line[mirrored(frame + offset, frameCount)]) }
                window.sort()
                sum[place * frameCount + frame] += window[half]
            }
        }
    }

    /// A place beyond an end, mirrored there.
    private static func mirrored(_ place: Int, _ count: Int) -> Int {
        guard count > 1 else { return 0 }
        let place = abs(place)
        return place < count ? place : max(0, 2 * count - 2 - place)
    }

    /// The path through tokens and frames along which there is most attention, neither going back.
    /// - Returns: For each token, the first of its frames.
    private static func path(_ attention: [Float], rows: Int, frames: Int) -> [Int] {
        guard frames > 0 else { return Array(repeating: 0, count: rows) }
        let width = frames + 1
        var cost = [Float](repeating: .infinity, count: (rows + 1) * width)
        var from = [UInt8](repeating: 0, count: (rows + 1) * width)
        cost[0] = 0
        for row in 1...rows {
            for frame in 1...frames {
                let both = cost[(row - 1) * width + frame - 1], token = cost[(row - 1) * width + frame]
                let time = cost[row * width + frame - 1]
                // In this order of preference among equals.
                let (least, way): (Float, UInt8) =
                    both < token && both < time ? (both, 0) : token < both && token < time ? (token, 1) : (time, 2)
                cost[row * width + frame] = least - attention[(row - 1) * frames + frame - 1]
                from[row * width + frame] = way
            }
        }
        var starts = [Int](repeating: 0, count: rows)
        var row = rows, frame = frames
        while row > 0 {
            starts[row - 1] = max(0, frame - 1)
            guard frame > 0 else {
                row -= 1
                continue
            }
            switch from[row * width + frame] {
            case 0: (row, frame) = (row - 1, frame - 1)
            case 1: row -= 1
            default: frame -= 1
            }
        }
        return starts
    }
}
