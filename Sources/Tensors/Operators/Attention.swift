import CKernels

/// The rows of a step that continue one sequence, and the pages that hold what came before them.
public struct SequenceRows: Sendable {
    /// Rows of the step's tensors.
    public var rows: Range<Int>
    /// How many tokens the sequence had before these rows: the position of the first of them in its pages.
    public var start: Int
    /// The sequence's pages, a table for each of the layout's groups: enough for `start + rows.count` tokens, and there
    /// from the first token on that these rows see.
    public var pages: [PageTable]
    /// How many of the sequence's tokens are known, which can be more than these rows reach: rotary positions of some
    /// models depend on it.
    public var length: Int
    /// Stretches of the sequence, ascending, whose tokens see each other both ways: a picture's in some models. Those that
    /// these rows lie in, each with all of its tokens that were not stored before.
    public var spans: [Range<Int>]
    /// The rotary positions of the sequence's tokens where they have three parts; nil where a token's is its place.
    public var positions: GridPositions?

    /// - Parameter length: Left out where the sequence ends with these rows.
    public init(
        rows: Range<Int>, start: Int, pages: [PageTable], length: Int? = nil, spans: [Range<Int>] = [],
        positions: GridPositions? = nil
    ) {
        self.rows = rows
        self.start = start
        self.pages = pages
        self.length = length ?? start + rows.count
        self.spans = spans
        self.positions = positions
    }

    /// Behind the last token that the one at `place` sees, where attention is causal.
    func end(seenFrom place: Int) -> Int {
        guard !spans.isEmpty, let span = spans.first(where: { place < $0.upperBound }) else { return place + 1 }
        return span.lowerBound <= place ? span.upperBound : place + 1
    }
}

extension PageTable {
    /// The page at `place`.
    /// - Precondition: It is there: a hole within a window is a mistake of the cache.
    func page(_ place: Int) -> KeyValuePage {
        guard let page = self[place] else { preconditionFailure("page \(place) was given back") }
        return page
    }
}

/// What distinguishes one attention from another.
public struct AttentionShape: Sendable {
    public var heads: Int
    /// The factor on scores, usually 1 / √headWidth.
    public var scale: Float
    /// Scores are capped by `cap · tanh(score / cap)`; 0 for none.
    public var cap: Float
    /// For each head a score that takes part in the softmax and gives nothing, or none.
    /// - SeeAlso: Xiao et al. 2023, arXiv:2309.17453 (attention sinks), as learnt by GPT-OSS.
    public var sinks: [Float]

    /// Whether a row sees no later one, but those of its own span. False where rows see all of their sequence's `length` tokens, which are stored
    /// before they are read: in encoders, and where a decoder looks at what an encoder made.
    public var isCausal: Bool
    /// Where a row sees only its neighbours: how many tokens back, itself included, and how many later ones. In its place,
    /// `isCausal` and the layout's window say nothing.
    public var window: Window?

    public struct Window: Sendable, Hashable {
        /// 1 at least.
        public var back: Int
        public var ahead: Int

        public init(back: Int, ahead: Int) { (self.back, self.ahead) = (back, ahead) }
    }

    public init(
        heads: Int, scale: Float, cap: Float = 0, sinks: [Float] = [], isCausal: Bool = true, window: Window? = nil
    ) {
        precondition(
            window.map { $0.back >= 1 && $0.ahead >= 0 } ?? true, "a window in which a row does not see itself")
        self.heads = heads
        self.scale = scale
        self.cap = cap
        self.sinks = sinks
        self.isCausal = isCausal
        self.window = window
    }

    /// Whether every row sees all of its sequence, and how much of each is said by the scores alone.
    public var seesAll: Bool { !isCausal && window == nil && cap == 0 && sinks.isEmpty }
}

