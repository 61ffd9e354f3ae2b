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

    /// One stage, a tile of rows after the other, each by one thread and within its caches.
    /// - Parameters:
    ///   - x: The lower rate's rows `inputRows`, which ``inputs(_:)`` of `rows` gave; those beyond the ends are zeros.
    ///   - total: How many rows the higher rate has in all.
    /// - Returns: `rows` of the higher rate, rectified, those beyond the ends zeros.
    func callAsFunction(
        _ x: Tensor, rows inputRows: Range<Int>, _ rows: Range<Int>, total: Int, _ step: Step
    ) -> Tensor {
        let out = step.scratch(rows.count, channels)
        // Five buffers of a tile and what it reads on both sides: some 700 kB.
        let fitting = max(2 * reach, 36_000 / channels - 2 * reach), threads = step.pool.threadCount
        let count = ((rows.count + fitting - 1) / fitting + threads - 1) / threads * threads
        let tileRows = max(12, ((rows.count + count - 1) / count + 11) / 12 * 12)
        step.frame {
            let scratch = step.scratch(threads, Tile.floatCount(self, rows: tileRows))
            step.pool.run((rows.count + tileRows - 1) / tileRows) { index, worker in
                let first = rows.lowerBound + index * tileRows
                let tile = unsafe Tile(
                    stage: self, rows: first..<min(first + tileRows, rows.upperBound), total: total,
                    scratch: scratch.row(worker), mostRows: tileRows)
                unsafe tile.raise(
                    x.row(groups(tile.around).lowerBound - (up.phases[0].taps - 1) - inputRows.lowerBound))
                unsafe tile.smooth(into: out.row(first - rows.lowerBound))
            }
        }
        return out
    }
}

/// Some rows of a stage, and the buffers in which they are made. Every buffer holds the rows `around`.
@safe private struct Tile {
    let stage: HiFiGAN.Stage
    let rows: Range<Int>
    let total: Int
    /// The rows and what the widest block reads beside them.
    let around: Range<Int>
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
        stage: HiFiGAN.Stage, rows: Range<Int>, total: Int, scratch: UnsafeMutablePointer<Float>, mostRows: Int
    ) {
        self.stage = stage
        self.rows = rows
        self.total = total
        around = rows.lowerBound - stage.reach..<rows.upperBound + stage.reach
        let size = Tile.bufferRows(stage, mostRows) * stage.channels
        // What is raised comes in whole groups, which may begin some rows before.
        unsafe raised = scratch + stage.up.stride * stage.channels
        unsafe rectified = scratch + size
        unsafe made = scratch + 2 * size
        unsafe madeRectified = scratch + 3 * size
        unsafe between = scratch + 4 * size
    }

    private var channels: Int { stage.channels }
    private func place(_ row: Int) -> Int { (row - around.lowerBound) * channels }

    /// Raises the rate: `x` is the first row of the lower rate that `around` is made of.
    func raise(_ x: UnsafeMutablePointer<Float>) {
        let up = stage.up, groups = stage.groups(around)
        unsafe up.phases[0].multiply(
            UnsafePointer(x), frameStride: up.inputs, rows: groups.count,
            out: raised + place(groups.lowerBound * up.stride - up.padding.before), outStride: up.stride * channels)
        unsafe rectify(raised, around, into: rectified)
    }

    /// Adds up what the blocks make of it, and rectifies the sum.
    func smooth(into out: UnsafeMutablePointer<Float>) {
        for (index, block) in stage.blocks.enumerated() {
            var source = unsafe raised, sourceRectified = unsafe rectified, reach = block.reach
            for (number, unit) in block.units.enumerated() {
                reach -= unit.reach
                let wanted = rows.lowerBound - reach..<rows.upperBound + reach
                let count = wanted.count * channels, from = unsafe source + place(wanted.lowerBound)
                if number == block.units.count - 1 {
                    if index == 0 {
                        unsafe out.update(from: from, count: count)
                    } else {
                        unsafe Step.add(from, to: out, count: count)
                    }
                    unsafe add(unit, wanted, sourceRectified, to: out)
                } else {
                    let to = unsafe made + place(wanted.lowerBound)
                    if number == 0 { unsafe to.update(from: from, count: count) }
                    unsafe add(unit, wanted, sourceRectified, to: to)
                    unsafe rectify(made, wanted, into: madeRectified)
                    unsafe (source, sourceRectified) = (made, madeRectified)
                }
            }
        }
        unsafe Step.leakyReLU(out, into: out, slope: stage.leak, count: rows.count * channels)
        unsafe clear(out, rows)
    }

    /// Adds what a unit makes of `x`, rectified, in the rows `wanted`.
    private func add(
        _ unit: HiFiGAN.Block.Unit, _ wanted: Range<Int>, _ x: UnsafeMutablePointer<Float>,
        to out: UnsafeMutablePointer<Float>
    ) {
        let reach = unit.secondReach, inner = wanted.lowerBound - reach..<wanted.upperBound + reach
        let window = unsafe UnsafePointer(x + place(inner.lowerBound - unit.firstReach))
        guard let second = unit.second else {
            unsafe unit.first.multiply(
                window, frameStride: channels, rows: wanted.count, out: out, outStride: channels, adds: true)
            return
        }
        let start = unsafe between + place(inner.lowerBound)
        unsafe unit.first.multiply(
            window, frameStride: channels, rows: inner.count, out: start, outStride: channels, leak: HiFiGAN.leak)
        unsafe clear(start, inner)
        unsafe second.multiply(
            UnsafePointer(start), frameStride: channels, rows: wanted.count, out: out, outStride: channels, adds: true)
    }

    /// Rectifies some rows from one buffer to another.
    private func rectify(
        _ x: UnsafeMutablePointer<Float>, _ rows: Range<Int>, into y: UnsafeMutablePointer<Float>
    ) {
        unsafe Step.leakyReLU(
            x + place(rows.lowerBound), into: y + place(rows.lowerBound), slope: HiFiGAN.leak,
            count: rows.count * channels)
        unsafe clear(y + place(rows.lowerBound), rows)
    }

    /// Zeros in rows beyond the ends of the whole.
    private func clear(_ x: UnsafeMutablePointer<Float>, _ rows: Range<Int>) {
        if rows.lowerBound >= 0 && rows.upperBound <= total { return }
        for row in rows where row < 0 || row >= total {
            unsafe (x + (row - rows.lowerBound) * channels).update(repeating: 0, count: channels)
        }
    }
}
