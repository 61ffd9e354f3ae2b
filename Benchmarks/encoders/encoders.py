"""Encodes pictures with Tutti and, by turns in the same run, with transformers and PyTorch: vision encoders of true sizes with
random weights, the same for both, on the same threads.

    python3 Benchmarks/encoders/encoders.py [--rounds 5] [--threads 2] [--models smolvlm-256m,qwen2.5-vl-3b]

Needs EncoderBenchmark (`swift build -c release --product EncoderBenchmark`), and a Python with torch 2.13 and transformers 5.23 or
later, which are installed into .cache/encoders the first time. Checkpoints with one layer of decoder and a small vocabulary are
written there too (0.4 and 1.5 GB). Their weights are bfloat16 numbers; both compute with them in float32 first, and then, where the
processor has instructions for it, in bfloat16, each in its way: PyTorch everything, Tutti what enters products and attention.
Prints a row for each: milliseconds of the middle round, the ratio's median over the rounds, and how far each one's numbers are from
PyTorch's float32, relative to their size.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from side_by_side import ROOT, Program, by_turns, in_own_python

CACHE = Path(os.environ.get("VISION_CACHE") or ROOT / ".cache" / "encoders")
PEERS = ["torch", "transformers", "torchvision", "pillow", "numpy"]


def smolvlm():
    import transformers as tr
    words = tr.LlamaConfig(hidden_size=576, intermediate_size=64, num_hidden_layers=1, num_attention_heads=9, num_key_value_heads=3,
                           vocab_size=128, pad_token_id=0)
    eyes = dict(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, image_size=512, patch_size=16)
    config = tr.SmolVLMConfig(text_config=words, vision_config=eyes, scale_factor=4, image_token_id=3, pad_token_id=0)
    return tr.SmolVLMForConditionalGeneration, config, 576, [1, 3, 512, 512], []


def qwen():
    import transformers as tr
    words = dict(hidden_size=2048, intermediate_size=64, num_hidden_layers=1, num_attention_heads=16, num_key_value_heads=2, vocab_size=128)
    eyes = dict(depth=32, hidden_size=1280, intermediate_size=3420, num_heads=16, out_hidden_size=2048, patch_size=14,
                spatial_merge_size=2, temporal_patch_size=2, window_size=112, fullatt_block_indexes=[7, 15, 23, 31])
    config = tr.Qwen2_5_VLConfig(text_config=words, vision_config=eyes, image_token_id=3, video_token_id=4, vision_start_token_id=5,
                                 vision_end_token_id=6)
    return tr.Qwen2_5_VLForConditionalGeneration, config, 2048, [32 * 32, 3 * 2 * 14 * 14], [1, 32, 32]


MODELS = {"smolvlm-256m": smolvlm, "qwen2.5-vl-3b": qwen}


class Peer:
    """The encoder by transformers."""

    def __init__(self, kind, folder, dtype):
        import torch
        self.model = kind.from_pretrained(folder, dtype=dtype, attn_implementation="sdpa").eval()
        self.torch, self.dtype = torch, dtype

    def encode(self, pixels, grid):
        torch = self.torch
        values = torch.from_numpy(pixels).to(self.dtype)
        with torch.inference_mode():
            start = time.perf_counter()
            if grid:
                out = self.model.model.get_image_features(values, torch.tensor([grid]))
            else:
                out = self.model.model.get_image_features(values[None])
            took = time.perf_counter() - start
        out = out.pooler_output
        out = torch.cat(list(out)) if isinstance(out, (list, tuple)) else out
        return took, out.float().reshape(-1, out.shape[-1]).numpy()


def checkpoint(name):
    """Writes the model's folder, unless it is there."""
    import torch
    kind, config, hidden, shape, grid = MODELS[name]()
    folder = CACHE / f"{name}-bf16"
    if not (folder / "model.safetensors").exists():
        torch.manual_seed(7)
        model = kind(config).to(torch.bfloat16)
        model.save_pretrained(folder, max_shard_size="8GB")
        del model
    return kind, folder, hidden, shape, grid


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--models", default=",".join(MODELS))
    options = parser.parse_args()
    import numpy
    import torch
    torch.set_num_threads(options.threads)
    tutti = Program("EncoderBenchmark", options.threads)
    print(f"torch {torch.__version__}, {options.threads} threads, {options.rounds} rounds by turns\n")
    print("| encoder | computed in | Tutti | PyTorch | ratio | apart: Tutti | PyTorch |\n|---|---|---:|---:|---:|---:|---:|")
    for name in options.models.split(","):
        kind, folder, hidden, shape, grid = checkpoint(name)
        pixels = numpy.random.default_rng(1).standard_normal(shape, dtype=numpy.float32).clip(-2, 2)
        pixels.tofile(CACHE / "pixels.f32")
        order = dict(folder=str(folder), pixels=str(CACHE / "pixels.f32"), shape=shape, grid=grid, hidden=hidden)
        wanted = None
        for dtype in [torch.float32] + [torch.bfloat16] * ("avx512_bf16" in Path("/proc/cpuinfo").read_text()):
            peer, order["rounds"] = Peer(kind, folder, dtype), dtype == torch.bfloat16
            tutti.ask(**order, rows=str(CACHE / "rows.f32"))
            found = [numpy.fromfile(CACHE / "rows.f32", numpy.float32).reshape(-1, hidden), peer.encode(pixels, grid)[1]]
            wanted = found[1] if wanted is None else wanted
            apart = [numpy.sqrt(((rows - wanted) ** 2).mean() / (wanted ** 2).mean()) for rows in found]
            ours, theirs = by_turns(
                options.rounds, lambda _: tutti.ask(**order)["took"], lambda _: peer.encode(pixels, grid)[0])
            ratio = statistics.median(other / own for own, other in zip(ours, theirs))
            print(f"| {name} | {str(dtype)[6:]} | {1000 * statistics.median(ours):.0f} ms | {1000 * statistics.median(theirs):.0f} ms | "
                  f"{ratio:.2f} | {apart[0]:.1e} | {apart[1]:.1e} |", flush=True)
    tutti.end()


in_own_python(CACHE, PEERS)
main()