extension Step {
    /// Writes the rows' keys and values of one layer into their sequences' pages.
    /// - Parameters:
    ///   - keys: `[rows, layout.heads · layout.headWidth]`; `values` the same.
    public func store(
        _ keys: Tensor, _ values: Tensor, layer: Int, in sequences: [SequenceRows], _ layout: KeyValueLayout
    ) {
        let width = layout.headWidth, tokens = KeyValueLayout.pageTokens, at = layout.places[layer]
        for sequence in sequences {
            let table = sequence.pages[at.group]
            split(sequence.rows.count, width: keys.width) { range in
                // Keys of sixteen tokens lie side by side: head by head, what is written stays in the nearest cache.
                for head in 0..<layout.heads {
                    let offset = layout.offset(index: at.index, head: head)
                    for r in range {
                        let row = sequence.rows.lowerBound + r, place = sequence.start + r
                        unsafe tutti_kv_store(
                            layout.kind.kernel, table.page(place / tokens).base + offset, place % tokens,
                            keys.row(row) + head * width, values.row(row) + head * width, width)
                    }
                }
            }
        }
    }

    /// Attention of every row over its own sequence, the row itself included, with grouped heads: causal, as far back as
    /// the layout says that this layer sees, over all of the sequence's tokens, or over a row's neighbours.
    ///
    /// Blocked over pages with an online softmax; long contexts are cut in stretches of fixed length, which are merged
    /// in order, so that the result does not depend on how many threads there are.
    /// - Parameters:
    ///   - q: `[rows, shape.heads · layout.headWidth]`, rotated.
    /// - Returns: The same shape, in this step's arena.
    /// - Precondition: The rows' own keys and values are stored.
    /// - SeeAlso: Dao et al. 2022, arXiv:2205.14135 (online softmax); Kwon et al. 2023, arXiv:2309.06180 (pages).
    public func attention(
        _ q: Tensor, layer: Int, over sequences: [SequenceRows], _ layout: KeyValueLayout, _ shape: AttentionShape
    ) -> Tensor {
        precondition(q.width == shape.heads * layout.headWidth, "attention: \(shape.heads) heads in width \(q.width)")
        precondition(shape.sinks.isEmpty || shape.sinks.count == shape.heads, "\(shape.sinks.count) sinks")
        for sequence in sequences {
            let end = sequence.start + sequence.rows.count
            precondition(sequence.rows.isEmpty || sequence.end(seenFrom: end - 1) == end, "a span is cut at \(end)")
        }
        let at = layout.places[layer], result = scratch(q.rows, q.width)
        let job = AttentionJob(
            step: self, q: q, result: result, group: layout.groups[at.group], at: at, sequences: sequences,
            layout: layout, shape: shape)
        frame { job.run() }
        return result
    }
}

/// One call of `attention`, cut in units that threads take one by one.
@safe private struct AttentionJob {
    /// Rows of one sequence, for one key-value head, over pages: one stretch of them, or all.
    struct Unit {
        var sequence: Int
        var rows: Range<Int>
        var head: Int
        var pages: Range<Int>
        /// Where this unit's result lies, in rows of the scratch tensors; nil where it is not one of several to be merged.
        var slot: Int?
    }

    /// An online softmax under way for some queries: outputs, and for each the largest score and the sum of weights.
    @safe struct Partial {
        let out: UnsafeMutablePointer<Float>
        let top: UnsafeMutablePointer<Float>
        let sum: UnsafeMutablePointer<Float>

        init(_ out: Tensor, _ tops: Tensor, _ sums: Tensor, row: Int) {
            unsafe self.out = out.row(row)
            unsafe top = tops.row(row)
            unsafe sum = sums.row(row)
        }

        func clear(count: Int, width: Int) {
            unsafe out.update(repeating: 0, count: count * width)
            unsafe top.update(repeating: -.infinity, count: count)
            unsafe sum.update(repeating: 0, count: count)
        }

        /// Takes in what the same queries found in a later stretch: both are brought to the larger of the two maxima.
        func take(_ later: Partial, count: Int, width: Int) {
            unsafe tutti_merge_attention(later.out, later.top, later.sum, Int32(count), width, out, top, sum)
        }
    }

    let step: Step
    let q: Tensor
    let result: Tensor
    let group: KeyValueLayout.Group
    let at: KeyValueLayout.Place
    let sequences: [SequenceRows]
    let layout: KeyValueLayout
    let shape: AttentionShape

    /// Query heads for each key-value head.
    var groupCount: Int { shape.heads / layout.heads }

    /// Pages are walked in stretches of so many, and what the stretches found is merged in their order. Where they begin
    /// does not depend on the rows, so a row's result does not depend on the rows that are computed beside it.
    static let stretch = Int(TUTTI_STRETCH_PAGES)
    /// Queries that one unit brings to a page: whole tiles of the widest kernel.
    static let queries = 96

