import CKernels

/// The weights of a convolution in float32 panels, for each of its groups, whether its taps lie along frames or in pictures.
@safe struct ConvolutionPanels: Sendable {
    /// Inputs of each group.
    private let width: Int
    private let outputs: Int
    private let matrices: [PackedMatrix]
    /// A number for each output, with zeros up to a panel behind each group's; empty for none.
    private let bias: [Float]

    /// - Parameters:
    ///   - weights: `[outputs, width, taps]`, as checkpoints have them.
    ///   - taps: In the order in which a kernel meets them.
    ///   - bias: `outputs` numbers.
    init(
        weights: [Float], width: Int, outputs: Int, taps: Int, groups: Int, bias: [Float]?, pool: ComputePool
    ) {
        self.width = width
        self.outputs = outputs
        let height = outputs / groups
        matrices = (0..<groups).map { group in
            var rows = [Float](repeating: 0, count: height * width * taps)
            for n in 0..<height {
                for c in 0..<width {
                    for k in 0..<taps {
                        rows[(n * taps + k) * width + c] = weights[((group * height + n) * width + c) * taps + k]
                    }
                }
            }
            return unsafe rows.withUnsafeBytes {
                unsafe PackedMatrix($0, dtype: .f32, rows: height, columns: taps * width, pool: pool)
            }
        }
        let padded = (height + PackedMatrix.panelRows - 1) / PackedMatrix.panelRows * PackedMatrix.panelRows
        self.bias =
            bias.map { bias in
                (0..<groups * padded).map { $0 % padded < height ? bias[$0 / padded * height + $0 % padded] : 0 }
            } ?? []
    }

    var byteCount: Int {
        matrices.reduce(bias.count * MemoryLayout<Float>.size) { $0 + $1.byteCount }
    }

    /// In how many parts outputs can be computed: pairs of panels where there is one group, else one.
    var outputBlocks: Int { matrices.count == 1 ? (matrices[0].panelCount + 1) / 2 : 1 }

    /// Convolves windows that lie in memory, zeros around them included, on the calling thread.
    /// - Parameters:
    ///   - call: Where taps and rows lie, what becomes of the sums, and what the first output of the first row is added to.
    ///   - x: The first input of the first window.
    ///   - blocks: Which ``outputBlocks``.
    ///   - out: The first output of the first row; rows are `outStride` numbers apart.
    @unsafe func multiply(
        _ call: tutti_convolution, _ x: UnsafePointer<Float>, rows: Int, blocks: Range<Int>?,
        out: UnsafeMutablePointer<Float>, outStride: Int
    ) {
        var call = unsafe call
        unsafe call.channels = width
        let added = unsafe call.added, rectified = unsafe call.rectified
        unsafe bias.withUnsafeBufferPointer { bias in
            let height = outputs / matrices.count, padded = matrices[0].panelCount * PackedMatrix.panelRows
            let blocks = matrices.count == 1 ? blocks ?? 0..<outputBlocks : nil
            let panels = blocks.map { 2 * $0.lowerBound } ?? 0, first = panels * PackedMatrix.panelRows
            let last = blocks.map { min(height, 2 * $0.upperBound * PackedMatrix.panelRows) } ?? height
            for (group, matrix) in matrices.enumerated() {
                let place = group * height + first
                unsafe call.weights = matrix.panel(panels).assumingMemoryBound(to: Float.self)
                unsafe call.bias = bias.isEmpty ? nil : bias.baseAddress.map { unsafe $0 + group * padded + first }
                if let added = unsafe added { unsafe call.added = unsafe added + place }
                if let rectified = unsafe rectified { unsafe call.rectified = unsafe rectified + place }
                unsafe tutti_convolve(&call, last - first, x + group * width, rows, out + place, outStride)
            }
        }
    }
}
