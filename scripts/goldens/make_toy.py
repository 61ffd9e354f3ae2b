"""The tiny checkpoint of docs/guides/add-a-model.md: make_toy.py OUT_DIR

A family that nobody has: attention and the feed-forward layer side by side, from one norm. Written here with NumPy in
double precision, beside Examples/AddAModel in Swift; golden.json keeps a prompt and how it goes on.
"""
import json
import os
import sys

import numpy as np
from safetensors.numpy import save_file

HIDDEN, LAYERS, HEADS, KV_HEADS, WIDTH, INNER, VOCAB, THETA, EPSILON = 32, 2, 2, 1, 16, 40, 64, 10000.0, 1e-5


def weights():
    rng = np.random.default_rng(5)
    def matrix(rows, columns):
        return (rng.standard_normal((rows, columns)) * 1.2 / np.sqrt(columns)).astype(np.float32)
    def gain():
        return (1 + 0.1 * rng.standard_normal(HIDDEN)).astype(np.float32)
    w = {"model.embed_tokens.weight": matrix(VOCAB, HIDDEN) * 6, "model.norm.weight": gain(), "lm_head.weight": matrix(VOCAB, HIDDEN)}
    for layer in range(LAYERS):
        name = f"model.layers.{layer}"
        w[f"{name}.norm.weight"] = gain()
        w[f"{name}.self_attn.q_proj.weight"] = matrix(HEADS * WIDTH, HIDDEN)
        w[f"{name}.self_attn.k_proj.weight"] = matrix(KV_HEADS * WIDTH, HIDDEN)
        w[f"{name}.self_attn.v_proj.weight"] = matrix(KV_HEADS * WIDTH, HIDDEN)
        w[f"{name}.self_attn.o_proj.weight"] = matrix(HIDDEN, HEADS * WIDTH)
        w[f"{name}.mlp.gate_proj.weight"] = matrix(INNER, HIDDEN)
        w[f"{name}.mlp.up_proj.weight"] = matrix(INNER, HIDDEN)
        w[f"{name}.mlp.down_proj.weight"] = matrix(HIDDEN, INNER)
    return w


def norm(x, gain):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + EPSILON) * gain


def rope(x):
    angle = np.arange(len(x))[:, None] / THETA ** (np.arange(0, WIDTH, 2) / WIDTH)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    a, b = x[..., :WIDTH // 2], x[..., WIDTH // 2:]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)


def logits(w, ids):
    x = w["model.embed_tokens.weight"][ids].astype(np.float64)
    n = len(ids)
    for layer in range(LAYERS):
        p = lambda part: w[f"model.layers.{layer}.{part}.weight"].astype(np.float64)
        h = norm(x, p("norm"))
        q = rope((h @ p("self_attn.q_proj").T).reshape(n, HEADS, WIDTH))
        k = rope((h @ p("self_attn.k_proj").T).reshape(n, KV_HEADS, WIDTH)).repeat(HEADS // KV_HEADS, 1)
        v = (h @ p("self_attn.v_proj").T).reshape(n, KV_HEADS, WIDTH).repeat(HEADS // KV_HEADS, 1)
        scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(WIDTH) + np.triu(np.full((n, n), -np.inf), 1)
        share = np.exp(scores - scores.max(-1, keepdims=True))
        seen = np.einsum("hqk,khd->qhd", share / share.sum(-1, keepdims=True), v).reshape(n, -1)
        gate = h @ p("mlp.gate_proj").T
        x = x + seen @ p("self_attn.o_proj").T + (gate / (1 + np.exp(-gate)) * (h @ p("mlp.up_proj").T)) @ p("mlp.down_proj").T
    return norm(x, w["model.norm.weight"]) @ w["lm_head.weight"].astype(np.float64).T


def main(out):
    os.makedirs(out, exist_ok=True)
    w = weights()
    save_file(w, os.path.join(out, "model.safetensors"))
    config = {"model_type": "toy", "hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS,
              "num_key_value_heads": KV_HEADS, "head_dim": WIDTH, "intermediate_size": INNER, "vocab_size": VOCAB,
              "max_position_embeddings": 128, "rope_theta": THETA, "rms_norm_eps": EPSILON}
    json.dump(config, open(os.path.join(out, "config.json"), "w"), indent=2)
    prompt, answer, margins = [3, 14, 15, 9, 26, 5, 35], [], []
    for _ in range(16):
        last = logits(w, prompt + answer)[-1]
        answer.append(int(last.argmax()))
        margins.append(float(np.sort(last)[-1] - np.sort(last)[-2]))
    json.dump({"prompt": prompt, "answer": answer}, open(os.path.join(out, "golden.json"), "w"))
    print(answer, f"smallest margin {min(margins):.4f}, {len(set(answer))} different")


if __name__ == "__main__":
    main(sys.argv[1])
