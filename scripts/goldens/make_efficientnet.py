"""Goldens of naming pictures, by PyTorch: the five likeliest classes, logits, and inner values of one picture.

    pip install efficientnet-lite-pytorch==0.1.0 torch pillow==13.0.0 safetensors
    python scripts/goldens/make_efficientnet.py MODEL Tests/VisionTests/Goldens/efficientnet

MODEL is the folder of the catalog's `efficientnet-lite0`. The pictures lie in the folder of goldens; golden.json says whose
they are (all CC0 or in the public domain, from scikit-image's collection, made smaller).
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image
from safetensors.numpy import save_file

SIDE, MIDDLE, STAGES = 224, 224 / 256, "cat.png"


def pixels(image):
    side = min(image.size) * MIDDLE
    left, top = (image.width - side) / 2, (image.height - side) / 2
    square = image.resize((SIDE, SIDE), Image.BICUBIC, box=(left, top, left + side, top + side))
    return (torch.tensor(np.array(square)).permute(2, 0, 1)[None].float() - 127) / 128


def rounded(values):
    return [round(float(value), 5) for value in values]


def main():
    model_folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    golden = json.loads((out / "golden.json").read_text())
    names = json.loads((model_folder / "imagenet1k_label_to_names.json").read_text())
    model = EfficientNet.from_pretrained(
        "efficientnet-lite0", weights_path=str(model_folder / "efficientnet-lite0-57934424.pth")).eval()
    inner, rows = {}, []
    for number in (0, 2, 5, 10, 15):
        model._blocks[number].register_forward_hook(lambda _, __, result, n=number: inner.update({f"block{n}": result}))
    for picture in golden["pictures"]:
        image = Image.open(out / picture["file"]).convert("RGB")
        given = pixels(image)
        with torch.no_grad():
            logits, features = model(given)[0], model.extract_features(given)
        chances = logits.softmax(0)
        best = chances.topk(5).indices.tolist()
        picture |= {"width": image.width, "height": image.height,
                    "top5": [[i, names[str(i)].split(",")[0], round(chances[i].item(), 5)] for i in best],
                    "logits": rounded(logits[:8]), "logits_norm": round(logits.norm().item(), 5)}
        rows.append(json.dumps(picture, ensure_ascii=False))
        if picture["file"] == STAGES:
            kept = {name: value[0, :, ::8, ::8].numpy() for name, value in inner.items()}
            kept |= {"input.row0": given[0, :, 0].numpy(), "features.mean": features[0].mean((1, 2)).numpy(),
                     "logits": logits.numpy()}
            save_file({name: np.ascontiguousarray(value) for name, value in kept.items()}, out / "stages.safetensors")
    (out / "golden.json").write_text('{"pictures": [\n ' + ",\n ".join(rows) + "\n]}\n")


if __name__ == "__main__":
    main()
