"""Quantiser goldens: make_quantized.py OUT.safetensors [SEED]

Random values of the shapes that weights have (heavy tails, rows of different size) and hard ones (zeros, one outlier,
all equal, all negative, tiny, huge): `values`, rows of 256. For each type: `NAME.bytes`, the blocks that libggml (of
llama.cpp as vendored by llama-cpp-python 0.3.36, ggml 0.25.3) makes of them without an importance matrix.
Run with LLAMA_CPP_LIB_PATH at a build's bin folder.
"""
import ctypes
import os
import sys

import gguf
import numpy as np
from safetensors.numpy import save_file

TYPES = ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "IQ4_NL", "Q4_K", "Q5_K", "Q6_K"]


def main(out, seed=3):
    rng = np.random.default_rng(int(seed))
    weights = rng.standard_t(5, (40, 256)) * 0.02 * np.exp(rng.normal(0, 0.5, (40, 1)))
    hard = np.stack([
        np.zeros(256), np.full(256, 0.37), np.full(256, -0.37), np.abs(rng.normal(0, 1, 256)),
        -np.abs(rng.normal(0, 1, 256)), np.where(np.arange(256) % 64 == 9, 40, rng.normal(0, 0.01, 256)),
        np.repeat(rng.normal(0, 1, 8), 32), np.round(rng.normal(0, 3, 256)), rng.normal(0, 1e-9, 256),
        rng.normal(0, 1e4, 256), np.linspace(-1, 1, 256), np.where(np.arange(256) == 100, -1, 0)])
    values = np.ascontiguousarray(np.concatenate([weights, hard]), np.float32)
    lib = ctypes.CDLL(os.path.join(os.environ["LLAMA_CPP_LIB_PATH"], "libggml-base.so"))
    lib.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64,
                                        ctypes.c_int64, ctypes.c_void_p]
    tensors = {"values": values}
    for name in TYPES:
        kind = gguf.GGMLQuantizationType[name]
        per_block, size = gguf.GGML_QUANT_SIZES[kind]
        blocks = np.zeros(values.size // per_block * size, np.uint8)
        lib.ggml_quantize_chunk(int(kind), values.ctypes.data, blocks.ctypes.data, 0, len(values), 256, None)
        tensors[f"{name}.bytes"] = blocks
    save_file(tensors, out)
    print(out, len(TYPES), "types")


if __name__ == "__main__":
    main(*sys.argv[1:3])
