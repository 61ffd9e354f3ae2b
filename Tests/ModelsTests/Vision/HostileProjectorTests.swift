import Foundation
import TestSupport
import Testing
import TuttiCheckpoints
import TuttiModels
import TuttiTensors

/// Projectors that are damaged, that contradict themselves, or are of another model: what is said of them.
@Suite struct HostileProjectorTests {
    /// What opening `name`'s model with its projector `changed` says.
    private func message(
        _ name: String, model: String? = nil, _ change: (inout ChangedProjector) throws -> Void
    ) throws -> String {
        let pair = try PairGolden(name), scratch = try ScratchFolder(), pool = ComputePool(threads: 1)
        var changed = try ChangedProjector(pair.projector)
        try change(&changed)
        let path = scratch.url.appending(path: "mmproj.gguf").path
        try changed.write(path)
        let model = try model.map { try PairGolden($0).model } ?? pair.model
        do {
            let projector = try Registry.projector(of: model, named: path)
            _ = try Registry.open(model, projector: projector)
            _ = try Registry.eyes(model, hidden: 32, pool: pool, projector: projector)
        } catch { return "\(error)" }
        return ""
    }

    @Test func anUnchangedOneOpens() throws {
        for name in PairGolden.names { #expect(try message(name) { _ in } == "") }
    }

    @Test(arguments: [
        ("idefics3", "v.blk.1.ln2.weight"), ("idefics3", "mm.model.fc.weight"), ("llava", "v.blk.0.attn_q.weight"),
        ("llava", "mm.2.weight"), ("gemma3", "mm.soft_emb_norm.weight"), ("gemma3", "v.position_embd.weight"),
        ("qwen2_vl", "v.blk.2.attn_q.weight"), ("qwen2_vl", "v.blk.2.attn_v.weight"),
        ("qwen2_vl", "v.patch_embd.weight.1"), ("qwen2_5_vl", "v.blk.0.ffn_gate.weight"),
        ("qwen2_5_vl", "v.blk.0.ffn_up.weight"), ("qwen2_5_vl", "v.post_ln.weight"),
    ])
    func aMissingTensorIsNamedAsTheFileNamesIt(name: String, tensor: String) throws {
        #expect(try message(name) { $0.remove(tensor) }.contains("has no tensor `\(tensor)`"))
    }

    @Test(arguments: [
        ("idefics3", "v.blk.1.attn_k.weight", [16, 64]), ("idefics3", "v.patch_embd.weight", [4, 16, 3, 32]),
        ("llava", "mm.0.weight", [16, 64]), ("gemma3", "v.position_embd.weight", [32, 8]),
        ("qwen2_vl", "v.post_ln.weight", [16]), ("qwen2_5_vl", "v.blk.1.ffn_down.weight", [32, 48]),
    ])
    func aWrongShapeIsNamedAsTheFileNamesIt(name: String, tensor: String, shape: [Int]) throws {
        let text = try message(name) { try $0.reshape(tensor, shape) }
        #expect(text.contains("`\(tensor)`") && text.contains("shape"), "\(text)")
    }

    @Test func partsThatBelongTogetherMustBeAlike() throws {
        let text = try message("qwen2_vl") { try $0.reshape("v.blk.0.attn_k.weight", [16, 64]) }
        #expect(text.contains("v.blk.0.attn_k.weight") && text.contains("not alike"), "\(text)")
        let frames = try message("qwen2_vl") { try $0.reshape("v.patch_embd.weight.1", [4, 4, 3, 16]) }
        #expect(frames.contains("not alike"), "\(frames)")
    }

    @Test(arguments: [
        ("idefics3", "clip.vision.attention.head_count", 5, "divisor of 32"),
        ("idefics3", "clip.vision.block_count", 0, "from 1 to"), ("idefics3", "clip.vision.block_count", 7, "v.blk.2."),
        ("idefics3", "clip.vision.patch_size", 64, "at most the picture's 32"),
        ("idefics3", "clip.vision.embedding_length", 1 << 30, "from 1 to"),
        ("idefics3", "clip.vision.image_size", -3, "from 1 to"),
        ("idefics3", "clip.vision.projector.scale_factor", 3, "`mm.model.fc.weight`"),
        ("gemma3", "clip.vision.projector.scale_factor", 9, "patches along"),
        ("llava", "clip.vision.feature_layer", 4, "one of 1 layers"),
        ("qwen2_5_vl", "clip.vision.n_wa_pattern", -1, "a number of layers"),
        ("qwen2_5_vl", "clip.vision.window_size", 3, "window_size"),
        ("qwen2_vl", "clip.vision.attention.head_count", 16, "num_heads"),
    ])
    func anImpossibleNumberIsRefused(name: String, key: String, value: Int, wants: String) throws {
        let text = try message(name) { $0.pairs.set(key, .integer(Int64(value))) }
        #expect(text.contains(wants), "\(text)")
    }

    @Test func theFirstFilesSayLess() throws {
        #expect(try message("llava") { $0.pairs.remove("clip.projector_type") } == "")
        #expect(try message("llava") { $0.pairs.remove("clip.vision.feature_layer") } == "")
        #expect(try message("idefics3") { $0.pairs.remove("clip.vision.preproc_image_size") } == "")
        #expect(try message("gemma3") { $0.pairs.remove("clip.vision.attention.layer_norm_epsilon") } == "")
    }

    @Test func whatIsNotSaidIsAskedFor() throws {
        for key in ["clip.vision.block_count", "clip.vision.image_std", "clip.projector_type", "general.architecture"] {
            #expect(try message("idefics3") { $0.pairs.remove(key) }.contains(key))
        }
        #expect(
            try message("qwen2_5_vl") { $0.pairs.remove("clip.vision.n_wa_pattern") }
                .contains("clip.vision.n_wa_pattern"))
    }

