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

    /// - Parameter length: Left out where the sequence ends with these rows.
    public init(rows: Range<Int>, start: Int, pages: [PageTable], length: Int? = nil) {
        self.rows = rows
        self.start = start
        self.pages = pages
        self.length = length ?? start + rows.count
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

    /// Whether a row sees no later one; false for encoders, whose sequences are stored whole before they are read.
    public var isCausal: Bool

    public init(heads: Int, scale: Float, cap: Float = 0, sinks: [Float] = [], isCausal: Bool = true) {
        self.heads = heads
        self.scale = scale
        self.cap = cap
        self.sinks = sinks
        self.isCausal = isCausal
    }
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
                for r in range {
                    let row = sequence.rows.lowerBound + r, place = sequence.start + r
                    let page = table.page(place / tokens)
                    for head in 0..<layout.heads {
                        unsafe tutti_kv_store(
                            layout.kind.kernel, page.base + layout.offset(index: at.index, head: head), place % tokens,
                            keys.row(row) + head * width, values.row(row) + head * width, width)
                    }
                }
            }
        }
    }

    /// Attention of every row over its own sequence, the row itself included, with grouped heads: causal, as far back as
    /// the layout says that this layer sees, or over all of the sequence's rows.
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
        let at = layout.places[layer]
        let job = AttentionJob(
            step: self, q: q, group: layout.groups[at.group], at: at, sequences: sequences, layout: layout, shape: shape
        )
        return job.run()
    }
}

/// One call of `attention`, cut in units that threads take one by one.
@safe private struct AttentionJob {
    /// Rows of one sequence, for one key-value head, over a stretch of pages.
    struct Unit {
        var sequence: Int
        var rows: Range<Int>
        var head: Int
        var pages: Range<Int>
        /// Where this unit's partial result lies, in rows of the scratch tensors.
        var slot: Int
    }

    let step: Step
    let q: Tensor
    let group: KeyValueLayout.Group
    let at: KeyValueLayout.Place
    let sequences: [SequenceRows]
    let layout: KeyValueLayout
    let shape: AttentionShape

    /// Query heads for each key-value head.
    var groupCount: Int { shape.heads / layout.heads }

    /// The pages that one unit of few rows walks: 512 tokens.
    static let stretch = 16
    /// Queries that one unit brings to a page.
    static let queries = 64

    func run() -> Tensor {
        let units = makeUnits()
        let slots = units.last.map { $0.slot + $0.rows.count * groupCount } ?? 0
        let partial = step.scratch(slots, layout.headWidth), tops = step.scratch(slots, 1),
            sums = step.scratch(slots, 1)
        let queries = step.scratch(step.pool.threadCount * max(groupCount, AttentionJob.queries), layout.headWidth)
        step.pool.run(units.count) { index, worker in
            attend(units[index], partial, tops, sums, queries, worker)
        }
        return merge(units, partial, tops, sums)
    }

    private func makeUnits() -> [Unit] {
        var units: [Unit] = []
        var slot = 0
        let tokens = KeyValueLayout.pageTokens
        let rowsPerUnit = max(1, AttentionJob.queries / groupCount)
        for (index, sequence) in sequences.enumerated() {
            var first = 0
            while first < sequence.rows.count {
                let count = min(rowsPerUnit, sequence.rows.count - first)
                let oldest = group.oldest(seenFrom: sequence.start + first)
                let end = sequence.start + (shape.isCausal ? first + count : sequence.rows.count)
                let pages = oldest / tokens..<(end + tokens - 1) / tokens
                // Many rows are units enough; a few rows over a long context are cut along it.
                let stretch = sequence.rows.count <= 8 ? AttentionJob.stretch : pages.count
                for head in 0..<layout.heads {
                    for page in stride(from: pages.lowerBound, to: pages.upperBound, by: max(1, stretch)) {
                        units.append(
                            Unit(
                                sequence: index, rows: first..<first + count, head: head,
                                pages: page..<min(page + stretch, pages.upperBound), slot: slot))
                        slot += count * groupCount
                    }
                }
                first += count
            }
        }
        return units
    }

