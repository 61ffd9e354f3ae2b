"""Reads and names the golden pictures with Tutti and, by turns in the same run, with RapidOCR on ONNX Runtime and with PyTorch,
on the same weights and threads: the median time of each, and whether they find the same.

    python3 Benchmarks/perception/perception.py [--rounds 5] [--threads 2] [--without-torch]

Needs the models in the store (`tutti pull pp-ocrv6`, `tutti pull efficientnet-lite0`) and PerceptionBenchmark
(`swift build -c release --product PerceptionBenchmark`). The peers are installed into .cache/perception the first time;
BENCHMARK_PYTHON=1 says that this Python has them.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from side_by_side import ROOT, Program, by_turns, in_own_python, store

GOLDENS = ROOT / "Tests" / "VisionTests" / "Goldens"
PEERS = ["rapidocr==3.10.0", "onnxruntime==1.32.0", "opencv-python-headless", "torch", "efficientnet-lite-pytorch"]


def rapidocr(threads):
    import cv2
    from rapidocr import RapidOCR

    folder = store() / "pp-ocrv6"
    reader = RapidOCR(params={
        "Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "Det.model_path": str(folder / "PP-OCRv6_det_small.onnx"), "Rec.model_path": str(folder / "PP-OCRv6_rec_small.onnx"),
        "Cls.model_path": str(folder / "ch_ppocr_mobile_v2.0_cls_mobile.onnx")})

    def read(path):
        image = cv2.imread(str(path))
        start = time.perf_counter()
        found = reader(image)
        return list(found.txts or []), time.perf_counter() - start

    return read


def pytorch(threads):
    import numpy as np
    import torch
    from efficientnet_lite_pytorch import EfficientNet
    from PIL import Image

    folder = store() / "efficientnet-lite0"
    torch.set_num_threads(threads)
    model = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=str(folder / "efficientnet-lite0-57934424.pth")).eval()
    names = json.loads((folder / "imagenet1k_label_to_names.json").read_text())

    def name(path):
        image = Image.open(path).convert("RGB")
        start = time.perf_counter()
        side = min(image.size) * 224 / 256
        left, top = (image.width - side) / 2, (image.height - side) / 2
        square = image.resize((224, 224), Image.BICUBIC, box=(left, top, left + side, top + side))
        with torch.no_grad():
            logits = model((torch.tensor(np.array(square)).permute(2, 0, 1)[None].float() - 127) / 128)[0]
        best = logits.topk(5).indices.tolist()
        return [names[str(i)].split(",")[0] for i in best], time.perf_counter() - start

    return name


def compare(do, paths, ours, theirs, rounds):
    totals = [[], []]
    for path in paths:
        # The first round warms both up.
        said = by_turns(rounds + 1, lambda _: ours(do, path), lambda _: theirs(path))
        found = [runs[-1][0] for runs in said]
        mine, other = (1000 * statistics.median(took for _, took in runs[1:]) for runs in said)
        same = "the same" if found[0] == found[1] else f"not the same: {found[0]} and {found[1]}"
        print(f"| {path.name} | {mine:.0f} ms | {other:.0f} ms | {other / mine:.2f} | {same} |", flush=True)
        for total, value in zip(totals, (mine, other)):
            total.append(value)
    print(f"| all | {sum(totals[0]):.0f} ms | {sum(totals[1]):.0f} ms | {sum(totals[1]) / sum(totals[0]):.2f} | |")


def main():
    in_own_python(ROOT / ".cache" / "perception", PEERS)
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--without-torch", action="store_true")
    options = parser.parse_args()
    tutti = Program("PerceptionBenchmark", options.threads)

    def ours(do, path):
        answer = tutti.ask(do=do, file=str(path))
        return answer["lines"], answer["took"]

    print("| picture | Tutti | RapidOCR | ratio | found |\n|---|---|---|---|---|")
    compare("read", sorted((GOLDENS / "ocr").glob("*.png")), ours, rapidocr(options.threads), options.rounds)
    if options.without_torch:
        return
    print("\n| picture | Tutti | PyTorch | ratio | found |\n|---|---|---|---|---|")
    compare("name", sorted((GOLDENS / "efficientnet").glob("*.png")), ours, pytorch(options.threads), options.rounds)


if __name__ == "__main__":
    main()
