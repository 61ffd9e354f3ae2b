"""The tiny checkpoints as GGUF files: make_tiny_gguf.py TINY_DIR OUT_DIR [NAME ...]

Written with the `gguf` package from the safetensors alone, under llama.cpp's keys and tensor names, without a
vocabulary. llama.cpp then computes the goldens' prompts. Where it knows all that a checkpoint needs, its logits must
be within 1e-3 of `transformers`'. Where it does not, the file is of a model that it does know (VARIANTS says what is
changed), and OUT_DIR/llama.cpp.safetensors keeps its own logits.
"""
import json
import os
import sys

import gguf
import numpy as np
from safetensors.numpy import load_file, save_file

from llama import Llama

# What llama.cpp cannot be told of a tiny checkpoint, and so is left out of its file.
VARIANTS = {
    "mistral": "it has no window for the architecture llama: without a window",
    "qwen3_moe": "it wants experts in every layer: layer 1 has those of layer 0",
    "gemma3_text": "it scales scores by the head's width: without query_pre_attn_scalar",
    "phi3": "it takes the long factors whenever its cache is long: a sequence of more than 32 tokens",
    "smollm3": "it leaves positions out of every fourth layer only: with positions in all",
    "gpt_oss": "it rounds YaRN's ramp to whole pairs: with the ramp rounded",
}
ARCHITECTURES = {"mistral": "llama", "mixtral": "llama", "qwen3_moe": "qwen3moe", "gemma3_text": "gemma3", "gpt_oss": "gpt-oss"}
NEIGHBOURS = ("llama", "mistral", "mixtral", "smollm3", "granite")


def neighbours(w, heads):
    """Rows of queries or keys from half-split pairs to neighbouring ones, as the architecture llama has them."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def metadata(writer, name, c):
    writer.add_context_length(c["max_position_embeddings"])
    writer.add_embedding_length(c["hidden_size"])
    writer.add_block_count(c["num_hidden_layers"])
    writer.add_feed_forward_length(c["intermediate_size"])
    writer.add_head_count(c["num_attention_heads"])
    writer.add_head_count_kv(c["num_key_value_heads"])
    width = c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]
    writer.add_key_length(width)
    writer.add_value_length(width)
    writer.add_rope_dimension_count(width)
    writer.add_layer_norm_rms_eps(c["rms_norm_eps"])
    writer.add_vocab_size(c["vocab_size"])
    writer.add_tokenizer_model("none")
    rope = c["rope_parameters"].get("full_attention", c["rope_parameters"])
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(rope["factor"])
    if rope["rope_type"] == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(rope["factor"])
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
        writer.add_rope_scaling_yarn_beta_fast(rope["beta_fast"])
        writer.add_rope_scaling_yarn_beta_slow(rope["beta_slow"])
        writer.add_bool(f"{ARCHITECTURES.get(name, name)}.rope.scaling.yarn_truncate", True)  # ours, not llama.cpp's
    if rope["rope_type"] == "longrope":
        original = rope["original_max_position_embeddings"]
        writer.add_rope_scaling_type(gguf.RopeScalingType.LONGROPE)
        writer.add_rope_scaling_orig_ctx_len(original)
        stretch = c["max_position_embeddings"] / original
        writer.add_rope_scaling_attn_factors(float(np.sqrt(1 + np.log(stretch) / np.log(original))))
        writer.add_tensor("rope_factors_long.weight", np.array(rope["long_factor"], np.float32))
        writer.add_tensor("rope_factors_short.weight", np.array(rope["short_factor"], np.float32))
    if rope["rope_type"] == "llama3":
        frequency = 1 / rope["rope_theta"] ** (np.arange(0, width, 2, dtype=np.float64) / width)
        turns = rope["original_max_position_embeddings"] * frequency / (2 * np.pi)
        low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
        smooth = np.clip((turns - low) / (high - low), 0, 1)
        writer.add_tensor("rope_freqs.weight", (1 / ((1 - smooth) / factor + smooth)).astype(np.float32))
    if c.get("sliding_window") and name != "mistral":
        writer.add_sliding_window(c["sliding_window"])
        if "layer_types" in c:
            writer.add_sliding_window_pattern([kind == "sliding_attention" for kind in c["layer_types"]])
    if "sliding_attention" in c["rope_parameters"]:
        writer.add_rope_freq_base_swa(c["rope_parameters"]["sliding_attention"]["rope_theta"])
    if c.get("num_local_experts"):
        writer.add_expert_count(c["num_local_experts"])
        writer.add_expert_used_count(c["num_experts_per_tok"])
        if name != "mixtral":
            writer.add_expert_feed_forward_length(c.get("moe_intermediate_size", c["intermediate_size"]))
    if name == "granite":
        writer.add_embedding_scale(c["embedding_multiplier"])
        writer.add_attention_scale(c["attention_multiplier"])
        writer.add_residual_scale(c["residual_multiplier"])
        writer.add_logit_scale(c["logits_scaling"])


def tensors(name, c, weights):
    """GGUF's name and the numbers of every tensor."""
    plain = {
        "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
        "self_attn.qkv_proj": "attn_qkv", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
        "self_attn.sinks": "attn_sinks", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down", "mlp.gate_up_proj": "ffn_up", "block_sparse_moe.gate": "ffn_gate_inp",
        "mlp.gate": "ffn_gate_inp", "mlp.router": "ffn_gate_inp", "pre_feedforward_layernorm": "ffn_norm",
        "post_feedforward_layernorm": "post_ffw_norm",
    }
    if name in ("gemma3_text", "olmo2", "gpt_oss"):
        plain["post_attention_layernorm"] = "post_attention_norm"
    outer = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    experts = {"w1": "gate", "w2": "down", "w3": "up", "gate_proj": "gate", "up_proj": "up", "down_proj": "down"}
    stacks = {}
    for key, w in sorted(weights.items()):
        w = w.astype(np.float32)
        if name == "gemma3_text" and "norm" in key:
            w = w + 1
        stem, _, part = key.rpartition(".")
        if part not in ("weight", "bias"):
            stem, part = key, "weight"
        if stem in outer:
            yield f"{outer[stem]}.{part}", w
            continue
        _, _, layer, inner = stem.split(".", 3)
        block = f"blk.{layer}"
        if ".experts." in inner and inner.split(".")[-2].isdigit():
            *_, expert, matrix = inner.split(".")
            stacks.setdefault(f"{block}.ffn_{experts[matrix]}_exps.weight", {})[int(expert)] = w
        elif inner.endswith("experts.gate_up_proj"):
            yield f"{block}.ffn_gate_exps.weight", np.ascontiguousarray(w[..., 0::2].swapaxes(1, 2))
            yield f"{block}.ffn_up_exps.weight", np.ascontiguousarray(w[..., 1::2].swapaxes(1, 2))
        elif inner.endswith("experts.gate_up_proj_bias"):
            yield f"{block}.ffn_gate_exps.bias", np.ascontiguousarray(w[..., 0::2])
            yield f"{block}.ffn_up_exps.bias", np.ascontiguousarray(w[..., 1::2])
        elif inner.endswith("experts.down_proj"):
            yield f"{block}.ffn_down_exps.weight", np.ascontiguousarray(w.swapaxes(1, 2))
        elif inner.endswith("experts.down_proj_bias"):
            yield f"{block}.ffn_down_exps.bias", w
        else:
            if name in NEIGHBOURS and inner.endswith(("q_proj", "k_proj")):
                w = neighbours(w, c["num_attention_heads" if inner.endswith("q_proj") else "num_key_value_heads"])
            yield f"{block}.{plain[inner]}.{part}", w
    for key, stack in stacks.items():
        yield key, np.stack([stack[i] for i in range(len(stack))])


