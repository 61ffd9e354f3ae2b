"""The tiny checkpoints that see as llama.cpp's pairs: make_pairs.py LLAMA_CPP TINY_DIR OUT_DIR OLDER

A pair is a language model and a projector, what it sees with. LLAMA_CPP is the source tree of llama.cpp, whose
`convert_hf_to_gguf.py` writes the files. That takes no CLIP, so LLaVA's projector is written by
`tools/mtmd/legacy-models/convert_image_encoder_to_gguf.py`, as those in use were, with `transformers` 4.57.3, which lies in
OLDER (`pip install --target`). Neither is changed; what they do not take of a tiny checkpoint is changed in what they are given:

* it has no vocabulary: it gets one of SentencePiece, whose first ids are the places of pictures, and a chat template;
* it has no settings of a processor: it gets those that its family's checkpoints have;
* release 5 of `transformers` saves tensors under names that the converters do not know: they get the older ones;
* Idefics3's language model is known by the class that SmolVLM's `text_config` names;
* Qwen's projector has a tensor of the number 2, which is known only of towers of three blocks: the third one adds zeros.

OUT_DIR/NAME holds a pair in float32 (both converters round some of a projector to float16), OUT_DIR/NAME-{f16,q8_0} another
projector. pairs.safetensors and pairs.json have what `transformers` says of the numbers in each projector, read back out of
it: the picture's rows, logits, and the greedy answer. What files do not tell is as in every published model there: Qwen2.5-VL's
windows are of 112 pixels, and of Gemma 3's layers all but each sixth are local, whose scores are scaled by the head's width.

llama.cpp's own encoder (`llama-mtmd-cli` with MTMD_DEBUG_EMBEDDINGS) made rows within 0.3 % of their size of these for Gemma 3,
Qwen2-VL and Qwen2.5-VL, the latter also in a picture of four windows: it computes in float16 and with another GELU.
"""
import json
import os
import shutil
import subprocess
import sys

import gguf
import numpy as np
import torch
import transformers as tr
from make_tiny import greedy
from safetensors.numpy import load_file, save_file
from sentencepiece import sentencepiece_model_pb2 as model_pb2

CLIP = dict(image_mean=[0.48145466, 0.4578275, 0.40821073], image_std=[0.26862954, 0.26130258, 0.27577711])
HALF = dict(image_mean=[0.5, 0.5, 0.5], image_std=[0.5, 0.5, 0.5])
USUAL = dict(do_convert_rgb=True, do_normalize=True, do_rescale=True, do_resize=True, rescale_factor=1 / 255)
QWEN = CLIP | USUAL | dict(min_pixels=3136, max_pixels=12845056, patch_size=4, merge_size=2, temporal_patch_size=2, resample=3)
PROCESSORS = {
    "idefics3": HALF | USUAL | dict(size={"longest_edge": 128}, max_image_size={"longest_edge": 32}, do_image_splitting=True, resample=1),
    "qwen2_vl": QWEN,
    "qwen2_5_vl": QWEN,
    "llava": CLIP | USUAL | dict(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}, do_center_crop=True, resample=3),
    "gemma3": HALF | USUAL | dict(size={"height": 32, "width": 32}, image_seq_length=4, resample=2),
}
VARIANTS = {"idefics3": ["f16", "q8_0"], "qwen2_5_vl": ["f16", "q8_0"]}

# Words for the first ids. LLaVA's own vocabulary has none for its pictures.
WORDS = {
    "idefics3": {3: "<image>", 4: "<end_of_utterance>", 6: "<fake_token_around_image>", 7: "<global-img>", 8: "<row_1_col_1>",
                 9: "<row_1_col_2>", 10: "<row_2_col_1>", 11: "<row_2_col_2>", 12: "<row_1_col_3>", 13: "<row_1_col_4>"},
    "qwen2_vl": {3: "<|image_pad|>", 5: "<|video_pad|>", 6: "<|vision_start|>", 7: "<|vision_end|>"},
    "qwen2_5_vl": {3: "<|image_pad|>", 5: "<|video_pad|>", 6: "<|vision_start|>", 7: "<|vision_end|>"},
    "llava": {},
    "gemma3": {3: "<image_soft_token>", 6: "<start_of_image>", 7: "<end_of_image>"},
}
MARKS = {"idefics3": "<image>", "gemma3": "<start_of_image>"}


def template(name):
    """As the families' own, in brief; LLaVA's knows no pictures."""
    said = "{{ message['content'] }}"
    if name != "llava":
        mark = MARKS.get(name, "<|vision_start|><|image_pad|><|vision_end|>")
        said = ("{% if message['content'] is string %}{{ message['content'] }}{% else %}{% for part in message['content'] %}"
                "{% if part['type'] == 'image' %}" + mark + "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}")
    return ("{% for message in messages %}{{ message['role'] }}: " + said + "\n{% endfor %}"
            "{% if add_generation_prompt %}assistant:{% endif %}")


