import TuttiCheckpoints
public import TuttiTensors

extension Moonshine {
    /// Loads the two graphs that the package `moonshine-voice` has, `encoder_model.ort` and `decoder_model_merged.ort`,
    /// whose weights are bytes with one scale for a matrix.
    /// - Throws: `CheckpointError`: a weight is missing, misshapen or not of bytes.
    public init(encoder: String, decoder: String, pool: ComputePool) throws {
        let weights = try MoonshineGraphs(encoder: encoder, decoder: decoder)
        try self.init(weights, weights.config(), pool: pool)
    }
}

/// Two graphs whose weights have opaque names, and whose nodes' results have clear ones.
private struct MoonshineGraphs: MoonshineWeights {
    /// A weight of bytes, and the names of its scale and zero point.
    struct Place {
        let file: GraphFile
        let weight: String
        let scale: String
        let zero: String
    }

    let encoder: GraphFile
    let decoder: GraphFile
    var path: String { encoder.path }
    private var places: [String: Place] = [:]

    init(encoder: String, decoder: String) throws {
        self.encoder = try GraphFile(path: encoder)
        self.decoder = try GraphFile(path: decoder)
        for node in self.encoder.graph.nodes {
            if let (name, place) = MoonshineGraphs.place(node, self.encoder) {
                places["model.encoder" + name] = place
            }
        }
        // Both branches have the same weights.
        let branch = self.decoder.graph.nodes.lazy.compactMap { $0.attributes["else_branch"] }.first
        guard case .graph(let graph) = branch else {
            throw CheckpointError.unsupported(
                file: decoder, "it has no branch for the first token, so it is no merged decoder")
        }
        for node in graph.nodes {
            if let (name, place) = MoonshineGraphs.place(node, self.decoder) {
                places[name.replacing("/model/decoder", with: "model.decoder", maxReplacements: 1)] = place
            }
        }
        let table = "model.decoder.embed_tokens.weight"
        places[table] = Place(
            file: self.decoder, weight: table + "_merged_0_quantized", scale: table + "_merged_0_scale",
            zero: table + "_merged_0_zero_point")
    }

    /// `/layers.0/mlp/fc1/Add_output_0` is what `.layers.0.mlp.fc1.weight` gives.
    private static func place(_ node: GraphNode, _ file: GraphFile) -> (String, Place)? {
        let inputs: (weight: Int, scale: Int, zero: Int)
        switch node.operation {
        case "DynamicQuantizeMatMul": inputs = (1, 2, 3)
        case "MatMulIntegerToFloat": inputs = (1, 3, 5)
        default: return nil
        }
        guard let output = node.outputs.first, node.inputs.count > inputs.zero, let end = output.lastIndex(of: "/")
        else { return nil }
        let isDecoder = output.hasPrefix("/model/decoder")
        let name = (isDecoder ? output[..<end].dropFirst("/model/decoder".count) : output[..<end])
            .replacing("/", with: ".")
        return (
            (isDecoder ? "model.decoder" : "") + name + ".weight",
            Place(
                file: file, weight: node.inputs[inputs.weight], scale: node.inputs[inputs.scale],
                zero: node.inputs[inputs.zero])
        )
    }

