"""Checksums of a GGUF model's dequantised tensors: tensor_sums.py MODEL.gguf OUT.json

For each tensor its storage type, its shape (slowest dimension first) and two sums, modulo 2^64, over the bits of its float32
values by the `gguf` package: plain, and each word multiplied by its index. Made with gguf 0.19.0 and numpy 2.4.6.
"""
import json
import sys

import gguf
import numpy as np


def main(model, out):
    tensors = {}
    for tensor in gguf.GGUFReader(model).tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        words = np.ascontiguousarray(values, np.float32).reshape(-1).view(np.uint32).astype(np.uint64)
        weighted = words * np.arange(words.size, dtype=np.uint64)
        sums = [str(int(words.sum(dtype=np.uint64))), str(int(weighted.sum(dtype=np.uint64)))]
        tensors[tensor.name] = [tensor.tensor_type.name, [int(n) for n in tensor.shape[::-1]], *sums]
    with open(out, "w") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in tensors.items()) + "\n}\n")


if __name__ == "__main__":
    main(*sys.argv[1:3])
