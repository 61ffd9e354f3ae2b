import Testing
import TuttiTensors

/// Positions of three parts, as the paper's figure 3 counts them.
@Suite struct GridPositionsTests {
    private func parts(_ positions: GridPositions, _ places: Range<Int>) -> [[Int32]] {
        (0..<3).map { axis in places.map { positions[$0][axis] } }
    }

    @Test func textCountsOn() {
        let positions = GridPositions([])
        #expect(parts(positions, 0..<4) == Array(repeating: [0, 1, 2, 3], count: 3))
        #expect(positions[100_000] == SIMD3(repeating: 100_000))
    }

    @Test func aPictureTakesAsManyPositionsAsItIsLong() {
        let positions = GridPositions([(2..<8, PictureGrid(rows: 2, columns: 3))])
        #expect(
            parts(positions, 0..<11) == [
                [0, 1, 2, 2, 2, 2, 2, 2, 5, 6, 7], [0, 1, 2, 2, 2, 3, 3, 3, 5, 6, 7],
                [0, 1, 2, 3, 4, 2, 3, 4, 5, 6, 7],
            ])
    }

    @Test func picturesFollowEachOther() {
        let positions = GridPositions([
            (0..<3, PictureGrid(rows: 3, columns: 1)), (3..<5, PictureGrid(rows: 1, columns: 2)),
        ])
        #expect(
            parts(positions, 0..<7) == [[0, 0, 0, 3, 3, 5, 6], [0, 1, 2, 3, 3, 5, 6], [0, 0, 0, 3, 4, 5, 6]])
    }

    @Test func framesOfAVideoAreApartInTime() {
        let positions = GridPositions([(1..<7, PictureGrid(frames: 3, rows: 1, columns: 2, frameStep: 4))])
        #expect(
            parts(positions, 0..<9) == [
                [0, 1, 1, 5, 5, 9, 9, 10, 11], [0, 1, 1, 1, 1, 1, 1, 10, 11], [0, 1, 2, 1, 2, 1, 2, 10, 11],
            ])
    }
}

/// Rotary positions whose pairs turn by three numbers.
@Suite struct GridRopeTests {
    private let rotary = RotaryEmbedding(base: 10_000, rotated: 16, pairs: .halves, sections: [2, 3, 3])
    private let layout = KeyValueLayout(kind: .f32, windows: [nil], heads: 1, headWidth: 16)

    private func turned(_ rotary: RotaryEmbedding, start: Int, rows: Int, _ positions: GridPositions?) -> [[Float]] {
        let step = Step(pool: ComputePool(threads: 2)), x = step.scratch(rows, 16)
        x.fill(from: (0..<16 * rows).map { Float($0 % 16) - 7.5 })
        let sequence = SequenceRows(rows: 0..<rows, start: start, pages: [], positions: positions)
        let batch = Batch(sequences: [sequence], outputs: [], layout: layout)
        step.rope(x, headWidth: 16, step.angles(batch, rotary))
        return (0..<rows).map { x.values(row: $0) }
    }

    /// Where the three parts are equal, they are one.
    @Test func textTurnsAsWithoutSections() {
        let plain = RotaryEmbedding(base: 10_000, rotated: 16, pairs: .halves)
        let wanted = turned(plain, start: 5, rows: 3, nil)
        #expect(turned(rotary, start: 5, rows: 3, nil) == wanted)
        #expect(turned(rotary, start: 5, rows: 3, GridPositions([])) == wanted)
    }

    /// Each pair turns by the part that its section names.
    @Test func eachSectionTurnsByItsOwnPart() {
        let positions = GridPositions([(0..<24, PictureGrid(frames: 2, rows: 3, columns: 4, frameStep: 7))])
        let plain = RotaryEmbedding(base: 10_000, rotated: 16, pairs: .halves)
        let ours = turned(rotary, start: 0, rows: 24, positions)
        for place in 0..<24 {
            let parts = [7 * (place / 12), place % 12 / 4, place % 4]
            let whole = parts.map { turned(plain, start: $0, rows: 1, nil)[0] }
            for pair in 0..<8 {
                let axis = pair < 2 ? 0 : pair < 5 ? 1 : 2
                #expect(ours[place][pair] == whole[axis][pair] && ours[place][pair + 8] == whole[axis][pair + 8])
            }
        }
    }
}