    private func attend(
        _ unit: Unit, _ partial: Tensor, _ tops: Tensor, _ sums: Tensor, _ scratch: Tensor, _ worker: Int
    ) {
        let sequence = sequences[unit.sequence], width = layout.headWidth, tokens = KeyValueLayout.pageTokens
        let table = sequence.pages[at.group]
        let count = unit.rows.count * groupCount
        let queries = unsafe scratch.row(worker * max(groupCount, AttentionJob.queries))
        let out = unsafe partial.row(unit.slot), top = unsafe tops.row(unit.slot), sum = unsafe sums.row(unit.slot)
        for (place, row) in unit.rows.enumerated() {
            let from = unsafe q.row(sequence.rows.lowerBound + row) + unit.head * groupCount * width
            unsafe (queries + place * groupCount * width).update(from: from, count: groupCount * width)
        }
        unsafe out.update(repeating: 0, count: count * width)
        unsafe top.update(repeating: -.infinity, count: count)
        unsafe sum.update(repeating: 0, count: count)
        unsafe withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * count) { bounds in
            guard let first = bounds.baseAddress else { return }
            let last = unsafe first + count
            for page in unit.pages {
                for (place, row) in unit.rows.enumerated() {
                    let position = sequence.start + row
                    let oldest = group.oldest(seenFrom: position)
                    let from = Int32(max(0, oldest - page * tokens))
                    let end = shape.isCausal ? position + 1 : sequence.start + sequence.rows.count
                    let to = Int32(max(0, min(tokens, end - page * tokens)))
                    for member in place * groupCount..<(place + 1) * groupCount {
                        unsafe first[member] = from
                        unsafe last[member] = to
                    }
                }
                unsafe tutti_attend_page(
                    layout.kind.kernel, table.page(page).base + layout.offset(index: at.index, head: unit.head), width,
                    queries, width, Int32(count), first, last, shape.scale, shape.cap, out, top, sum)
            }
        }
    }

    /// Adds up the stretches of each row and head: `Σ e^(topᵢ - top) outᵢ / Σ e^(topᵢ - top) sumᵢ`.
    private func merge(_ units: [Unit], _ partial: Tensor, _ tops: Tensor, _ sums: Tensor) -> Tensor {
        let result = step.scratch(q.rows, q.width), width = layout.headWidth
        var first = 0
        while first < units.count {
            var last = first + 1
            while last < units.count, units[last].rows == units[first].rows, units[last].head == units[first].head,
                units[last].sequence == units[first].sequence
            {
                last += 1
            }
            let unit = units[first], sequence = sequences[unit.sequence]
            for (place, row) in unit.rows.enumerated() {
                for member in 0..<groupCount {
                    let at = place * groupCount + member
                    let out =
                        unsafe result.row(sequence.rows.lowerBound + row) + (unit.head * groupCount + member) * width
                    let sink = shape.sinks.isEmpty ? nil : shape.sinks[unit.head * groupCount + member]
                    unsafe merge(units[first..<last], at, partial, tops, sums, sink, into: out)
                }
            }
            first = last
        }
        return result
    }

    private func merge(
        _ units: ArraySlice<Unit>, _ at: Int, _ partial: Tensor, _ tops: Tensor, _ sums: Tensor, _ sink: Float?,
        into out: UnsafeMutablePointer<Float>
    ) {
        let width = layout.headWidth
        var top = sink ?? -Float.infinity, total: Float = 0
        for unit in units { unsafe top = max(top, tops.row(unit.slot + at)[0]) }
        unsafe out.update(repeating: 0, count: width)
        if let sink { total = exponential(sink - top) }
        for unit in units {
            let stretchTop = unsafe tops.row(unit.slot + at)[0]
            guard stretchTop > -.infinity else { continue }
            let weight = exponential(stretchTop - top)
            unsafe total += weight * sums.row(unit.slot + at)[0]
            let part = unsafe partial.row(unit.slot + at)
            for i in 0..<width { unsafe out[i] += weight * part[i] }
        }
        unsafe tutti_scale_f32(out, total > 0 ? 1 / total : 0, width)
    }

    private func exponential(_ x: Float) -> Float {
        var x = x
        return x == 0 ? 1 : unsafe tutti_sum_exp_f32(&x, 0, 1)
    }
}
