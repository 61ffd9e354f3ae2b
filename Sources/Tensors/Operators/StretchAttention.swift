import CKernels

/// Rows that see the same keys, whole: a picture's, a window's.
public struct AttentionStretch: Sendable {
    /// Rows of the queries.
    public var rows: Range<Int>
    /// Rows of the keys and values.
    public var keys: Range<Int>

    public init(rows: Range<Int>, keys: Range<Int>) { (self.rows, self.keys) = (rows, keys) }
}

extension Step {
    /// Attention in which every row of a stretch sees all of its keys, `softmax(scale · q kᵀ) v` of each head, in bfloat16:
    /// queries, keys, values and weights are rounded, scores, softmax and sums are float32.
    /// - Parameters:
    ///   - queries: `[rows, heads · headWidth]`, as are keys and values of the rows that are seen.
    ///   - headWidth: A multiple of 16.
    /// - Returns: The queries' shape, in this step's arena; zeros for rows in no stretch.
    /// - SeeAlso: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1.
    public func attention(
        _ queries: Tensor, _ keys: Tensor, _ values: Tensor, over stretches: [AttentionStretch], heads: Int,
        headWidth: Int, scale: Float
    ) -> Tensor {
        precondition(headWidth % PackedMatrix.panelRows == 0 && queries.width == heads * headWidth, "attention's heads")
        precondition(keys.width == queries.width && values.width == queries.width && keys.rows == values.rows)
        let result = zeros(queries.rows, queries.width)
        frame {
            StretchAttentionJob(
                step: self, queries: queries, keys: keys, values: values, result: result,
                stretches: stretches.filter { !$0.rows.isEmpty && !$0.keys.isEmpty }, headWidth: headWidth,
                scale: scale
            ).run()
        }
        return result
    }
}

/// Products as of packed weights: keys are panels that queries meet, and values panels that the softmax meets.
@safe private struct StretchAttentionJob {
    let step: Step
    let queries: Tensor
    let keys: Tensor
    let values: Tensor
    let result: Tensor
    let stretches: [AttentionStretch]
    let headWidth: Int
    let scale: Float

    /// One head of a stretch.
    private struct Head {
        let stretch: AttentionStretch
        /// The first of its columns.
        let column: Int
        /// Where its keys' panels lie, `[panel][headWidth / 2][16 keys][2]`, and its values',
        /// `[headWidth / 16][keys / 2][16][2]`.
        let keys: Int
        let values: Int
    }

    private static let lanes = PackedMatrix.panelRows
    /// Rows that a thread takes at once: whole tiles.
    private static let rowsAtOnce = 8 * Int(TUTTI_TILE_ROWS)

    func run() {
        let lanes = StretchAttentionJob.lanes
        var heads: [Head] = [], count = 0
        for stretch in stretches {
            let keyCount = panelCount(stretch) * lanes * headWidth
            let valueCount = headWidth * tutti_bfloat16_row(stretch.keys.count)
            for column in stride(from: 0, to: queries.width, by: headWidth) {
                heads.append(Head(stretch: stretch, column: column, keys: count, values: count + keyCount))
                count += keyCount + valueCount
            }
        }
        let longest = stretches.map(\.keys.count).max() ?? 0, threads = step.pool.threadCount
        let panels = unsafe numbers(count), some = max(headWidth * longest, headWidth)
        let spare = unsafe numbers(threads * some)
        step.pool.run(heads.count) { index, worker in
            unsafe lay(heads[index], panels, spare + worker * some)
        }
        let units = heads.flatMap { head in
            stride(from: head.stretch.rows.lowerBound, to: head.stretch.rows.upperBound, by: Self.rowsAtOnce).map {
                (head: head, rows: $0..<min($0 + Self.rowsAtOnce, head.stretch.rows.upperBound))
            }
        }
        // For each thread: a tile's queries, scores and weights.
        let tile = Int(TUTTI_TILE_ROWS), width = (longest + 2 * lanes - 1) / (2 * lanes) * 2 * lanes
        let scaled = step.scratch(threads, headWidth), scores = step.scratch(threads * tile, width)
        let asked = unsafe numbers(threads * tile * headWidth), weights = unsafe numbers(threads * tile * width)
        step.pool.run(units.count) { index, worker in
            var first = units[index].rows.lowerBound
            while first < units[index].rows.upperBound {
                let rows = Int(tutti_tile_rows(units[index].rows.upperBound - first))
                unsafe attend(
                    units[index].head, first..<first + rows, panels, scaled.row(worker),
                    asked + worker * tile * headWidth, scores.row(worker * tile), weights + worker * tile * width, width
                )
                first += rows
            }
        }
    }