def write(folder, name, path):
    c = json.load(open(os.path.join(folder, "config.json")))
    writer = gguf.GGUFWriter(path, ARCHITECTURES.get(name, name))
    metadata(writer, name, c)
    all_tensors = dict(tensors(name, c, load_file(os.path.join(folder, "model.safetensors"))))
    if name == "qwen3_moe":
        for key in [key for key in all_tensors if "blk.1.ffn_" in key and "norm" not in key]:
            del all_tensors[key]
        copies = {k.replace("blk.0", "blk.1"): w for k, w in all_tensors.items() if "blk.0.ffn_" in k and "norm" not in k}
        all_tensors |= copies
    for key, w in all_tensors.items():
        writer.add_tensor(key, w)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main(tiny, out, names):
    theirs = {}
    for name in names or sorted(os.listdir(tiny)):
        folder = os.path.join(tiny, name)
        if not os.path.exists(os.path.join(folder, "config.v4.json")):
            continue
        path = os.path.join(out, f"{name}.gguf")
        write(folder, name, path)
        golden = load_file(os.path.join(folder, "golden.safetensors"))
        ids = [int(i) for i in golden["input_ids"][0]]
        if name == "phi3":
            ids += json.load(open(os.path.join(folder, "golden.json")))["greedy_ids"]
        model = Llama(path)
        model.reset()
        logits = np.array(list(model.feed(ids, every=True)))
        if name in VARIANTS:
            theirs[name] = logits
            print(f"{name:14} {os.path.getsize(path) // 1024:4} KiB  llama.cpp's own: {VARIANTS[name]}", flush=True)
        else:
            apart = float(np.abs(logits - golden["logits"]).max())
            assert apart < 1e-3, f"{name}: llama.cpp and transformers are {apart} apart"
            print(f"{name:14} {os.path.getsize(path) // 1024:4} KiB  {apart:.1e} from transformers", flush=True)
    if not names:
        save_file(theirs, os.path.join(out, "llama.cpp.safetensors"))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