    func run() {
        let (units, slots) = makeUnits()
        let partial = step.scratch(slots, layout.headWidth), tops = step.scratch(slots, 1),
            sums = step.scratch(slots, 1)
        // For each thread: its queries in one piece, what they found so far, and the stretch in hand.
        let most = max(groupCount, AttentionJob.queries), threads = step.pool.threadCount
        let queries = step.scratch(threads * most, layout.headWidth)
        let found = step.scratch(2 * threads * most, layout.headWidth), foundTops = step.scratch(2 * threads * most, 1),
            foundSums = step.scratch(2 * threads * most, 1)
        step.pool.run(units.count) { index, worker in
            let unit = units[index], rows = unsafe gather(unit, into: queries.row(worker * most))
            let current = Partial(found, foundTops, foundSums, row: (2 * worker + 1) * most)
            if let slot = unit.slot {
                unsafe attend(unit, rows, Partial(partial, tops, sums, row: slot), current)
            } else {
                let whole = Partial(found, foundTops, foundSums, row: 2 * worker * most)
                unsafe attend(unit, rows, whole, current)
                finish(unit, whole)
            }
        }
        if slots > 0 { merge(units, partial, tops, sums) }
    }

    /// The units, and how many rows of scratch those take whose results are to be merged.
    private func makeUnits() -> (units: [Unit], slots: Int) {
        var units: [Unit] = []
        var slot = 0
        let tokens = KeyValueLayout.pageTokens
        let rowsPerUnit = max(1, AttentionJob.queries / groupCount)
        for (index, sequence) in sequences.enumerated() {
            var first = 0
            while first < sequence.rows.count {
                let count = min(rowsPerUnit, sequence.rows.count - first)
                let oldest = seen(from: sequence.start + first, in: sequence).lowerBound
                let end = seen(from: sequence.start + first + count - 1, in: sequence).upperBound
                let pages = oldest / tokens..<(end + tokens - 1) / tokens
                // Many rows are units enough; a few rows over a long context are cut along it.
                let cuts = sequence.rows.count <= 8 ? stretches(of: pages) : [pages]
                for head in 0..<layout.heads {
                    for pages in cuts {
                        let isWhole = cuts.count == 1
                        units.append(
                            Unit(
                                sequence: index, rows: first..<first + count, head: head, pages: pages,
                                slot: isWhole ? nil : slot))
                        if !isWhole { slot += count * groupCount }
                    }
                }
                first += count
            }
        }
        return (units, slot)
    }

    /// The tokens that the row at `position` of a sequence sees.
    private func seen(from position: Int, in sequence: SequenceRows) -> Range<Int> {
        if let window = shape.window {
            return max(0, position + 1 - window.back)..<min(sequence.length, position + 1 + window.ahead)
        }
        let end = shape.isCausal ? sequence.end(seenFrom: position) : sequence.length
        return min(end, group.oldest(seenFrom: position))..<end
    }

    /// `pages` cut where stretches begin.
    private func stretches(of pages: Range<Int>) -> [Range<Int>] {
        let length = AttentionJob.stretch
        return (pages.lowerBound / length..<(pages.upperBound + length - 1) / length).map {
            ($0 * length..<($0 + 1) * length).clamped(to: pages)
        }
    }

    /// Copies a unit's queries into one piece, `[rows · groupCount, headWidth]`.
    @unsafe private func gather(
        _ unit: Unit, into queries: UnsafeMutablePointer<Float>
    ) -> UnsafeMutablePointer<Float> {
        let width = groupCount * layout.headWidth, first = sequences[unit.sequence].rows.lowerBound
        for (place, row) in unit.rows.enumerated() {
            unsafe (queries + place * width).update(from: q.row(first + row) + unit.head * width, count: width)
        }
        return unsafe queries
    }

    private func attend(_ unit: Unit, _ queries: UnsafePointer<Float>, _ result: Partial, _ current: Partial) {
        let count = unit.rows.count * groupCount, width = layout.headWidth
        result.clear(count: count, width: width)
        for (index, pages) in stretches(of: unit.pages).enumerated() {
            guard index > 0 else {
                unsafe attend(unit, pages, queries, result)
                continue
            }
            current.clear(count: count, width: width)
            unsafe attend(unit, pages, queries, current)
            result.take(current, count: count, width: width)
        }
    }