def vocabulary(name, folder):
    model = model_pb2.ModelProto()
    piece = model_pb2.ModelProto.SentencePiece
    letters = ["▁"] + [chr(code) for code in range(33, 127)]
    for number in range(256):
        text, kind = f"[{number}]", piece.UNUSED
        if number < 3:
            text, kind = [("<unk>", piece.UNKNOWN), ("<s>", piece.CONTROL), ("</s>", piece.CONTROL)][number]
        elif 16 <= number < 16 + len(letters):
            text, kind = letters[number - 16], piece.NORMAL
        model.pieces.add(piece=text, score=-float(number), type=kind)
    model.trainer_spec.model_type = model.trainer_spec.BPE
    model.trainer_spec.vocab_size = 256
    model.normalizer_spec.add_dummy_prefix = False
    open(f"{folder}/tokenizer.model", "wb").write(model.SerializeToString())
    added = {str(number): {"content": word, "special": True} for number, word in WORDS[name].items()}
    settings = {"added_tokens_decoder": added, "chat_template": template(name), "bos_token": "<s>", "eos_token": "</s>"}
    json.dump(settings, open(f"{folder}/tokenizer_config.json", "w"))


def older(name, tensor):
    """The name that releases before 5 gave a tensor of a tower."""
    if name in ("llava", "gemma3") and tensor.startswith("vision_tower."):
        return tensor.replace("vision_tower.", "vision_tower.vision_model.")
    return tensor


def is_seeing(tensor):
    return tensor.startswith(("vision_tower.", "visual.", "multi_modal_projector.", "model.vision_model.", "model.connector."))


def inputs(name, tiny, folder):
    """The folder that a converter is given: its tensors, under their names in the tiny checkpoint, and its settings."""
    os.makedirs(folder)
    weights = load_file(f"{tiny}/{name}/model.safetensors")
    config = json.load(open(f"{tiny}/{name}/config.json"))
    if name == "idefics3":
        config["text_config"]["architectures"] = ["VLlama3ForCausalLM"]
    if name.startswith("qwen"):
        config["vision_config"]["depth"] = 3
        for key in [key for key in weights if key.startswith("visual.blocks.1.")]:
            adds = any(part in key for part in ("attn.proj", "mlp.fc2", "mlp.down_proj"))
            weights[key.replace("blocks.1", "blocks.2")] = weights[key] * (0 if adds else 1)
    save_file({older(name, key): value for key, value in weights.items()}, f"{folder}/model.safetensors", metadata={"format": "pt"})
    json.dump(config, open(f"{folder}/config.json", "w"))
    json.dump(PROCESSORS[name], open(f"{folder}/preprocessor_config.json", "w"))
    vocabulary(name, folder)
    return weights, config


