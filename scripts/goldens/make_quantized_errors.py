"""What libggml's quantisers cost on a real model: make_quantized_errors.py MODEL.gguf OUT.json

For some tensors of the model (dequantised first) and every type whose blocks their rows divide into: the root of the
mean square error, without an importance matrix. Run with LLAMA_CPP_LIB_PATH at a build's bin folder; made with llama.cpp
as vendored by llama-cpp-python 0.3.36 from SmolLM2-135M-Instruct.Q4_1.gguf (catalog: smollm2-135m).
"""
import ctypes
import json
import os
import sys

import gguf
import numpy as np

TYPES = ["F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "Q4_K", "Q5_K", "Q6_K"]
TENSORS = ["blk.0.attn_q.weight", "blk.7.attn_v.weight", "blk.29.ffn_up.weight", "blk.0.ffn_down.weight",
           "blk.14.ffn_down.weight", "blk.29.ffn_down.weight"]


def main(model, out):
    lib = ctypes.CDLL(os.path.join(os.environ["LLAMA_CPP_LIB_PATH"], "libggml-base.so"))
    lib.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64,
                                        ctypes.c_int64, ctypes.c_void_p]
    tensors, result = {t.name: t for t in gguf.GGUFReader(model).tensors}, {}
    for name in TENSORS:
        tensor = tensors[name]
        values = np.ascontiguousarray(gguf.dequantize(tensor.data, tensor.tensor_type), np.float32)
        rows, columns = values.shape
        result[name] = {}
        for kind in TYPES:
            number = gguf.GGMLQuantizationType[kind]
            per_block, size = gguf.GGML_QUANT_SIZES[number]
            if columns % per_block:
                continue
            blocks = np.zeros((rows, columns // per_block * size), np.uint8)
            lib.ggml_quantize_chunk(int(number), values.ctypes.data, blocks.ctypes.data, 0, rows, columns, None)
            back = gguf.dequantize(blocks, number).reshape(values.shape).astype(np.float64)
            result[name][kind] = float(f"{np.sqrt(np.mean((back - values) ** 2)):.6e}")
    with open(out, "w") as file:
        json.dump(result, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
