"""A tiny Whisper as a file of whisper.cpp's, from the safetensors of Tests/SpeechTests/Goldens/whisper/tiny.

    python make_whisper_ggml.py TINY OUT          (numpy, safetensors, gguf)

The format: magic, eleven sizes, mel filters, the vocabulary's bytes, tensors one after the other under the names of OpenAI's
code. One file keeps float32, the other has matrices in float16 and, where rows divide, in Q8_0 and Q5_0.
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf.quants import quantize
from safetensors.numpy import load_file

PARTS = {"self_attn_layer_norm": "attn_ln", "self_attn.q_proj": "attn.query", "self_attn.k_proj": "attn.key",
         "self_attn.v_proj": "attn.value", "self_attn.out_proj": "attn.out", "encoder_attn_layer_norm": "cross_attn_ln",
         "encoder_attn.q_proj": "cross_attn.query", "encoder_attn.k_proj": "cross_attn.key",
         "encoder_attn.v_proj": "cross_attn.value", "encoder_attn.out_proj": "cross_attn.out",
         "final_layer_norm": "mlp_ln", "fc1": "mlp.0", "fc2": "mlp.2"}


def openai(name):
    """OpenAI's name of a tensor that `transformers` calls so."""
    name = name.removeprefix("model.")
    side, rest = name.split(".", 1)
    if rest.startswith("layers."):
        _, layer, rest = rest.split(".", 2)
        part, kind = rest.rsplit(".", 1)
        return f"{side}.blocks.{layer}.{PARTS[part]}.{kind}"
    rest = rest.replace("embed_positions.weight", "positional_embedding").replace("embed_tokens", "token_embedding")
    return f"{side}." + rest.replace("layer_norm", "ln_post" if side == "encoder" else "ln")


def vocabulary():
    """Single bytes, then a few merges, as tiktoken ranks them."""
    return [bytes([b]) for b in range(256)][:250] + [b" a", b"th", b" th", b"the", b" the", b" and"]


def write(path, config, tensors, narrow):
    with open(path, "wb") as out:
        sizes = ["vocab_size", "max_source_positions", "d_model", "encoder_attention_heads", "encoder_layers",
                 "max_target_positions", "d_model", "decoder_attention_heads", "decoder_layers", "num_mel_bins"]
        out.write(struct.pack("<I11i", 0x67676D6C, *(config[key] for key in sizes), int(narrow)))
        out.write(struct.pack("<ii", config["num_mel_bins"], 201) + bytes(4 * config["num_mel_bins"] * 201))
        pieces = vocabulary()
        out.write(struct.pack("<i", len(pieces)))
        for piece in pieces:
            out.write(struct.pack("<i", len(piece)) + piece)
        for place, (name, values) in enumerate(sorted(tensors.items())):
            values, name = values.astype(np.float32), openai(name)
            if "conv" in name and name.endswith("bias"):
                values = values.reshape(-1, 1)
            kind = Type.F32
            if narrow and values.ndim > 1 and not name.endswith(("positional_embedding", "bias")):
                kind = Type.F16 if values.ndim > 2 else [Type.F16, Type.Q8_0, Type.Q5_0][place % 3]
            data = values.tobytes() if kind == Type.F32 else quantize(values, kind).tobytes()
            encoded = name.encode()
            out.write(struct.pack("<iii", values.ndim, len(encoded), int(kind)))
            out.write(struct.pack(f"<{values.ndim}i", *reversed(values.shape)) + encoded + data)


def main():
    tiny, out = Path(sys.argv[1]), Path(sys.argv[2])
    config = json.loads((tiny / "config.json").read_text())
    tensors = load_file(tiny / "model.safetensors")
    tensors.pop("proj_out.weight", None)
    write(out / "ggml-f32.bin", config, tensors, narrow=False)
    write(out / "ggml-mixed.bin", config, tensors, narrow=True)


if __name__ == "__main__":
    main()
