"""Which type llama-quantize gives each tensor: make_quantize_types.py LLAMA-QUANTIZE OUT.json

Random models of the shapes that matter (a head of its own or tied, rows that divide into 256 or only into 32 or into
nothing, fused queries, experts), quantised to every type; the types are read out of the log.
Made with llama.cpp as vendored by llama-cpp-python 0.3.36.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

import gguf
import numpy as np

TYPES = ["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K",
         "IQ4_NL"]


def model(path, architecture, layers, width, ffn, tied, experts=0):
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(layers)
    writer.add_context_length(64)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(ffn)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // 2)
    if experts:
        writer.add_expert_count(experts)
        writer.add_expert_used_count(2)
    rng, tensors = np.random.default_rng(4), []

    def add(name, *shape):
        tensors.append((name, list(shape)))
        writer.add_tensor(name, rng.standard_normal(shape).astype(np.float32))

    add("token_embd.weight", 64, width)
    for i in range(layers):
        for name in ["attn_norm", "ffn_norm"]:
            add(f"blk.{i}.{name}.weight", width)
        if architecture == "phi3":
            add(f"blk.{i}.attn_qkv.weight", 3 * width, width)
        else:
            for name in ["attn_q", "attn_k", "attn_v"]:
                add(f"blk.{i}.{name}.weight", width, width)
        add(f"blk.{i}.attn_output.weight", width, width)
        if experts:
            add(f"blk.{i}.ffn_gate_inp.weight", experts, width)
            add(f"blk.{i}.ffn_gate_exps.weight", experts, ffn, width)
            add(f"blk.{i}.ffn_up_exps.weight", experts, ffn, width)
            add(f"blk.{i}.ffn_down_exps.weight", experts, width, ffn)
        else:
            if architecture != "phi3":
                add(f"blk.{i}.ffn_gate.weight", ffn, width)
            add(f"blk.{i}.ffn_up.weight", ffn, width)
            add(f"blk.{i}.ffn_down.weight", width, ffn)
    add("output_norm.weight", width)
    if not tied:
        add("output.weight", 64, width)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return tensors


def main(program, out):
    golden = {}
    cases = {"own-head": ("llama", 11, 256, 512, False), "tied": ("llama", 16, 256, 512, True),
             "narrow": ("llama", 9, 96, 256, False), "odd": ("llama", 8, 72, 96, True),
             "fused": ("phi3", 8, 256, 512, False), "experts-8": ("llama", 8, 256, 512, False, 8),
             "experts-4": ("llama", 8, 256, 512, False, 4)}
    with tempfile.TemporaryDirectory() as folder:
        for name, case in cases.items():
            path = os.path.join(folder, "in.gguf")
            tensors = model(path, *case)
            entry = golden[name] = {"tensors": tensors, "types": {}}
            for kind in TYPES:
                run = subprocess.run([program, path, os.path.join(folder, "out.gguf"), kind, "1"], capture_output=True,
                                     text=True)
                assert run.returncode == 0, (name, kind, run.stderr[-2000:])
                written = gguf.GGUFReader(os.path.join(folder, "out.gguf"))
                types = {t.name: t.tensor_type.name for t in written.tensors}
                entry["types"][kind] = [types[tensor] for tensor, _ in tensors]
                entry.setdefault("file_type", {})[kind] = int(written.fields["general.file_type"].contents())
    with open(out, "w") as file:
        json.dump(golden, file, separators=(",", ":"))


if __name__ == "__main__":
    main(*sys.argv[1:3])
