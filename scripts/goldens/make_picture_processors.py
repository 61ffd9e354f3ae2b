"""What the picture processors of `transformers` (their Pillow side) make of small pictures, and what stands in the prompt.

    python make_picture_processors.py OUT_FOLDER          # Tests/ModelsTests/Goldens/processors

Made with transformers 5.23.0, Pillow 12, NumPy 2. Writes processors.safetensors (the pictures, and what became of each as
bytes: the values with their normalising taken back, which gives whole bytes) and processors.json (the settings, sizes, grids
and prompts). The settings fit the tiny checkpoints of make_tiny_senses.py; sizes of tiles are small so that the file is.
"""
import json
import pathlib
import sys
import types

import numpy as np
from PIL import Image, ImageDraw
from safetensors.numpy import save_file
from transformers import SiglipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.idefics3.processing_idefics3 import Idefics3Processor
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

SIZES = [(160, 100), (97, 211), (300, 41), (64, 64), (33, 20)]
HALF = dict(image_mean=[0.5] * 3, image_std=[0.5] * 3)
CLIP = dict(image_mean=[0.48145466, 0.4578275, 0.40821073], image_std=[0.26862954, 0.26130258, 0.27577711])
FLAGS = dict(do_resize=True, do_rescale=True, rescale_factor=1 / 255, do_normalize=True, do_convert_rgb=True)

# The tiny checkpoint, the processor, and its preprocessor_config.json.
CASES = {
    "idefics3": ("idefics3", SmolVLMImageProcessorPil, FLAGS | HALF | dict(
        do_image_splitting=True, do_pad=True, max_image_size={"longest_edge": 32}, size={"longest_edge": 128}, resample=1)),
    "idefics3-whole": ("idefics3", Idefics3ImageProcessorPil, FLAGS | HALF | dict(
        do_image_splitting=False, do_pad=True, max_image_size={"longest_edge": 32}, size={"longest_edge": 128}, resample=1)),
    "qwen2_vl": ("qwen2_vl", Qwen2VLImageProcessorPil, FLAGS | CLIP | dict(
        min_pixels=2048, max_pixels=8192, patch_size=4, temporal_patch_size=2, merge_size=2, resample=3)),
    "qwen2_5_vl": ("qwen2_5_vl", Qwen2VLImageProcessorPil, FLAGS | CLIP | dict(
        size={"shortest_edge": 1024, "longest_edge": 20000}, patch_size=4, temporal_patch_size=2, merge_size=2, resample=3)),
    "llava": ("llava", LlavaImageProcessorPil, FLAGS | CLIP | dict(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}, do_center_crop=True, resample=3)),
    "clip": ("clip", CLIPImageProcessorPil, FLAGS | CLIP | dict(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}, do_center_crop=True, resample=3)),
    "siglip": ("siglip", SiglipImageProcessorPil, FLAGS | HALF | dict(size={"height": 32, "width": 32}, resample=3)),
    "paligemma": ("paligemma", SiglipImageProcessorPil, FLAGS | HALF | dict(size={"height": 32, "width": 32}, resample=3)),
    "gemma3": ("gemma3", Gemma3ImageProcessorPil, FLAGS | HALF | dict(
        size={"height": 32, "width": 32}, resample=2, do_pan_and_scan=None)),
}

# Sizes of real pictures, for prompts alone.
REAL = [(1920, 1080), (1080, 1920), (4032, 3024), (640, 480), (512, 512), (511, 513), (100, 100), (37, 1200), (5000, 300), (2048, 1537)]


def picture(width, height, seed):
    """Something like a photograph with writing on it: soft colours, edges, grain."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    soft = np.stack([128 + 100 * np.sin(x / (9 + 7 * c) + y / (13 + 5 * c) + seed) for c in range(3)], -1)
    image = Image.fromarray(np.clip(soft + random.normal(0, 12, soft.shape), 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        x0, y0 = random.integers(0, width), random.integers(0, height)
        box = [x0, y0, x0 + random.integers(4, width // 2 + 5), y0 + random.integers(4, height // 2 + 5)]
        (draw.rectangle if random.random() < 0.5 else draw.ellipse)(box, fill=tuple(int(v) for v in random.integers(0, 256, 3)))
    draw.text((3, 3), "Total 42.50", fill=(10, 10, 10))
    return image


def as_bytes(values, settings, channel_axis):
    shape = [1] * values.ndim
    shape[channel_axis] = 3
    mean, std = (np.array(settings[k]).reshape(shape) for k in ("image_mean", "image_std"))
    exact = (values.astype(np.float64) * std + mean) * 255
    assert np.abs(exact - exact.round()).max() < 1e-3
    return exact.round().astype(np.uint8)


def idefics_prompt(rows, columns, length):
    this = types.SimpleNamespace(fake_image_token="<fake_token_around_image>", image_token="<image>", global_image_tag="<global-img>",
                                 image_seq_len=length)
    return Idefics3Processor.replace_image_token(this, {"rows": [[rows]], "cols": [[columns]]}, 0)


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors, facts = {}, {"cases": [], "prompts": []}
    pictures = [picture(*size, seed) for seed, size in enumerate(SIZES)]
    for index, image in enumerate(pictures):
        tensors[f"picture.{index}"] = np.array(image)
    for name, (model, kind, settings) in CASES.items():
        processor = kind(**settings)
        for index, image in enumerate(pictures):
            extra = {"return_row_col_info": True} if name.startswith("idefics3") else {}
            out = processor(image, return_tensors="np", **extra)
            case = dict(name=name, model=model, settings=settings, picture=index)
            values = out["pixel_values"]
            if "image_grid_thw" in out:
                case["grid"] = [int(v) for v in out["image_grid_thw"][0]]
                values = values.reshape(len(values), 3, -1)
                case["rows"] = int(np.prod(case["grid"])) // 4
            elif name.startswith("idefics3"):
                values = values[0]
                case["prompt"] = idefics_prompt(out["rows"][0][0], out["cols"][0][0], 4)
            case["shape"] = list(values.shape)
            tensors[f"{name}.{index}"] = as_bytes(values, settings, 1)
            facts["cases"].append(case)
    # SmolVLM-256M's and Idefics3's own sizes; with patches of 8 and squares of 2 of them.
    for longest, tile in ((2048, 512), (1456, 364)):
        settings = CASES["idefics3"][2] | dict(max_image_size={"longest_edge": tile}, size={"longest_edge": longest})
        processor = SmolVLMImageProcessorPil(**settings)
        for width, height in REAL:
            _, rows, columns = processor.get_number_of_image_patches(height, width, {})
            facts["prompts"].append(dict(model="idefics3", settings=settings, width=width, height=height, rows=int(rows), columns=int(columns)))
    processor = Qwen2VLImageProcessorPil(**CASES["qwen2_vl"][2] | dict(max_pixels=81920))
    for width, height in REAL:
        patches = processor.get_number_of_image_patches(height, width, {})
        facts["prompts"].append(dict(model="qwen2_vl", settings=CASES["qwen2_vl"][2] | dict(max_pixels=81920), width=width, height=height, patches=int(patches)))
    save_file(tensors, folder / "processors.safetensors")
    (folder / "processors.json").write_text(json.dumps(facts))


main(sys.argv[1])
