import CKernels
import Foundation
import TestSupport
import Testing
import TuttiTensors

/// Attention written as the paper writes it, in double precision.
private func plainAttention(
    _ q: [Float], _ k: [Float], _ v: [Float], start: Int, rows: Int, heads: Int, keyValueHeads: Int, width: Int,
    scale: Double, window: Int?, ahead: Int, cap: Double, sinks: [Float], spans: [Range<Int>]
) -> [Double] {
    var out = [Double](repeating: 0, count: rows * heads * width)
    for row in 0..<rows {
        let position = start + row, oldest = window.map { max(0, position + 1 - $0) } ?? 0
        for head in 0..<heads {
            let shared = head / (heads / keyValueHeads)
            var scores: [Double] = []
            let span = spans.first { $0.contains(position) }.map { $0.upperBound - 1 }
            for place in oldest...(span ?? min(position + ahead, start + rows - 1)) {
                var score = 0.0
                for d in 0..<width {
                    score +=
                        Double(q[(row * heads + head) * width + d])
                        * Double(k[(place * keyValueHeads + shared) * width + d])
                }
                score *= scale
                scores.append(cap > 0 ? cap * tanh(score / cap) : score)
            }
            let all = scores + (sinks.isEmpty ? [] : [Double(sinks[head])])
            let top = all.max()!, total = all.reduce(0) { $0 + exp($1 - top) }
            for (index, score) in scores.enumerated() {
                for d in 0..<width {
                    out[(row * heads + head) * width + d] +=
                        exp(score - top) / total * Double(v[((oldest + index) * keyValueHeads + shared) * width + d])
                }
            }
        }
    }
    return out
}

struct AttentionCase: Sendable, CustomTestStringConvertible {
    var heads = 4, keyValueHeads = 2, width = 64, start = 0, rows = 1
    var window: Int?
    /// Where rows see their neighbours: how many tokens ahead.
    var ahead: Int?
    var cap: Float = 0
    var hasSinks = false
    /// Stretches whose tokens see each other both ways.
    var spans: [Range<Int>] = []

    var testDescription: String {
        "\(heads)/\(keyValueHeads) × \(width), rows \(start)..<\(start + rows), window \(window ?? 0), ahead \(ahead ?? 0), cap \(cap), sinks \(hasSinks), spans \(spans)"
    }

    /// Page borders, groups of one to nine, stretches of a long context, windows that begin within a page.
    static let all = [
        AttentionCase(), AttentionCase(start: 31), AttentionCase(start: 32, rows: 3), AttentionCase(rows: 40),
        AttentionCase(heads: 9, keyValueHeads: 3, start: 700), AttentionCase(heads: 14, keyValueHeads: 2, start: 1200),
        AttentionCase(heads: 7, keyValueHeads: 1, width: 128, start: 5, rows: 33),
        AttentionCase(heads: 4, keyValueHeads: 1, width: 256, start: 90, rows: 8, window: 40),
        AttentionCase(heads: 3, keyValueHeads: 3, width: 96, start: 64, rows: 17, window: 20, cap: 3),
        AttentionCase(heads: 2, keyValueHeads: 1, width: 32, start: 600, rows: 2, window: 550, cap: 1),
        AttentionCase(start: 30, rows: 70, window: 16, ahead: 3),
        AttentionCase(start: 5, rows: 90, window: 1, ahead: 40),
        AttentionCase(heads: 2, width: 32, start: 0, rows: 33, window: 5, ahead: 0),
        AttentionCase(start: 700, hasSinks: true), AttentionCase(heads: 8, rows: 40, window: 9, hasSinks: true),
        // Spans of a whole chunk, over page borders, within a window, begun before the rows, and of one token.
        AttentionCase(rows: 70, spans: [0..<70]),
        AttentionCase(start: 20, rows: 60, spans: [22..<40, 40..<41, 50..<79]),
        AttentionCase(heads: 4, keyValueHeads: 1, start: 90, rows: 40, window: 20, spans: [80..<96, 110..<130]),
        AttentionCase(heads: 9, keyValueHeads: 3, start: 300, rows: 5, spans: [290..<304]),
        AttentionCase(heads: 2, keyValueHeads: 1, start: 700, rows: 300, cap: 2, spans: [650..<900, 950..<1000]),
    ]
}