    private func panelCount(_ stretch: AttentionStretch) -> Int {
        (stretch.keys.count + StretchAttentionJob.lanes - 1) / StretchAttentionJob.lanes
    }

    @unsafe private func numbers(_ count: Int) -> UnsafeMutablePointer<UInt16> {
        unsafe step.scratchBytes(max(1, count) * MemoryLayout<UInt16>.size).bindMemory(to: UInt16.self, capacity: count)
    }

    /// Rounds a head's keys and values and lays them out in panels.
    /// - Parameter spare: Memory for all of its values.
    @unsafe private func lay(
        _ head: Head, _ panels: UnsafeMutablePointer<UInt16>, _ spare: UnsafeMutablePointer<UInt16>
    ) {
        let lanes = StretchAttentionJob.lanes, count = head.stretch.keys.count, first = head.stretch.keys.lowerBound
        let pairs = headWidth / 2
        for panel in 0..<panelCount(head.stretch) {
            let target = unsafe UnsafeMutableRawPointer(panels + head.keys + panel * lanes * headWidth)
                .assumingMemoryBound(to: UInt32.self)
            for lane in 0..<lanes {
                let key = panel * lanes + lane
                guard key < count else {
                    for pair in 0..<pairs { unsafe target[pair * lanes + lane] = 0 }
                    continue
                }
                unsafe tutti_round_bfloat16(keys.row(first + key) + head.column, headWidth, spare)
                let rounded = unsafe UnsafeRawPointer(spare).assumingMemoryBound(to: UInt32.self)
                for pair in 0..<pairs { unsafe target[pair * lanes + lane] = rounded[pair] }
            }
        }
        for key in 0..<count {
            let row = unsafe values.row(first + key) + head.column
            for place in stride(from: 0, to: headWidth, by: lanes) {
                unsafe tutti_round_bfloat16(row + place, lanes, spare + place * count + key * lanes)
            }
        }
        for place in stride(from: 0, to: headWidth, by: lanes) {
            unsafe tutti_pair_bfloat16(
                spare + place * count, count, panels + head.values + place * tutti_bfloat16_row(count))
        }
    }

    /// A tile of rows.
    @unsafe private func attend(
        _ head: Head, _ rows: Range<Int>, _ panels: UnsafePointer<UInt16>, _ scaled: UnsafeMutablePointer<Float>,
        _ asked: UnsafeMutablePointer<UInt16>, _ scores: UnsafeMutablePointer<Float>,
        _ weights: UnsafeMutablePointer<UInt16>, _ width: Int
    ) {
        let lanes = StretchAttentionJob.lanes, count = head.stretch.keys.count, height = Int32(rows.count)
        for (place, row) in rows.enumerated() {
            unsafe scaled.update(from: queries.row(row) + head.column, count: headWidth)
            unsafe tutti_scale_f32(scaled, scale, headWidth)
            unsafe tutti_round_bfloat16(scaled, headWidth, asked + place * headWidth)
        }
        for panel in stride(from: 0, to: panelCount(head.stretch), by: 2) {
            unsafe tutti_dot_bfloat16(
                panels + head.keys + panel * lanes * headWidth, Int32(min(2, panelCount(head.stretch) - panel)),
                headWidth, asked, headWidth, height, scores + panel * lanes, width)
        }
        for place in 0..<rows.count {
            unsafe tutti_softmax_f32(scores + place * width, count)
            unsafe tutti_round_bfloat16(scores + place * width, count, weights + place * width)
        }
        let valueRow = tutti_bfloat16_row(count)
        for place in stride(from: 0, to: headWidth, by: 2 * lanes) {
            unsafe tutti_dot_bfloat16(
                panels + head.values + place * valueRow, Int32(min(2, (headWidth - place) / lanes)), count, weights,
                width, height, result.row(rows.lowerBound) + head.column + place, result.width)
        }
    }
}
