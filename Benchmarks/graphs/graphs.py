"""Computes the graphs that read text in pictures with Tutti and, by turns in the same run, with ONNX Runtime on the same
weights and threads: times, ratios, and how far the results are from each other.

    python3 Benchmarks/graphs/graphs.py FOLDER [--rounds 7] [--threads 2] [--profile]

FOLDER holds the three ONNX files of PP-OCRv6 (`tutti pull pp-ocrv6`). Needs GraphBenchmark (`swift build -c release
--product GraphBenchmark`) and a Python with numpy and onnxruntime.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).parent.parent))
from side_by_side import Program

# Examples, height, width: a page, a batch of lines, a batch of lines that may stand on their heads.
GRAPHS = [
    ("detection", "PP-OCRv6_det_small.onnx", (1, 736, 1280)),
    ("recognition", "PP-OCRv6_rec_small.onnx", (6, 48, 320)),
    ("recognition, long", "PP-OCRv6_rec_small.onnx", (6, 48, 960)),
    ("direction", "ch_ppocr_mobile_v2.0_cls_mobile.onnx", (6, 48, 192)),
]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--profile", action="store_true", help="where Tutti's time goes")
    options = parser.parse_args()
    program = Program("GraphBenchmark", options.threads)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    random = np.random.default_rng(7)

    print(f"ONNX Runtime {onnxruntime.__version__}, {options.threads} threads, {options.rounds} rounds by turns; ms: median "
          "(lowest to highest)\n")
    print("| graph | shape | Tutti | ONNX Runtime | ratio | largest difference |\n|---|---|---:|---:|---:|---:|")
    profiles = []
    with tempfile.TemporaryDirectory() as scratch:
        for title, file, (examples, height, width) in GRAPHS:
            path = str(options.folder / file)
            session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
            shape = [examples, height, width, 3]
            # Light and dark areas, as pages have them, with some noise.
            coarse = random.integers(0, 2, (examples, height // 8, width // 8, 1))
            pixels = np.kron(coarse, np.ones((1, 8, 8, 3))) * 1.6 - 0.8 + random.normal(0, 0.05, shape)
            pixels = pixels.astype(np.float32)
            source = f"{scratch}/{file}-{width}.f32"
            pixels.tofile(source)
            order = {"graph": path, "shape": shape, "input": source, "output": f"{scratch}/y.f32"}
            first = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
            ours, theirs, difference = [], [], 0
            for turn in range(options.rounds + 2):
                took = program.ask(**order)["took"]
                start = time.perf_counter()
                expected = session.run(None, {"x": first})[0]
                other = time.perf_counter() - start
                if turn < 2:  # Not warm yet.
                    difference = np.abs(np.fromfile(f"{scratch}/y.f32", np.float32) - expected.ravel()).max()
                    order.pop("output", None)
                    continue
                ours.append(1000 * took)
                theirs.append(1000 * other)

            def spelled(times):
                return f"{statistics.median(times):.1f} ({min(times):.1f} to {max(times):.1f})"

            ratio = statistics.median(b / a for a, b in zip(ours, theirs))
            print(f"| {title} | {'×'.join(map(str, shape))} | {spelled(ours)} | {spelled(theirs)} | {ratio:.2f} | "
                  f"{difference:.1e} |", flush=True)
            if options.profile:
                profiles.append((title, program.ask(**order, profile=True)["nodes"]))
    for title, nodes in profiles:
        print(f"\n{title}: {sum(node['milliseconds'] for node in nodes):.1f} ms in {len(nodes)} nodes")
        sums = defaultdict(lambda: [0, 0])
        for node in nodes:
            sums[node["operation"]][0] += node["milliseconds"]
            sums[node["operation"]][1] += 1
        for operation, (took, count) in sorted(sums.items(), key=lambda pair: -pair[1][0]):
            print(f"  {operation:20} {took:8.2f} ms  {count} nodes")
        for node in sorted(nodes, key=lambda node: -node["milliseconds"])[:25]:
            print(f"    {node['milliseconds']:8.2f}  {node['operation']}  {node['name']}")
    program.end()


if __name__ == "__main__":
    main()