def run(*words, packages=None):
    paths = [packages] * (packages is not None) + [os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    result = subprocess.run([sys.executable, *words], capture_output=True, text=True, env=environment)
    if result.returncode != 0:
        raise SystemExit(result.stderr)


def legacy(llama, weights, config, folder, out, older_packages):
    """LLaVA's projector: the tower as a CLIP by itself, what stands behind it as a pickle."""
    os.makedirs(folder)
    vision = config["vision_config"] | {"vision_feature_layer": config["vision_feature_layer"], "architectures": ["CLIPVisionModel"]}
    json.dump(vision, open(f"{folder}/config.json", "w"))
    tower = {key.replace("vision_tower.", "vision_model."): value for key, value in weights.items() if key.startswith("vision_tower.")}
    save_file(tower, f"{folder}/model.safetensors", metadata={"format": "pt"})
    projector = {key: torch.from_numpy(value) for key, value in weights.items() if key.startswith("multi_modal_projector.")}
    torch.save(projector, f"{folder}/llava.projector")
    run(f"{llama}/tools/mtmd/legacy-models/convert_image_encoder_to_gguf.py", "-m", folder, "--clip-model-is-vision", "--use-f32",
        "--llava-projector", f"{folder}/llava.projector", "--output-dir", out, packages=older_packages)


# --- What transformers says of a projector's numbers -------------------------------------------------------

def stored(name, path, weights):
    """The tensors of the eyes as a projector has them, under the names of the tiny checkpoint."""
    found = {t.name: gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float32) for t in gguf.GGUFReader(path).tensors}
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.MMPROJ, 8)

    def take(tensor, shape):
        tensor = tensor.replace("_projection_weight", "_projection.weight")
        stem, _, part = tensor.rpartition(".")
        if part not in ("weight", "bias"):
            stem, part = tensor, ""
        mapped = names.get_name(stem)
        mapped = mapped + "." + part if part else mapped
        if name == "llava":  # the older converter's words
            mapped = {"multi_modal_projector.linear_1": "mm.0", "multi_modal_projector.linear_2": "mm.2"}.get(stem, mapped and mapped.rpartition(".")[0])
            mapped = f"{mapped}.{part}" if part else "v.class_embd"
            if "ffn_up" in mapped or "ffn_down" in mapped:
                mapped = mapped.replace("ffn_up", "*").replace("ffn_down", "ffn_up").replace("*", "ffn_down")
        if mapped not in found and "post_ln" in str(mapped) or ".layers.1." in tensor and name == "llava":
            return None  # dropped by the converter: of no use
        return found.pop(mapped).reshape(shape)

    for tensor in [key for key in weights if is_seeing(key)]:
        old, shape = older(name, tensor), weights[tensor].shape
        if ".qkv." in old:
            parts = [take(old.replace("qkv", part), (shape[0] // 3, *shape[1:])) for part in "qkv"]
            yield tensor, np.concatenate(parts)
        elif old == "visual.patch_embed.proj.weight":
            parts = [found.pop("v.patch_embd.weight" + end).reshape(shape[0], 3, *shape[3:]) for end in ("", ".1")]
            yield tensor, np.stack(parts, axis=2)
        else:
            value = take(old, shape)
            if value is not None:
                # Gemma's norm has its one added.
                yield tensor, value - 1 if "soft_emb_norm" in tensor else value
    assert not found, list(found)


@torch.no_grad()
def judge(name, path, tiny, folder, weights, config):
    os.makedirs(folder)
    told = dict(stored(name, path, weights))
    farthest = max(float(np.abs(told[key] - weights[key]).max()) for key in told)
    save_file(weights | told, f"{folder}/model.safetensors", metadata={"format": "pt"})
    if name == "qwen2_5_vl":
        config["vision_config"]["window_size"] = 112
    if name == "gemma3":
        config["text_config"] |= {"layer_types": ["sliding_attention"] * 2, "query_pre_attn_scalar": 16}
    json.dump(config, open(f"{folder}/config.json", "w"))
    model = tr.AutoModelForImageTextToText.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    golden = {key: torch.from_numpy(value) for key, value in load_file(f"{tiny}/{name}/golden.safetensors").items()}
    seen = {key: golden[key] for key in ("pixel_values", "pixel_attention_mask", "image_grid_thw") if key in golden}
    rows = model.model.get_image_features(**seen)
    rows = getattr(rows, "pooler_output", None) if getattr(rows, "pooler_output", None) is not None else getattr(rows, "last_hidden_state", rows)
    rows = torch.cat(list(rows)) if isinstance(rows, (list, tuple)) else rows.reshape(-1, rows.shape[-1])
    grow = {}
    if name == "gemma3":
        seen["token_type_ids"], grow = golden["token_type_ids"], {"token_type_ids": 0}
    if name.startswith("qwen"):
        seen["mm_token_type_ids"], grow = (golden["input_ids"] == 3).int(), {"mm_token_type_ids": 0}
    logits = model(input_ids=golden["input_ids"], **seen, use_cache=False).logits[0]
    answer = greedy(model, golden["input_ids"], grow=grow, **seen)
    same = float((logits - golden["logits"]).abs().max())
    print(f"{os.path.basename(path):32} {os.path.getsize(path) // 1024:4} KiB, numbers within {farthest:.1e} and logits within {same:.1e} "
          f"of the checkpoint's", flush=True)
    # As far as no two tokens are about as likely.
    clear = next((step for step, margin in enumerate(answer["margins"]) if margin < 1e-3), len(answer["margins"]))
    return rows.reshape(-1, rows.shape[-1]).numpy(), logits.numpy(), answer["greedy_ids"][:clear]


def main():
    llama, tiny, out, older_packages = (os.path.abspath(path) for path in sys.argv[1:5])
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    work = f"{out}/.work"
    tensors, facts = {}, {"transformers": tr.__version__, "answers": {}}
    for name in PROCESSORS:
        folder = f"{work}/{name}"
        weights, config = inputs(name, tiny, folder)
        convert, pair = f"{llama}/convert_hf_to_gguf.py", f"{out}/{name}"
        os.makedirs(pair)
        run(convert, folder, "--outfile", f"{pair}/{name}.gguf", "--outtype", "f32")
        files = {name: f"{pair}/mmproj-{name}-f32.gguf"}
        if name == "llava":
            legacy(llama, weights, config, f"{work}/clip", pair, older_packages)
            files[name] = f"{pair}/mmproj-model-f32.gguf"
        else:
            run(convert, folder, "--mmproj", "--outfile", files[name], "--outtype", "f32")
        for kind in VARIANTS.get(name, []):
            files[f"{name}-{kind}"] = f"{out}/{name}-{kind}/mmproj-{name}-{kind}.gguf"
            os.makedirs(f"{out}/{name}-{kind}")
            run(convert, folder, "--mmproj", "--outfile", files[f"{name}-{kind}"], "--outtype", kind)
        for key, path in files.items():
            rows, logits, answer = judge(name, path, tiny, f"{work}/{key}.golden", weights, config)
            tensors |= {f"{key}.image_features": np.ascontiguousarray(rows), f"{key}.logits": np.ascontiguousarray(logits)}
            facts["answers"][key] = answer
    save_file(tensors, f"{out}/pairs.safetensors")
    with open(f"{out}/pairs.json", "w") as file:
        file.write(json.dumps(facts, indent=1).replace(",\n   ", ",") + "\n")
    os.chmod(f"{out}/pairs.safetensors", 0o644)
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
