import TuttiTensors

extension HiFiGAN.Stage {
    /// The rows of the lower rate that some rows of the higher are made of.
    func inputs(_ rows: Range<Int>) -> Range<Int> {
        let groups = groups(rows.lowerBound - reach..<rows.upperBound + reach)
        return groups.lowerBound - (up.phases[0].taps - 1)..<groups.upperBound
    }

    /// Groups of `stride` rows that cover some rows: group g begins with row `stride · g - padding`.
    fileprivate func groups(_ rows: Range<Int>) -> Range<Int> {
        func group(_ row: Int) -> Int {
            let place = row + up.padding.before
            return (place >= 0 ? place : place - up.stride + 1) / up.stride
        }
        return group(rows.lowerBound)..<group(rows.upperBound - 1) + 1
    }

    /// One stage, a tile of rows after the other, each within a core's caches: by one thread, or by all where there are
    /// outputs enough to share, so that rows on both sides of a tile are not computed once for each thread.
    /// - Parameters:
    ///   - x: The lower rate's rows `inputRows`, which ``inputs(_:)`` of `rows` gave; those beyond the ends are zeros.
    ///   - total: How many rows the higher rate has in all.
    /// - Returns: `rows` of the higher rate, rectified, those beyond the ends zeros.
    func callAsFunction(
        _ x: Tensor, rows inputRows: Range<Int>, _ rows: Range<Int>, total: Int, _ step: Step
    ) -> Tensor {
        let out = step.scratch(rows.count, channels), pool = step.pool, threads = pool.threadCount
        let isShared = threads > 1 && outputBlocks >= 2 * threads, tilesAtOnce = isShared ? 1 : threads
        // A thread's part of five buffers of a tile and what it reads on both sides: some 700 kB.
        let fitting = max(2 * reach, (isShared ? 60_000 : 36_000) / channels - 2 * reach)
        let count = ((rows.count + fitting - 1) / fitting + tilesAtOnce - 1) / tilesAtOnce * tilesAtOnce
        let tileRows = max(12, ((rows.count + count - 1) / count + 11) / 12 * 12)
        step.frame {
            let scratch = step.scratch(tilesAtOnce, Tile.floatCount(self, rows: tileRows))
            let make: (Int, Int) -> Void = { index, worker in
                let first = rows.lowerBound + index * tileRows
                let tile = unsafe Tile(
                    stage: self, rows: first..<min(first + tileRows, rows.upperBound), total: total,
                    scratch: scratch.row(worker), mostRows: tileRows, pool: isShared ? pool : nil)
                tile.raise(x, first: inputRows.lowerBound)
                unsafe tile.smooth(into: out.row(first - rows.lowerBound))
            }
            let tiles = (rows.count + tileRows - 1) / tileRows
            if isShared {
                for index in 0..<tiles { make(index, 0) }
            } else {
                pool.run(tiles, make)
            }
        }
        return out
    }

    /// In how many parts the outputs of a convolution of its blocks can be computed.
    private var outputBlocks: Int { blocks.first?.units.first?.first.outputBlocks ?? 1 }
}

/// Some rows of a stage, and the buffers in which they are made. Every buffer holds the rows `around`; those of them that
/// lie beyond the ends of the whole are not computed.
@safe private struct Tile {
    let stage: HiFiGAN.Stage
    let rows: Range<Int>
    let total: Int
    /// The rows and what the widest block reads beside them.
    let around: Range<Int>
    /// Threads that share the outputs; nil where others make other tiles meanwhile.
    private let pool: ComputePool?
    /// What came up from the lower rate, and the same rectified, with zeros beyond the ends of the whole.
    private let raised: UnsafeMutablePointer<Float>
    private let rectified: UnsafeMutablePointer<Float>
    /// What a block makes, the same rectified, and what is between two convolutions of a unit.
    private let made: UnsafeMutablePointer<Float>
    private let madeRectified: UnsafeMutablePointer<Float>
    private let between: UnsafeMutablePointer<Float>

    private static func bufferRows(_ stage: HiFiGAN.Stage, _ rows: Int) -> Int {
        rows + 2 * stage.reach + 2 * stage.up.stride
    }

    static func floatCount(_ stage: HiFiGAN.Stage, rows: Int) -> Int { 5 * bufferRows(stage, rows) * stage.channels }

    init(
        stage: HiFiGAN.Stage, rows: Range<Int>, total: Int, scratch: UnsafeMutablePointer<Float>, mostRows: Int,
        pool: ComputePool?
    ) {
        self.stage = stage
        self.pool = pool
        self.rows = rows
        self.total = total
        around = rows.lowerBound - stage.reach..<rows.upperBound + stage.reach
        let size = Tile.bufferRows(stage, mostRows) * stage.channels
        // What is raised comes in whole groups, which may begin some rows before.
        unsafe raised = scratch + stage.up.stride * stage.channels
        unsafe rectified = raised + size
        unsafe made = scratch + 2 * size
        unsafe madeRectified = scratch + 3 * size
        unsafe between = scratch + 4 * size
    }