    @Test func pixelsCannotBeDividedByNothing() throws {
        for values in [[0.5, 0, 0.5], [0.5, 0.5], [.nan, 1, 1]] {
            let text = try message("llava") { $0.pairs.set("clip.vision.image_std", .floats(NumberTable(values))) }
            #expect(text.contains("clip.vision.image_std") && text.contains("three numbers"), "\(text)")
        }
    }

    @Test func contradictionsAreNamed() throws {
        let both = try message("gemma3") { $0.pairs.set("clip.use_silu", .bool(true)) }
        #expect(both.contains("clip.use_gelu") && both.contains("one of the two"))
        let silent = try message("gemma3") { $0.pairs.set("clip.has_vision_encoder", .bool(false)) }
        #expect(silent.contains("no vision encoder"))
        let tiles = try message("llava") {
            $0.pairs.set("clip.vision.image_grid_pinpoints", .integers(NumberTable([672, 336])))
        }
        #expect(tiles.contains("LLaVA 1.6"))
    }

    @Test func whatIsUnknownIsSaidWithWhatIsKnown() throws {
        let text = try message("idefics3") { $0.pairs.set("clip.projector_type", .string("resampler")) }
        #expect(text.contains("`resampler`") && text.contains("gemma3, idefics3, mlp, qwen2.5vl_merger"))
        #expect(
            try message("idefics3") { $0.pairs.set("general.architecture", .string("llama")) }.contains("no projector"))
    }

    @Test func theProjectorOfAnotherModelIsRefused() throws {
        let wide = try message("idefics3") { try $0.reshape("mm.model.fc.weight", [128, 64]) }
        #expect(wide.contains("rows are 64 wide") && wide.contains("--mmproj"), "\(wide)")
        let other = try message("qwen2_vl", model: "llava") { _ in }
        #expect(other.contains("`qwen2vl`") && other.contains("`llama`"), "\(other)")
        let gemma = try message("gemma3", model: "qwen2_vl") { _ in }
        #expect(gemma.contains("`gemma3`"), "\(gemma)")
    }

    @Test func aProjectorIsNoModel() throws {
        let pair = try PairGolden("gemma3"), pool = ComputePool(threads: 1)
        let error = #expect(throws: ModelError.self) {
            try Registry.decoder(try Registry.open(pair.projector), pool: pool)
        }
        #expect("\(try #require(error))".contains("is a projector (mmproj)"))
    }

    @Test func anyCutIsRefused() throws {
        let pair = try PairGolden("llava"), scratch = try ScratchFolder()
        let whole = [UInt8](try Data(contentsOf: URL(filePath: pair.projector)))
        for count in stride(from: 0, to: whole.count, by: 977) {
            let path = try scratch.write(Array(whole[..<count]), "mmproj-\(count).gguf")
            #expect(throws: (any Error).self) { try Registry.projector(of: pair.model, named: path) }
        }
    }
}
