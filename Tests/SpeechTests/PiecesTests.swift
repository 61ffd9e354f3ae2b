import Testing
import TuttiSpeech

@Suite struct PiecesTests {
    private let rate = 1000
    private func cut(_ speech: [Range<Double>], seconds: Double, sound: [Float]? = nil) -> [Piece] {
        Cutting().pieces(
            speech.map { Int($0.lowerBound * 1000)..<Int($0.upperBound * 1000) },
            of: sound ?? [Float](repeating: 0.1, count: Int(seconds * 1000)), sampleRate: rate)
    }

    @Test func neighboursAreHeardTogetherAndCutAtTheLongestPause() {
        // Four seconds each, half a second between, but a second after the fourth.
        var speech: [Range<Double>] = [], start = 1.0
        for index in 0..<8 {
            speech.append(start..<start + 4)
            start += 4 + (index == 3 ? 1 : 0.5)
        }
        let pieces = cut(speech, seconds: 40)
        #expect(pieces.map(\.speech.count) == [4, 4])
        #expect(pieces[0].samples == 700..<18_800)
        #expect(pieces[1].samples.lowerBound == 19_200)
    }

    /// A breath behind a long stretch of speech is heard with some of it.
    @Test func aPieceLeavesEnoughForTheNext() {
        let speech = [1.0..<9, 9.5..<17.5, 17.8..<24.5, 25.7..<25.9]
        #expect(cut(speech + [30..<34], seconds: 36).map(\.speech.count) == [2, 2, 1])
        #expect(cut([1..<9, 9.5..<24.5, 25.7..<25.9], seconds: 28).map(\.speech.count) == [1, 2])
        // Where there is no other pause, it is not.
        #expect(cut([1..<24.5, 25.7..<25.9], seconds: 28).map(\.speech.count) == [1, 1])
    }

    @Test func aLongPauseEndsAPiece() {
        #expect(cut([1..<3, 4..<5, 9..<10], seconds: 12).map(\.speech.count) == [2, 1])
        #expect(cut([], seconds: 12).isEmpty)
    }

    @Test func aShortClipIsHeardAsItIs() {
        #expect(cut([1..<3, 4..<5], seconds: 6).map(\.samples) == [0..<6000])
        #expect(cut([1..<3, 4..<5], seconds: 7).map(\.samples) == [700..<5300])
        #expect(cut([2..<3, 4..<5], seconds: 6).map(\.samples) == [1700..<5300])
        #expect(cut([1..<24], seconds: 25).map(\.samples) == [0..<25_000])
    }

    @Test func speechWithoutAPauseIsCutWhereItIsQuiet() {
        var sound = [Float](repeating: 0.3, count: 60_000)
        for i in 20_000..<20_150 { sound[i] = 0.01 }
        for i in 40_000..<40_150 { sound[i] = 0.01 }
        let pieces = cut([0..<60], seconds: 60, sound: sound)
        #expect(pieces.map { abs($0.samples.upperBound - $0.speech[0].upperBound) } == [0, 0, 0])
        #expect(pieces.count == 3 && (20_000..<20_150).contains(pieces[0].samples.upperBound))
        #expect((40_000..<40_150).contains(pieces[1].samples.upperBound))
    }

    /// Whatever is spoken, everything lies in just one piece, and no piece is too long.
    @Test(arguments: 0..<50) func nothingIsLostOrDoubled(seed: UInt64) {
        var state = seed &* 6_364_136_223_846_793_005 &+ 1
        func random(_ range: ClosedRange<Double>) -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return range.lowerBound + Double(state >> 40) / Double(1 << 24) * (range.upperBound - range.lowerBound)
        }
        var speech: [Range<Double>] = [], now = random(0...2)
        while speech.count < 40 {
            let end = now + (random(0...1) < 0.1 ? random(20...90) : random(0.3...8))
            speech.append(now..<end)
            now = end + (random(0...1) < 0.1 ? random(2...9) : random(0.1...1))
        }
        let pieces = cut(speech, seconds: now + 0.05)
        for (a, b) in zip(pieces, pieces.dropFirst()) { #expect(a.samples.upperBound <= b.samples.lowerBound) }
        #expect(pieces.allSatisfy { $0.samples.count <= 25_000 })
        let heard = pieces.flatMap(\.speech)
        #expect(
            heard.reduce(0) { $0 + $1.count }
                == speech.reduce(0) { $0 + Int($1.upperBound * 1000) - Int($1.lowerBound * 1000) })
        for piece in pieces {
            #expect(
                piece.speech.allSatisfy {
                    piece.samples.lowerBound <= $0.lowerBound && $0.upperBound <= piece.samples.upperBound
                })
        }
    }
}
