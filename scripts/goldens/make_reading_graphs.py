"""What ONNX Runtime makes of the pictures in a golden of PP-OCRv6's graphs: a corner of a window, and three of its lines.

    pip install onnxruntime==1.32.0 safetensors numpy
    python scripts/goldens/make_reading_graphs.py PP-OCRV6_FOLDER Tests/VisionTests/Goldens/graphs/ocr.safetensors

The pictures (`*.input`, [height, width, 3], blue, green and red of 8 bits) stay as they are, what came out is computed anew:
the map of text, for each line the probabilities of its two directions, and the eight likeliest classes of each step.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
from safetensors.numpy import load_file, save_file

folder, golden = Path(sys.argv[1]), Path(sys.argv[2])
tensors = {name: array for name, array in load_file(golden).items() if name.endswith(".input")}


def run(file, name):
    session = onnxruntime.InferenceSession(str(folder / file), providers=["CPUExecutionProvider"])
    pixels = (tensors[name].astype(np.float32) / 255 - 0.5) / 0.5
    return session.run(None, {"x": np.ascontiguousarray(pixels.transpose(2, 0, 1)[None])})[0][0]


results = {"det.output": run("PP-OCRv6_det_small.onnx", "det.input")[0]}
for line in range(3):
    output = run("PP-OCRv6_rec_small.onnx", f"rec{line}.input")
    top = np.argsort(-output, axis=1)[:, :8]
    results |= {
        f"rec{line}.classes": top.astype(np.int32), f"rec{line}.probabilities": np.take_along_axis(output, top, 1),
        f"cls{line}.output": run("ch_ppocr_mobile_v2.0_cls_mobile.onnx", f"cls{line}.input")}
save_file({name: np.ascontiguousarray(array) for name, array in (tensors | results).items()}, golden)
