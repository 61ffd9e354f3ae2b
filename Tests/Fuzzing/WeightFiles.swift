import Foundation
import TuttiCheckpoints
import TuttiModels
import TuttiTensors
import TuttiText

extension FuzzTarget {
    /// GGUF: the header, every tensor, the tokenizer, the decoder and a few tokens through it.
    static func gguf(_ seeds: URL) throws -> FuzzTarget {
        let files = try files(seeds)
        let words = [
            "GGUF", "general.architecture", "llama", "qwen2", "gemma3", "tokenizer.ggml.tokens", "tokenizer.ggml.model",
            "llama.block_count", "llama.attention.head_count", "general.alignment", "token_embd.weight",
            "blk.0.attn_q.weight",
            "split.count", "\u{8}\0\0\0", "\u{9}\0\0\0", "\0\0\0\0\0\0\0\0",
        ]
        let mutator = Mutator(seeds: files.map(\.bytes), words: words, headByteCount: 12_000)
        return FuzzTarget(name: "gguf", mutator: mutator) { input, _, folder in
            let path = folder.appending(path: "model.gguf").path
            guard write(input, path), let file = try? GGUFFile(path: path) else { return false }
            for tensor in file.tensors { _ = try? file.floats(of: tensor) }
            if let tokenizer = try? Tokenizer(file.metadata) { use(tokenizer) }
            if let template = file.metadata.string("tokenizer.chat_template") { _ = try? ChatTemplate(template) }
            return use(file)
        }
    }

    /// Safetensors by themselves: the header and every tensor's bytes.
    static func safetensors(_ seeds: URL) throws -> FuzzTarget {
        let files = try files(seeds)
        let words = [
            "\"F32\"", "\"F16\"", "\"I64\"", "\"F4\"", "\"BOOL\"", "\"shape\":[", "\"data_offsets\":[0,0]",
            "\"dtype\":",
            "__metadata__", "{", "}", "[", "]", ",", ":", "\"", "\\u0000", "[[[[[[[[[[[[", "{\"a\":",
        ]
        let mutator = Mutator(seeds: files.map(\.bytes), words: words, headByteCount: 400)
        return FuzzTarget(name: "safetensors", mutator: mutator) { input, _, folder in
            let path = folder.appending(path: "model.safetensors").path
            guard write(input, path), let file = try? SafetensorsFile(path: path) else { return false }
            var sum: UInt64 = 0
            for tensor in file.tensors {
                guard let contents = try? file.contents(of: tensor) else { continue }
                for byte in contents.bytes { sum &+= UInt64(byte) }
                file.release(tensor)
            }
            return sum < .max
        }
    }

    /// PyTorch's old container: the pickles and every tensor.
    static func torch(_ folder: URL) throws -> FuzzTarget {
        let files = try files(folder).filter { $0.name.hasSuffix(".pth") }
        let words = [
            "ccollections\nOrderedDict\n", "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch\nFloatStorage\n",
            "cos\nsystem\n",
            "storage", "cpu", "little_endian", "\u{1}(", ")R", "t", "\u{2e}", "q\0h\0", "X\u{4}\0\0\0", "K\u{1}",
        ]
        let mutator = Mutator(seeds: files.map(\.bytes), words: words)
        return FuzzTarget(name: "torch", mutator: mutator) { input, _, folder in
            let path = folder.appending(path: "model.pth").path
            guard write(input, path), let file = try? TorchFile(path: path) else { return false }
            for name in file.names { _ = try? file.floats(name, shape: file.shape(of: name) ?? []) }
            return true
        }
    }

    /// A folder's config.json beside honest weights of its family: the translation, the decoder and a few tokens.
    static func config(_ seeds: URL, models: URL) throws -> FuzzTarget {
        let files = try files(seeds)
        let words = [
            "\"model_type\":\"llama\"", "\"model_type\":\"gemma3_text\"", "\"model_type\":\"gpt_oss\"",
            "\"model_type\":\"bert\"",
            "\"num_hidden_layers\":", "\"hidden_size\":", "\"head_dim\":", "\"rope_parameters\":", "\"layer_types\":",
            "\"sliding_window\":", "\"text_config\":{", "\"rope_type\":\"longrope\"", "\"rope_type\":\"yarn\"", "null",
            "true",
            "-1", "1e308", "{", "}", "[", "]", ",", ":", "\"", "[[[[[[[[",
        ]
        // The family of a bent file is that of its seed: its name begins with the folder's.
        let weights = try Dictionary(
            FileManager.default.contentsOfDirectory(atPath: models.path).map {
                ($0, [UInt8](try Data(contentsOf: models.appending(path: "\($0)/model.safetensors"))))
            }, uniquingKeysWith: { $1 })
        let families = files.map { String($0.name.prefix { $0 != "." }) }
        return FuzzTarget(name: "config", mutator: Mutator(seeds: files.map(\.bytes), words: words)) {
            input, origin, folder in
            let family = families[origin]
            let place = folder.appending(path: family), weightPath = place.appending(path: "model.safetensors").path
            if !FileManager.default.fileExists(atPath: weightPath) {
                try? FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
                guard let bytes = weights[family], write(bytes, weightPath) else { return false }
            }
            guard write(input, place.appending(path: "config.json").path),
                let checkpoint = try? Registry.open(place.path)
            else { return false }
            return use(checkpoint)
        }
    }

    /// Builds what a checkpoint says it is and computes four tokens.
    static func use(_ checkpoint: any Checkpoint) -> Bool {
        let pool = ComputePool(threads: 1)
        _ = try? DecoderShape(checkpoint)
        if let encoder = try? Registry.encoder(checkpoint, pool: pool) {
            let tokens = (0..<min(4, encoder.shape.positions)).map { Token($0 % encoder.shape.vocabulary) }
            let layout = encoder.shape.layout
            _ = encoder([tokens], batch(of: tokens, layout, outputs: []), Step(pool: pool))
            return true
        }
        guard let decoder = try? Registry.decoder(checkpoint, pool: pool), decoder.shape.vocabulary > 0 else {
            return false
        }
        let layout = decoder.shape.layout(.f32), step = Step(pool: pool)
        let tokens = (0..<4).map { Token($0 % decoder.shape.vocabulary) }
        _ = decoder(decoder.embed(tokens, step), batch(of: tokens, layout, outputs: [3]), step)
        return true
    }

    /// One sequence of a few tokens, with pages of its own.
    private static func batch(of tokens: [Token], _ layout: KeyValueLayout, outputs: [Int]) -> Batch {
        let pages: [PageTable] = layout.groups.indices.map { [KeyValuePage(layout, group: $0)] }
        let rows = SequenceRows(rows: 0..<tokens.count, start: 0, pages: pages)
        return Batch(sequences: [rows], outputs: outputs, layout: layout)
    }

    static func write(_ bytes: [UInt8], _ path: String) -> Bool {
        // A file under the mapping of an earlier input must not change: it is a new one each time.
        try? FileManager.default.removeItem(atPath: path)
        return FileManager.default.createFile(atPath: path, contents: Data(bytes))
    }
}
