import TuttiCheckpoints
import TuttiTensors

/// The decoder of Qwen2-VL and Qwen2.5-VL (arXiv:2409.12191, section 2.1; arXiv:2502.13923): Qwen2, whose rotary positions
/// have three parts, time, height and width. Each turns a section of a head's pairs.
enum Qwen2VL {
    static let family = Qwen2.family(
        "qwen2vl", modelTypes: ["qwen2_vl", "qwen2_5_vl"],
        describe: { config, gguf in
            guard let sections = try config.rope().numbers("mrope_section") else {
                throw CheckpointError.malformed(file: config.file, "its rope has no `mrope_section`")
            }
            gguf.set("rope.dimension_sections", sections.map { Int(min($0, 4096)) } + [0])
        },
        tensors: { try Translation.llamaTensors($0) })
}
