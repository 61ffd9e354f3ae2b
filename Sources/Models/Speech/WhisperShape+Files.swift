import TuttiCheckpoints

extension WhisperShape {
    /// Hands out every size under its key.
    func describe(_ set: (_ key: String, _ value: Int?) -> Void) {
        set("encoder.mels_count", bands)
        set("vocab_size", vocabulary)
        for (name, stack) in [("encoder", audio), ("decoder", text)] {
            set("\(name).block_count", stack.layers)
            set("\(name).embedding_length", stack.hidden)
            set("\(name).attention.head_count", stack.heads)
            set("\(name).feed_forward_length", stack.feedForward)
            set("\(name).context_length", stack.positions)
        }
    }

    var metadata: Metadata {
        var metadata = Metadata(["general.architecture": .string("whisper")])
        describe { key, value in
            if let value { metadata.values["whisper.\(key)"] = .integer(Int64(value)) }
        }
        return metadata
    }

    /// As `config.json` says.
    init(_ config: HuggingFaceConfig) throws {
        func stack(_ name: String, positions: String) throws -> Stack {
            Stack(
                layers: try config.requiredSize("\(name)_layers", limit: 1024),
                hidden: try config.requiredSize("d_model", limit: 1 << 16),
                heads: try config.requiredSize("\(name)_attention_heads", limit: 4096),
                feedForward: try config.requiredSize("\(name)_ffn_dim"),
                positions: try config.requiredSize(positions, limit: 1 << 20))
        }
        guard config["activation_function"]?.string ?? "gelu" == "gelu" else {
            throw CheckpointError.unsupported(file: config.file, "its `activation_function` is not `gelu`")
        }
        self.init(
            bands: try config.requiredSize("num_mel_bins", limit: 4096),
            audio: try stack("encoder", positions: "max_source_positions"),
            text: try stack("decoder", positions: "max_target_positions"),
            vocabulary: try config.requiredSize("vocab_size"))
    }

    /// As the shapes of the variables say.
    init(_ file: CTranslate2File) throws {
        func shape(_ name: String, rank: Int) throws -> [Int] {
            guard let shape = file.shape(of: name) else {
                throw CheckpointError.missingTensor(file: file.path, name: name)
            }
            guard shape.count == rank, shape.allSatisfy({ $0 > 0 }) else {
                throw CheckpointError.malformed(file: file.path, "the variable `\(name)` has the shape \(shape)")
            }
            return shape
        }
        func stack(_ name: String) throws -> Stack {
            let positions = try shape("\(name)/position_encodings/encodings", rank: 2)
            var layers = 0
            while file.shape(of: "\(name)/layer_\(layers)/ffn/linear_0/weight") != nil { layers += 1 }
            return Stack(
                layers: layers, hidden: positions[1], heads: try file.integer("\(name)/num_heads"),
                feedForward: try shape("\(name)/layer_0/ffn/linear_0/weight", rank: 2)[0], positions: positions[0])
        }
        self.init(
            bands: try shape("encoder/conv1/weight", rank: 3)[1], audio: try stack("encoder"),
            text: try stack("decoder"), vocabulary: try shape("decoder/embeddings/weight", rank: 2)[0])
    }
}