    /// What the shapes say; the rest is the same in all models of the family.
    func config() throws -> Moonshine.Config {
        func shape(_ file: GraphFile, _ name: String) throws -> [Int] {
            guard let tensor = file.graph.initializers[name] else {
                throw CheckpointError.missingTensor(file: file.path, name: name)
            }
            return tensor.shape
        }
        func wide(_ name: String) throws -> Int {
            guard let place = places[name], let width = try shape(place.file, place.weight).last, width > 1 else {
                throw CheckpointError.missingTensor(file: path, name: name)
            }
            return width
        }
        func count(_ root: String) -> Int {
            (0...).first { places["\(root).layers.\($0).mlp.fc2.weight"] == nil } ?? 0
        }
        let embedding = try shape(decoder, "model.decoder.embed_tokens.weight_merged_0_quantized")
        guard embedding.count == 2, embedding[1] > 0, embedding[1] % 8 == 0 else {
            throw CheckpointError.unsupported(file: decoder.path, "its embeddings are of shape \(embedding)")
        }
        return Moonshine.Config(
            hidden: embedding[1], encoderLayers: count("model.encoder"), decoderLayers: count("model.decoder"),
            encoderHeads: 8, decoderHeads: 8, encoderFeedForward: try wide("model.encoder.layers.0.mlp.fc1.weight"),
            decoderFeedForward: try wide("model.decoder.layers.0.mlp.fc1.weight") / 2, vocabulary: embedding[0],
            // 32 of tiny's 36, and of base's 52.
            rotaryFraction: embedding[1] == 288 ? 0.9 : 0.62, ropeBase: 10_000, start: 1, end: 2)
    }

    func matrix(_ name: String, rows: Int, columns: Int) throws -> StoredMatrix {
        guard let place = places[name] else { throw CheckpointError.missingTensor(file: path, name: name) }
        let isTable = name.hasSuffix("embed_tokens.weight")
        let stored = try tensor(place.file, place.weight, isTable ? [rows, columns] : [columns, rows])
        guard stored.type == .uint8 else {
            throw CheckpointError.unsupportedType(file: place.file.path, name: name, type: "\(stored.type)")
        }
        let scale = try place.file.floats(of: try tensor(place.file, place.scale, []))[0]
        let zero = try place.file.integers(of: try tensor(place.file, place.zero, []))[0]
        guard scale.isFinite, columns <= ByteMatrix.maximumColumns, let zero = UInt8(exactly: zero) else {
            throw CheckpointError.malformed(file: place.file.path, "the scale or zero point of \(name) is none")
        }
        let bytes = try unsafe place.file.withBytes(of: stored) { source in
            if isTable { return unsafe Array(source) }
            var turned = [UInt8](repeating: 0, count: source.count)
            for row in 0..<rows {
                for column in 0..<columns { unsafe turned[row * columns + column] = source[column * rows + row] }
            }
            return turned
        }
        return .bytes(bytes, columns: columns, scale: scale, zero: zero)
    }

    func floats(_ name: String, shape: [Int]) throws -> [Float] {
        let prefix = "model.encoder."
        guard name.hasPrefix(prefix) else {
            return try decoder.floats(of: try tensor(decoder, name + "_merged_0", shape))
        }
        switch name.dropFirst(prefix.count) {
        case "groupnorm.weight": return try encoder.floats(of: try tensor(encoder, groupNorm("Mul"), shape + [1]))
        case "groupnorm.bias": return try encoder.floats(of: try tensor(encoder, groupNorm("Add"), shape + [1]))
        case let short where short.hasPrefix("conv") && short.hasSuffix("weight"):
            return try encoder.floats(of: try tensor(encoder, short + "_add_tensor", shape))
        case let short: return try encoder.floats(of: try tensor(encoder, String(short), shape))
        }
    }

    /// The second input of the node that scales, or shifts, what is normalised.
    private func groupNorm(_ operation: String) throws -> String {
        let node = encoder.graph.nodes.first { $0.outputs.first == "/groupnorm/\(operation)_output_0" }
        guard let node, node.inputs.count > 1 else {
            throw CheckpointError.missingTensor(file: encoder.path, name: "groupnorm")
        }
        return node.inputs[1]
    }

    private func tensor(_ file: GraphFile, _ name: String, _ shape: [Int]) throws -> GraphTensor {
        guard let tensor = file.graph.initializers[name] else {
            throw CheckpointError.missingTensor(file: file.path, name: name)
        }
        guard tensor.shape == shape else {
            throw CheckpointError.wrongShape(file: file.path, name: name, shape: tensor.shape, expected: shape)
        }
        return tensor
    }
}
