import Foundation
import Synchronization
import TestSupport
import Testing
import TuttiGeneration
import TuttiModels
import TuttiTensors

/// A small random checkpoint that sees, and what `transformers` says of it (scripts/goldens/make_tiny_senses.py): its
/// prompt has token 3 where a picture's embeddings stand, one picture wherever such places are neighbours.
struct SeeingGolden {
    let model: TinyModel
    /// The prompt's places of each picture.
    let places: [Range<Int>]
    /// The rows of each picture.
    var features: [[Float]]
    let grids: [PictureGrid]
    let hidden: Int

    static let names = ["idefics3", "llava", "gemma3", "paligemma", "qwen2_vl", "qwen2_5_vl"]
    static let place: Token = 3

    init(_ name: String) throws {
        model = try TinyModel(name)
        var places: [Range<Int>] = []
        for (index, token) in model.prompt.enumerated() where token == SeeingGolden.place {
            if let last = places.last, last.upperBound == index {
                places[places.count - 1] = last.lowerBound..<index + 1
            } else {
                places.append(index..<index + 1)
            }
        }
        let all = try #require(model.golden.floats("image_features"))
        hidden = all.count / places.reduce(0) { $0 + $1.count }
        var first = 0
        features =
            []
            + places.map { [hidden] places in
                defer { first += places.count * hidden }
                return Array(all[first..<first + places.count * hidden])
            }
        self.places = places
        // [pictures, 3], stored as i64: frames, rows and columns of patches, of which 2 × 2 are one embedding.
        let sizes = (model.golden.words("image_grid_thw") ?? []).enumerated().filter { $0.offset % 2 == 0 }
            .map { Int($0.element) }
        grids = stride(from: 0, to: sizes.count, by: 3).map {
            PictureGrid(frames: sizes[$0], rows: sizes[$0 + 1] / 2, columns: sizes[$0 + 2] / 2)
        }
    }

    /// The prompt as an engine takes it.
    var prompt: [Token] {
        var prompt = model.prompt
        for (index, places) in places.enumerated() {
            for place in places { prompt[place] = EmbeddingRun.placeholder(index) }
        }
        return prompt
    }

    /// The pictures as an engine takes them; `note` is told of each that is looked at.
    func runs(salt: UInt8 = 0, _ note: @escaping @Sendable (Int) -> Void = { _ in }) -> [EmbeddingRun] {
        features.enumerated().map { index, rows in
            EmbeddingRun(
                key: ContentKey(digest: Array(repeating: UInt8(index), count: 16) + [salt]), count: rows.count / hidden,
                grid: grids.isEmpty ? nil : grids[index]
            ) { _ in
                note(index)
                return rows
            }
        }
    }

    /// Stretches whose tokens see each other both ways.
    func spans(_ sight: PictureSight) -> [Range<Int>] {
        switch sight {
        case .causal: []
        case .eachPicture: places
        case .prompt: [0..<model.prompt.count]
        }
    }
}

/// A decoder with pictures, driven by hand: one sequence, float32 keys and values, in chunks of any size.
struct BareSeeingDecoder {
    let decoder: any Decoder
    let seeing: SeeingGolden
    private let step: Step
    private let layout: KeyValueLayout
    private var tables: [PageTable]
    private var count = 0

    init(_ decoder: any Decoder, _ seeing: SeeingGolden, pool: ComputePool) {
        (self.decoder, self.seeing) = (decoder, seeing)
        step = Step(pool: pool, exact: true)
        layout = decoder.shape.layout(.f32)
        tables = layout.groups.map { _ in [] }
    }

    /// The logits of every one of `more`, which go on where the last call ended.
    mutating func logits(_ more: ArraySlice<Token>) -> [Float] {
        let start = count, range = start..<start + more.count
        count = range.upperBound
        for group in layout.groups.indices {
            while tables[group].count * KeyValueLayout.pageTokens < count {
                tables[group].append(KeyValuePage(layout, group: group))
            }
        }
        step.reset()
        let x = decoder.embed(Array(more), step)
        for (places, rows) in zip(seeing.places, seeing.features) where places.overlaps(range) {
            let some = places.clamped(to: range), first = some.lowerBound - places.lowerBound
            step.write(
                rows[first * seeing.hidden..<(first + some.count) * seeing.hidden], to: x,
                rows: some.lowerBound - start..<some.upperBound - start)
        }
        let positions =
            decoder.shape.hasGridPositions ? GridPositions(Array(zip(seeing.places, seeing.grids))) : nil
        let rows = SequenceRows(
            rows: 0..<more.count, start: start, pages: tables,
            spans: seeing.spans(decoder.shape.sight).filter { $0.overlaps(range) }, positions: positions)
        let logits = decoder(x, Batch(sequences: [rows], outputs: Array(0..<more.count), layout: layout), step)
        return (0..<more.count).flatMap { logits.values(row: $0) }
    }

    /// Continues the model's prompt by `count` tokens, each the likeliest that is ordinary.
    mutating func greedy(count: Int) -> [Token] {
        var next = seeing.model.prompt[...], chosen: [Token] = []
        for _ in 0..<count {
            let last = logits(next).suffix(decoder.shape.vocabulary)
            let best = last.enumerated().dropFirst(BareDecoder.firstOrdinary).max { $0.element < $1.element }
            guard let best else { return chosen }
            chosen.append(Token(best.offset))
            next = [Token(best.offset)]
        }
        return chosen
    }
}

/// How often pictures were looked at.
final class Looks: Sendable {
    private let value = Mutex(0)

    var count: Int { value.withLock { $0 } }

    func add() { value.withLock { $0 += 1 } }
}
