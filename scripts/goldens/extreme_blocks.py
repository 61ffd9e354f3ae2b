"""Goldens of hard block scales: extreme_blocks.py OUT.safetensors [SEED]

For each tensor type that Tutti dequantises: random blocks whose float16 scales are zeros, subnormals, the largest
numbers, infinities, NaNs and any bits at all (`NAME.bytes`), and the float32 values they stand for by the `gguf` package's
NumPy code (`NAME.values`, as bits in uint32). F16 and BF16 hold every 61st bit pattern and the special ones, MXFP4 every
scale.
Made with gguf 0.19.0 and numpy 2.4.6.
"""
import sys

import gguf
import numpy as np
from safetensors.numpy import save_file

SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
          "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0]}
HARD = [0x0000, 0x8000, 0x0001, 0x8001, 0x03FF, 0x0400, 0x8400, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00, 0xFE01, 0x7D01]


def main(out, seed=2):
    rng, tensors = np.random.default_rng(int(seed)), {}
    np.seterr(all="ignore")
    for name in ["F16", "BF16"]:
        patterns = np.concatenate([np.arange(0, 65536, 61), HARD, [0x7F80, 0xFF80, 0x7FC0]]).astype("<u2")
        raw = patterns.view(np.uint8)
        tensors[f"{name}.bytes"] = raw
        tensors[f"{name}.values"] = gguf.dequantize(raw, gguf.GGMLQuantizationType[name]).view(np.uint32).reshape(-1)
    for name, scales in SCALES.items():
        kind = gguf.GGMLQuantizationType[name]
        per_block, size = gguf.GGML_QUANT_SIZES[kind]
        blocks = len(HARD) + (32 if per_block == 32 else 4)
        raw = rng.integers(0, 256, (blocks, size), dtype=np.uint8)
        for shift, at in enumerate(scales):
            hard = np.roll(HARD, 3 * shift).astype("<u2")
            raw[:len(HARD), at:at + 2] = hard.view(np.uint8).reshape(-1, 2)
        tensors[f"{name}.bytes"] = raw.reshape(-1)
        tensors[f"{name}.values"] = gguf.dequantize(raw.reshape(-1), kind).astype(np.float32).view(np.uint32).reshape(-1)
    raw = np.concatenate([np.arange(256)[:, None], rng.integers(0, 256, (256, 16))], axis=1).astype(np.uint8)
    tensors["MXFP4.bytes"] = raw.reshape(-1)
    values = gguf.dequantize(raw.reshape(-1), gguf.GGMLQuantizationType.MXFP4)
    tensors["MXFP4.values"] = values.astype(np.float32).view(np.uint32).reshape(-1)
    save_file(tensors, out)
    print(out, len(SCALES) + 3, "types")


if __name__ == "__main__":
    main(*sys.argv[1:3])