    /// Walks one stretch.
    @unsafe private func attend(
        _ unit: Unit, _ pages: Range<Int>, _ queries: UnsafePointer<Float>, _ result: Partial
    ) {
        let sequence = sequences[unit.sequence], width = layout.headWidth, tokens = KeyValueLayout.pageTokens
        let table = sequence.pages[at.group], offset = layout.offset(index: at.index, head: unit.head)
        let count = unit.rows.count * groupCount
        unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * count) { bounds in
            guard let first = bounds.baseAddress else { return }
            let last = unsafe first + count
            for (place, row) in unit.rows.enumerated() {
                let seen = seen(from: sequence.start + row, in: sequence)
                // Counted from the first page, as far as the last: what a row sees nothing of is an empty range.
                let places = seen.clamped(to: pages.lowerBound * tokens..<pages.upperBound * tokens)
                for member in place * groupCount..<(place + 1) * groupCount {
                    unsafe first[member] = Int32(places.lowerBound - pages.lowerBound * tokens)
                    unsafe last[member] = Int32(places.upperBound - pages.lowerBound * tokens)
                }
            }
            func head(_ page: Int) -> UnsafeRawPointer { unsafe UnsafeRawPointer(table.page(page).base + offset) }
            unsafe withUnsafeTemporaryAllocation(of: UnsafeRawPointer?.self, capacity: pages.count) { heads in
                for (place, page) in pages.enumerated() { unsafe heads[place] = head(page) }
                var attention = unsafe tutti_attention(
                    kind: layout.kind.kernel, width: width, scale: shape.scale, cap: shape.cap,
                    heads: UnsafePointer(heads.baseAddress), count: Int32(pages.count),
                    next: pages.upperBound < unit.pages.upperBound ? head(pages.upperBound) : nil, query: queries,
                    stride: width, queries: Int32(count), first: first, last: last, out: result.out,
                    largest: result.top, sum: result.sum)
                unsafe tutti_attend_pages(&attention)
            }
        }
    }

    /// Adds up the stretches of each row and head.
    private func merge(_ units: [Unit], _ partial: Tensor, _ tops: Tensor, _ sums: Tensor) {
        var first = 0
        while first < units.count {
            var last = first + 1
            while last < units.count, units[last].rows == units[first].rows, units[last].head == units[first].head,
                units[last].sequence == units[first].sequence
            {
                last += 1
            }
            defer { first = last }
            guard let slot = units[first].slot else { continue }
            let whole = Partial(partial, tops, sums, row: slot)
            for later in units[first + 1..<last].compactMap(\.slot) {
                whole.take(
                    Partial(partial, tops, sums, row: later), count: units[first].rows.count * groupCount,
                    width: layout.headWidth)
            }
            finish(units[first], whole)
        }
    }

    /// Divides what a unit's queries found in all pages by the sums of weights.
    private func finish(_ unit: Unit, _ whole: Partial) {
        let sequence = sequences[unit.sequence], width = layout.headWidth
        for query in 0..<unit.rows.count * groupCount {
            let member = unit.head * groupCount + query % groupCount
            let row = sequence.rows.lowerBound + unit.rows.lowerBound + query / groupCount
            finish(whole, query, sink: shape.sinks.isEmpty ? nil : shape.sinks[member])
            unsafe (result.row(row) + member * width).update(from: whole.out + query * width, count: width)
        }
    }

    /// Divides by the sum of weights, to which a sink adds its own.
    private func finish(_ whole: Partial, _ query: Int, sink: Float?) {
        var total = unsafe whole.sum[query], factor: Float = 1
        if let sink {
            let highest = unsafe max(sink, whole.top[query])
            unsafe factor = exponential(whole.top[query] - highest)
            total = factor * total + exponential(sink - highest)
        }
        unsafe tutti_scale_f32(whole.out + query * layout.headWidth, total > 0 ? factor / total : 0, layout.headWidth)
    }
}

private func exponential(_ x: Float) -> Float {
    var x = x
    return x == 0 ? 1 : unsafe tutti_sum_exp_f32(&x, 0, 1)
}
