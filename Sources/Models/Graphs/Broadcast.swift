import TuttiTensors

/// How the numbers of several operands meet: dimensions are set one under the other from the last on, and one of size 1
/// is repeated as often as the others ask for.
///
/// Sizes come from the graph: whoever makes one asks `GraphCall.count` for its shape before using it, and until then
/// products
/// may be out of all proportion.
struct Broadcast {
    let shape: [Int]
    /// Dimensions without those of size 1, and joined where all operands allow it; the last is that of the inner loop.
    private let sizes: [Int]
    /// For each operand, how far apart the neighbours along each dimension of `sizes` lie.
    private let strides: [[Int]]

    /// - Throws: `GraphFault` where sizes do not fit.
    init(_ shapes: [[Int]]) throws {
        let rank = shapes.map(\.count).max() ?? 0
        let aligned = shapes.map { Array(repeating: 1, count: rank - $0.count) + $0 }
        var shape = [Int](repeating: 1, count: rank)
        for place in 0..<rank {
            for operand in aligned where operand[place] != 1 {
                guard shape[place] == 1 || shape[place] == operand[place] else {
                    throw GraphFault(
                        "shapes \(shapes.map(String.init(describing:)).joined(separator: " and ")) do not fit")
                }
                shape[place] = operand[place]
            }
        }
        self.shape = shape
        let plain = aligned.map { operand in
            var stride = 1, strides = [Int](repeating: 0, count: rank)
            for place in operand.indices.reversed() {
                strides[place] = operand[place] == 1 ? 0 : stride
                stride &*= operand[place]
            }
            return strides
        }
        // From the outermost on: a dimension joins the one before where every operand walks through both evenly.
        var sizes: [Int] = [], kept: [[Int]] = Array(repeating: [], count: shapes.count)
        for place in 0..<rank where shape[place] != 1 {
            let joins =
                !sizes.isEmpty
                && plain.indices.allSatisfy { kept[$0][sizes.count - 1] == plain[$0][place] &* shape[place] }
            if joins {
                sizes[sizes.count - 1] &*= shape[place]
                for operand in plain.indices { kept[operand][sizes.count - 1] = plain[operand][place] }
            } else {
                sizes.append(shape[place])
                for operand in plain.indices { kept[operand].append(plain[operand][place]) }
            }
        }
        if sizes.isEmpty {
            sizes = [1]
            kept = kept.map { _ in [0] }
        }
        self.sizes = sizes
        strides = kept
    }

    /// How many numbers come out of one inner loop.
    var innerCount: Int { sizes[sizes.count - 1] }
    var outerCount: Int { sizes.dropLast().reduce(1, *) }
    /// Whether an operand moves on in the inner loop (1), or stays (0).
    func innerStride(_ operand: Int) -> Int { strides[operand][sizes.count - 1] }

    /// Where the inner loop number `outer` begins in each operand.
    func offsets(_ outer: Int) -> [Int] {
        var rest = outer, offsets = [Int](repeating: 0, count: strides.count)
        for place in sizes.indices.dropLast().reversed() {
            let index = rest % sizes[place]
            rest /= sizes[place]
            for operand in strides.indices { offsets[operand] += index * strides[operand][place] }
        }
        return offsets
    }

    /// Calls `body` for stretches that cover everything, on all threads where there is enough to do.
    /// - Parameter body: Gets where the stretch begins in the result and in each operand, and its length.
    func each(_ pool: ComputePool, _ body: @escaping (_ place: Int, _ offsets: [Int], _ count: Int) -> Void) {
        let inner = innerCount, outer = outerCount, total = inner * outer
        guard total > 0 else { return }
        let grain = 1 << 15
        guard total > 2 * grain else {
            for row in 0..<outer { body(row * inner, offsets(row), inner) }
            return
        }
        if inner >= grain {
            let parts = (inner + grain - 1) / grain
            pool.run(outer * parts) { index, _ in
                let row = index / parts, from = index % parts * grain
                let begin = offsets(row).enumerated().map { $1 + from * innerStride($0) }
                body(row * inner + from, begin, min(grain, inner - from))
            }
            return
        }
        let rows = max(1, grain / inner)
        pool.run((outer + rows - 1) / rows) { index, _ in
            for row in index * rows..<min(outer, (index + 1) * rows) { body(row * inner, offsets(row), inner) }
        }
    }
}
