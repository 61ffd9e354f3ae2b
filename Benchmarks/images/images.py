"""A picture of 12 megapixels decoded, resized and straightened by Tutti and by Pillow and OpenCV, one thread each.

    pip install pillow==13.0.0 opencv-python-headless==5.0.0.93 numpy
    swift build -c release --product ImageBenchmark
    python Benchmarks/images/images.py .build/release/ImageBenchmark
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import cv2
import numpy as np
from PIL import Image

cv2.setNumThreads(1)
small = np.random.default_rng(0).integers(0, 256, (375, 500, 3), dtype=np.uint8)
pixels = cv2.resize(small, (4000, 3000))
image = Image.fromarray(pixels)
theirs = {}


def measure(name, body, rounds=5):
    body()
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        body()
        taken.append(time.perf_counter() - start)
    theirs[name] = min(taken) * 1000


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    image.save(folder / "big.png")
    image.save(folder / "big.jpg", quality=90)
    image.save(folder / "progressive.jpg", quality=90, progressive=True)
    image.save(folder / "big.webp", quality=80, method=0)
    for file in ("big.png", "big.jpg", "progressive.jpg", "big.webp"):
        measure(f"decode {file}", lambda: Image.open(folder / file).convert("RGB").load(), 3)
    for width, height in ((512, 384), (1536, 1152)):
        for name in ("bilinear", "bicubic", "lanczos"):
            measure(f"{name} {width} × {height}", lambda: image.resize((width, height), Image.Resampling[name.upper()]))
    measure("OpenCV linear 1280 × 960", lambda: cv2.resize(pixels, (1280, 960)))
    square = np.float32([[0, 0], [2900, 0], [2900, 200], [0, 200]])
    matrix = cv2.getPerspectiveTransform(np.float32([[100, 100], [3000, 200], [2900, 400], [90, 300]]), square)
    options = {"flags": cv2.INTER_CUBIC, "borderMode": cv2.BORDER_REPLICATE}
    measure("warp 2900 × 200", lambda: cv2.warpPerspective(pixels, matrix, (2900, 200), **options))
    ours = json.loads(subprocess.run([sys.argv[1], folder], capture_output=True, check=True).stdout)

print("| 4000 × 3000 | ours, ms | theirs, ms | ratio |\n|---|---:|---:|---:|")
for name, value in theirs.items():
    print(f"| {name} | {ours[name]:.1f} | {value:.1f} | {value / ours[name]:.2f} |")