extension KernelTests {
    @Suite(.serialized) struct AttentionTests {
        private func difference(_ test: AttentionCase, kind: KeyValueKind) -> Double {
            var random = Random(seed: 17)
            let tokens = test.start + test.rows, narrow = test.keyValueHeads * test.width
            let k = random.floats(tokens * narrow, scale: 0.7), v = random.floats(tokens * narrow, scale: 0.7)
            let q = random.floats(test.rows * test.heads * test.width, scale: 0.7)
            let step = Step(pool: ComputePool(threads: 2))
            // Windows that reach ahead are the shape's, not the layout's.
            let layout = KeyValueLayout(
                kind: kind, windows: [nil, 7, test.ahead == nil ? test.window : nil], heads: test.keyValueHeads,
                headWidth: test.width)
            // Pages that no row sees are not there.
            let first = layout.groups.map { $0.oldest(seenFrom: test.start) / 32 }
            func tables(from first: [Int]) -> [PageTable] {
                all.enumerated().map { group, table in
                    table.enumerated().map { $0 < first[group] ? nil : $1 }
                }
            }
            let all = layout.groups.indices.map { group in
                (0..<(tokens + 31) / 32).map { _ in KeyValuePage(layout, group: group) }
            }
            let pages = tables(from: first)
            func tensor(_ values: ArraySlice<Float>, width: Int) -> Tensor {
                let tensor = step.scratch(values.count / width, width)
                tensor.fill(from: Array(values))
                return tensor
            }
            if test.start > 0 {
                let before = [SequenceRows(rows: 0..<test.start, start: 0, pages: tables(from: first.map { _ in 0 }))]
                step.store(
                    tensor(k[..<(test.start * narrow)], width: narrow),
                    tensor(v[..<(test.start * narrow)], width: narrow),
                    layer: 2, in: before, layout)
            }
            let rows = [SequenceRows(rows: 0..<test.rows, start: test.start, pages: pages, spans: test.spans)]
            step.store(
                tensor(k[(test.start * narrow)...], width: narrow), tensor(v[(test.start * narrow)...], width: narrow),
                layer: 2, in: rows, layout)
            let scale = 1 / Float(test.width).squareRoot()
            // Below, among and above the scores.
            let sinks = test.hasSinks ? (0..<test.heads).map { Float($0 % 3 - 1) * 4 } : []
            let shape = AttentionShape(
                heads: test.heads, scale: scale, cap: test.cap, sinks: sinks,
                window: test.ahead.map { .init(back: test.window ?? 1, ahead: $0) })
            let y = step.attention(tensor(q[...], width: test.heads * test.width), layer: 2, over: rows, layout, shape)
            let plain = plainAttention(
                q, k, v, start: test.start, rows: test.rows, heads: test.heads, keyValueHeads: test.keyValueHeads,
                width: test.width, scale: Double(scale), window: test.window, ahead: test.ahead ?? 0,
                cap: Double(test.cap), sinks: sinks, spans: test.spans)
            let ours = (0..<test.rows).flatMap { y.values(row: $0) }
            // A conversation's answer must not depend on what is computed beside it: a row alone gives the same bits.
            let width = test.heads * test.width
            for row in 0..<test.rows {
                // Those that see later ones are computed beside them.
                guard !test.spans.contains(where: { $0.dropLast().contains(test.start + row) }) else { continue }
                let alone = step.attention(
                    tensor(q[row * width..<(row + 1) * width], width: width), layer: 2,
                    over: [
                        SequenceRows(
                            rows: 0..<1, start: test.start + row, pages: pages, length: tokens, spans: test.spans)
                    ], layout,
                    shape)
                #expect(alone.values(row: 0) == y.values(row: row), "row \(row) alone")
            }
            return zip(ours, plain).map { abs(Double($0) - $1) }.max() ?? .infinity
        }

        @Test(arguments: AttentionCase.all, instructionSets)
        func agreesWithTheDefinition(test: AttentionCase, isa: tutti_isa) {
            tutti_set_isa(isa)
            defer { tutti_set_isa(TUTTI_WIDEST) }
            #expect(difference(test, kind: .f32) < 5e-6)
            // Rounding keys and values to 11 bits moves scores and values by some 2^-11 of their size.
            #expect(difference(test, kind: .f16) < 2e-3)
            // To 8 bits: some 2^-8 of the largest of 32.
            #expect(difference(test, kind: .q8_0) < 3e-2)
        }
    }
}