    private var channels: Int { stage.channels }
    private func place(_ row: Int) -> Int { (row - around.lowerBound) * channels }

    private func inside(_ rows: Range<Int>) -> Range<Int> { rows.clamped(to: 0..<total) }

    /// Raises the rate: `x` is the lower rate from its row `row` on.
    func raise(_ x: Tensor, first row: Int) {
        let up = stage.up, rows = inside(around)
        if !rows.isEmpty {
            let groups = stage.groups(rows), first = place(groups.lowerBound * up.stride - up.padding.before)
            unsafe multiply(
                up.phases[0], UnsafePointer(x.row(groups.lowerBound - (up.phases[0].taps - 1) - row)),
                rows: groups.count, to: raised + first, stride: up.stride * channels,
                rectified: (rectified + first, HiFiGAN.leak))
        }
        unsafe clear(rectified, around)
    }

    /// Adds up what the blocks make of it, and rectifies the sum.
    func smooth(into out: UnsafeMutablePointer<Float>) {
        for (index, block) in stage.blocks.enumerated() {
            var source = unsafe raised, sourceRectified = unsafe rectified, reach = block.reach
            for (number, unit) in block.units.enumerated() {
                reach -= unit.reach
                let wanted = rows.lowerBound - reach..<rows.upperBound + reach
                let from = unsafe source + place(wanted.lowerBound)
                if number < block.units.count - 1 {
                    // A single convolution still reads what is rectified when the first rows of the next are written.
                    let isRead = unsafe unit.second == nil && sourceRectified == madeRectified
                    let to = unsafe isRead ? between : madeRectified
                    let first = unsafe to + place(wanted.lowerBound)
                    unsafe add(
                        unit, wanted, sourceRectified, to: made + place(wanted.lowerBound), added: from,
                        rectified: (first, HiFiGAN.leak))
                    unsafe clear(first, wanted)
                    unsafe (source, sourceRectified) = (made, to)
                } else {
                    let isLast = index == stage.blocks.count - 1
                    unsafe add(
                        unit, wanted, sourceRectified, to: out, adds: index > 0, added: from,
                        rectified: isLast ? (out, stage.leak) : nil)
                }
            }
        }
        unsafe clear(out, rows)
    }

    /// Puts what a unit makes of `x`, rectified, in the rows `wanted`, and what is added to it: buffers that begin with them.
    private func add(
        _ unit: HiFiGAN.Block.Unit, _ wanted: Range<Int>, _ x: UnsafeMutablePointer<Float>,
        to out: UnsafeMutablePointer<Float>, adds: Bool = false, added: UnsafeMutablePointer<Float>,
        rectified: (out: UnsafeMutablePointer<Float>, slope: Float)?
    ) {
        let rows = inside(wanted), start = (rows.lowerBound - wanted.lowerBound) * channels
        var window = unsafe UnsafePointer(x + place(rows.lowerBound - unit.reach))
        if unit.second != nil {
            let reach = unit.secondReach, inner = wanted.lowerBound - reach..<wanted.upperBound + reach
            let rows = inside(inner)
            unsafe multiply(
                unit.first, UnsafePointer(x + place(rows.lowerBound - unit.firstReach)), rows: rows.count,
                to: between + place(rows.lowerBound), stride: channels, leak: HiFiGAN.leak)
            unsafe clear(between + place(inner.lowerBound), inner)
            unsafe window = UnsafePointer(between + place(wanted.lowerBound - reach) + start)
        }
        unsafe multiply(
            unit.second ?? unit.first, window, rows: rows.count, to: out + start, stride: channels, adds: adds,
            added: added + start, rectified: rectified.map { unsafe ($0.out + start, $0.slope) })
    }

    /// Convolves rows: all outputs on this thread, or each thread its part of them.
    private func multiply(
        _ convolution: PackedConvolution, _ x: UnsafePointer<Float>, rows: Int, to out: UnsafeMutablePointer<Float>,
        stride: Int, leak: Float = 1, adds: Bool = false, added: UnsafePointer<Float>? = nil,
        rectified: (out: UnsafeMutablePointer<Float>, slope: Float)? = nil
    ) {
        let parts = pool?.threadCount ?? 1, blocks = convolution.outputBlocks
        let multiply: (Int, Int) -> Void = { part, _ in
            unsafe convolution.multiply(
                x, frameStride: convolution.inputs, rows: rows,
                blocks: part * blocks / parts..<(part + 1) * blocks / parts, out: out, outStride: stride, leak: leak,
                adds: adds, added: added, rectified: rectified)
        }
        if let pool { pool.run(parts, multiply) } else { multiply(0, 0) }
    }

    /// Zeros in rows beyond the ends of the whole; `x` is the first of them.
    private func clear(_ x: UnsafeMutablePointer<Float>, _ rows: Range<Int>) {
        if rows.lowerBound >= 0 && rows.upperBound <= total { return }
        for row in rows where row < 0 || row >= total {
            unsafe (x + (row - rows.lowerBound) * channels).update(repeating: 0, count: channels)
        }
    }
}
