"""Goldens of reading pictures, by RapidOCR on ONNX Runtime: boxes, texts and scores, and what the three graphs make of pieces.

    pip install rapidocr==3.10.0 onnxruntime==1.32.0 opencv-python-headless==5.0.0.93 safetensors
    python scripts/goldens/make_ocr.py MODEL Tests/VisionTests/Goldens/ocr

MODEL is the folder of the catalog's `pp-ocrv6`. The pictures lie in the folder of goldens: they were drawn with Pillow in
Liberation, DejaVu and WenQuanYi Zen Hei, and what was drawn on them is kept in golden.json under "drawn".
"""

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from rapidocr import RapidOCR
from rapidocr.utils.process_img import get_rotate_crop_image
from safetensors.numpy import save_file

DETECTOR, RECOGNIZER, DIRECTION = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx", "ch_ppocr_mobile_v2.0_cls_mobile.onnx"
# Whose upper left and first lines the graphs are given by themselves.
PIECES = "01-window.png"


def graph(model, name):
    session = onnxruntime.InferenceSession(str(model / name), providers=["CPUExecutionProvider"])
    return lambda image: session.run(None, {"x": ((image.astype(np.float32) / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]})[0]


def written(picture, reader, out):
    image = cv2.imread(str(out / picture["file"]))
    found = reader(image)
    lines = [{"box": np.round(box).astype(int).tolist(), "text": text, "score": round(float(score), 4)}
             for box, text, score in zip(found.boxes, found.txts, found.scores)]
    head = {"file": picture["file"], "width": image.shape[1], "height": image.shape[0], "drawn": picture["drawn"]}
    return " " + json.dumps(head, ensure_ascii=False)[:-1] + ', "lines": [\n  ' + ",\n  ".join(
        json.dumps(line, ensure_ascii=False) for line in lines) + "]}"


def pieces(model, out, lines):
    image = cv2.imread(str(out / PIECES))
    corner = image[:160, :256].copy()
    kept = {"det.input": corner, "det.output": graph(model, DETECTOR)(corner)[0, 0]}
    read, turn = graph(model, RECOGNIZER), graph(model, DIRECTION)
    for number, line in enumerate(lines[:3]):
        cut = get_rotate_crop_image(image, np.array(line["box"], np.float32))
        cut = cv2.resize(cut, (max(8, round(48 * cut.shape[1] / cut.shape[0])), 48))
        short = np.zeros((48, 192, 3), np.uint8)
        short[:, :min(192, cut.shape[1])] = cut[:, :192]
        output = read(cut)[0]
        best = np.argsort(-output, axis=1)[:, :8]
        kept |= {f"rec{number}.input": cut, f"rec{number}.classes": best.astype(np.int32),
                 f"rec{number}.probabilities": np.take_along_axis(output, best, 1),
                 f"cls{number}.input": short, f"cls{number}.output": turn(short)[0]}
    save_file({name: np.ascontiguousarray(value) for name, value in kept.items()}, out / "tensors.safetensors")


def main():
    model, out = Path(sys.argv[1]), Path(sys.argv[2])
    golden = json.loads((out / "golden.json").read_text())
    reader = RapidOCR(params={"Global.log_level": "error", "Det.model_path": str(model / DETECTOR),
                              "Rec.model_path": str(model / RECOGNIZER), "Cls.model_path": str(model / DIRECTION)})
    pictures = [written(picture, reader, out) for picture in golden["pictures"]]
    (out / "golden.json").write_text(
        '{"reader": "RapidOCR 3.10.0, its defaults", "pictures": [\n' + ",\n".join(pictures) + "\n]}\n")
    golden = json.loads((out / "golden.json").read_text())
    pieces(model, out, next(p["lines"] for p in golden["pictures"] if p["file"] == PIECES))


if __name__ == "__main__":
    main()
