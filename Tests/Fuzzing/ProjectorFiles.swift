import Foundation
import TuttiCheckpoints
import TuttiImages
import TuttiModels
import TuttiTensors

extension FuzzTarget {
    /// Projectors beside honest language models of their width: the translation, the eyes and a picture through them.
    static func projector(_ pairs: URL) throws -> FuzzTarget {
        let names = ["idefics3", "idefics3-q8_0", "qwen2_vl", "qwen2_5_vl-q8_0", "llava", "gemma3"]
        let seeds = try names.map { name in
            let file = try files(pairs.appending(path: name)).first { $0.name.contains("mmproj") }
            return file?.bytes ?? []
        }
        let models = names.map { name in
            let family = name.prefix { $0 != "-" }
            return pairs.appending(path: "\(family)/\(family).gguf").path
        }
        let words = [
            "clip.projector_type", "idefics3", "qwen2vl_merger", "qwen2.5vl_merger", "mlp", "gemma3", "clip.use_gelu",
            "clip.vision.block_count", "clip.vision.image_size", "clip.vision.patch_size", "clip.vision.n_wa_pattern",
            "clip.vision.spatial_merge_size", "v.blk.0.ffn_up.weight", "v.class_embd", "mm.2.weight",
            "\u{1}\0\0\0", "\u{20}\0\0\0", "\0\0\0\0\0\0\0\0",
        ]
        let mutator = Mutator(seeds: seeds, words: words, headByteCount: 4000)
        return FuzzTarget(name: "projector", mutator: mutator) { input, origin, folder in
            let path = folder.appending(path: "mmproj.gguf").path
            guard write(input, path), let projector = try? Registry.projector(of: models[origin], named: path) else {
                return false
            }
            _ = try? Registry.open(models[origin], projector: projector)
            let pool = ComputePool(threads: 1)
            guard let eyes = try? Registry.eyes(models[origin], hidden: 32, pool: pool, projector: projector) else {
                return false
            }
            let picture = Picture(width: 40, height: 24, red: 20, green: 200, blue: 90)
            // A bent size can ask for as many pixels as it may: what they cost is no matter of the file's form.
            guard let layout = try? eyes.processor.layout(width: 40, height: 24, detail: .low), layout.rowCount < 4096,
                let prepared = try? eyes.processor.prepare(picture, detail: .low), prepared.values.count < 1 << 22
            else { return true }
            _ = eyes.rows(of: prepared, Step(pool: pool))
            return true
        }
    }
}
