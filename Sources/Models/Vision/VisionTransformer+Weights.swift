#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif
import TuttiCheckpoints
import TuttiTensors

extension VisionTransformer {
    /// - Parameters:
    ///   - root: What stands before the names of `transformers`' `SiglipVisionTransformer` or `CLIPVisionTransformer`.
    ///   - blockCount: Of so many blocks, without the norm behind them; nil for all.
    /// - Throws: `ModelError` or `CheckpointError`, naming the tensor that is missing or misshapen.
    init(_ shape: VisionShape, _ weights: WeightReader, _ root: String, blockCount: Int? = nil) throws {
        self.shape = shape
        let embeddings = "\(root)embeddings", first = weights.contains("\(embeddings).class_embedding") ? 1 : 0
        patches = try weights.patchProduct(
            "\(embeddings).patch_embedding", rows: shape.hidden, kernel: [3, shape.patchSide, shape.patchSide])
        classToken = first == 1 ? try weights.vector("\(embeddings).class_embedding", count: shape.hidden) : nil
        positions = try weights.matrixValues(
            "\(embeddings).position_embedding.weight", rows: first + shape.gridSide * shape.gridSide,
            columns: shape.hidden)
        // The name has been misspelt since the first release.
        firstNorm =
            first == 1
            ? try weights.layerNorm("\(root)pre_layrnorm", width: shape.hidden, epsilon: shape.epsilon) : nil
        blocks = try (0..<(blockCount ?? shape.layers)).map {
            try TransformerBlock(
                weights, "\(root)encoder.layers.\($0)", hidden: shape.hidden, heads: shape.heads,
                feedForward: shape.feedForward, epsilon: shape.epsilon, activation: shape.activation)
        }
        lastNorm =
            blockCount == nil
            ? try weights.layerNorm("\(root)post_layernorm", width: shape.hidden, epsilon: shape.epsilon) : nil
    }
}

extension TransformerBlock {
    /// A block as CLIP and SigLIP name its parts, of pictures or of text.
    init(
        _ weights: WeightReader, _ name: String, hidden: Int, heads: Int, feedForward: Int, epsilon: Float,
        activation: PointActivation, isCausal: Bool = false
    ) throws {
        let own = hidden / heads, width = HeadAttention.paddedWidth(own)
        func input(_ part: String) throws -> Linear {
            try weights.headRows(
                "\(name).self_attn.\(part)_proj", heads: heads, width: own, padded: width, columns: hidden)
        }
        attentionNorm = try weights.layerNorm("\(name).layer_norm1", width: hidden, epsilon: epsilon)
        attention = HeadAttention(
            query: try input("q"), key: try input("k"), value: try input("v"),
            output: try weights.headColumns(
                "\(name).self_attn.out_proj", rows: hidden, heads: heads, width: own, padded: width),
            shape: AttentionShape(heads: heads, scale: 1 / sqrtf(Float(own)), isCausal: isCausal), headWidth: width)
        feedForwardNorm = try weights.layerNorm("\(name).layer_norm2", width: hidden, epsilon: epsilon)
        self.feedForward = TwoLayers(
            up: try weights.linear("\(name).mlp.fc1", rows: feedForward, columns: hidden),
            down: try weights.linear("\(name).mlp.fc2", rows: hidden, columns: feedForward), activation: activation)
    }
}

extension WeightReader {
    /// A convolution whose steps are as long as its kernel: a product with every patch by itself.
    /// - Parameter kernel: Channels, frames where there are, height and width.
    func patchProduct(_ name: String, rows: Int, kernel: [Int]) throws -> Linear {
        let values = try file.floats(of: try file.tensor(named: "\(name).weight", shape: [rows] + kernel))
        return Linear(
            matrix: packed(values, rows: rows, columns: kernel.reduce(1, *)),
            bias: contains("\(name).bias") ? try vector("\(name).bias", count: rows) : nil)
    }

    /// A matrix of float32.
    func packed(_ values: [Float], rows: Int, columns: Int) -> PackedMatrix {
        unsafe values.withUnsafeBytes {
            unsafe PackedMatrix($0, dtype: .f32, rows: rows, columns: columns, pool: pool)
        }
    }

    // MARK: Heads of any width

    /// Outputs of `heads` heads of `width`, each filled up with zeros to `padded`.
    func headRows(_ name: String, heads: Int, width: Int, padded: Int, columns: Int) throws -> Linear {
        try headParts(
            "\(name).weight", bias: "\(name).bias", count: 1, heads: heads, width: width, padded: padded,
            columns: columns)[0]
    }

    /// The same of `count` matrices that lie one under the other in one tensor.
    func headParts(
        _ name: String, bias: String, count: Int, heads: Int, width: Int, padded: Int, columns: Int
    ) throws -> [Linear] {
        let rows = heads * width, isWhole = padded == width
        if isWhole, name.hasSuffix(".weight") {
            return try parts(
                String(name.dropLast(".weight".count)), rows: Array(repeating: rows, count: count), columns: columns)
        }
        let values = try matrixValues(name, rows: count * rows, columns: columns)
        let biases = contains(bias) ? try vector(bias, count: count * rows) : nil
        return try (0..<count).map { part in
            let own = part * rows..<(part + 1) * rows
            let filled = fill(
                values[own.lowerBound * columns..<own.upperBound * columns], width * columns, to: padded * columns)
            return Linear(
                matrix: try packed(filled, as: name, rows: heads * padded, columns: columns),
                bias: biases.map { fill($0[own], width, to: padded) })
        }
    }

    /// The same of inputs.
    func headColumns(_ name: String, rows: Int, heads: Int, width: Int, padded: Int) throws -> Linear {
        guard padded > width else { return try linear(name, rows: rows, columns: heads * width) }
        let values = try matrixValues("\(name).weight", rows: rows, columns: heads * width)
        return Linear(
            matrix: try packed(
                fill(values[...], width, to: padded), as: "\(name).weight", rows: rows, columns: heads * padded),
            bias: contains("\(name).bias") ? try vector("\(name).bias", count: rows) : nil)
    }

    /// Every stretch of `count` numbers followed by zeros, so that there are `padded`.
    private func fill(_ values: ArraySlice<Float>, _ count: Int, to padded: Int) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(values.count / count * padded)
        for first in stride(from: values.startIndex, to: values.endIndex, by: count) {
            result += values[first..<first + count]
            result += repeatElement(0, count: padded - count)
        }
        return result
    }

    /// In the numbers in which the file has the tensor called `source`, where those are floats.
    private func packed(_ values: [Float], as source: String, rows: Int, columns: Int) throws -> PackedMatrix {
        guard let dtype = file.tensor(named: source)?.dtype, dtype == .bf16 || dtype == .f16 else {
            return packed(values, rows: rows, columns: columns)
        }
        let matrix = unsafe values.withUnsafeBytes {
            unsafe PackedMatrix($0, from: .f32, to: dtype, rows: rows, columns: columns, pool: pool)
        }
        guard let matrix else {
            throw ModelError.notStorable(tensor: source, type: dtype.name, file: file.path)
        }
        return matrix
    }
}
