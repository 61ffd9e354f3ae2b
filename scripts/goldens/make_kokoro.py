"""What ONNX Runtime makes of a few sentences with Kokoro, and of its parts.

    pip install onnx==1.23.2 onnxruntime==1.32.0 safetensors && python scripts/goldens/make_kokoro.py FOLDER Tests/SpeechTests/Goldens/kokoro

FOLDER is the catalog's `kokoro` in the model store. The phonemes are what espeak-ng 1.51 says (en-us), in Kokoro's signs.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from safetensors.numpy import save_file

folder, out = map(pathlib.Path, sys.argv[1:])
out.mkdir(parents=True, exist_ok=True)
SENTENCES = [
    ("jf_alpha", 1.0, "həlˈO ðˈɛɹ."),
    ("jm_kumo", 1.0, "ðə kwˈɪk bɹˈWn fˈɑks ʤˈʌmps ˌOvəɹ ðə lˈAzi dˈɑɡ."),
    ("jf_nezumi", 1.3, "ɪf juː wˈɑnt, I kæn ɹˈid ɪt tə juː əɡˈɛn; ˈoɹ wi kæn stˈɑp hˈɪɹ?"),
]
vocabulary = json.loads((folder / "vocab.json").read_text())["vocab"]
styles = np.load(folder / "voices_ja.npz")
session = onnxruntime.InferenceSession(str(folder / "kokoro-v1.0.int8.onnx"))
sentences = []
for index, (voice, speed, phonemes) in enumerate(SENTENCES):
    tokens = [vocabulary[sign] for sign in phonemes if sign in vocabulary]
    wave = session.run(None, {
        "tokens": np.array([[0, *tokens, 0]], np.int64), "style": styles[voice][len(tokens)],
        "speed": np.array([speed], np.float32)})[0]
    sentences.append({"voice": voice, "speed": speed, "phonemes": phonemes, "tokens": tokens, "samples": len(wave),
                      "rms": float(np.sqrt(np.mean(wave.astype(np.float64) ** 2)))})
# Parts of the graph on random numbers: whole, the rounding to bytes makes it chaotic.
random = np.random.default_rng(8)
model = onnx.load(folder / "kokoro-v1.0.int8.onnx")
G, D, P = "/decoder/decoder/generator/", "/decoder/decoder/", "/encoder/predictor/"
ALBERT = "/encoder/bert/encoder/albert_layer_groups.0/albert_layers.0/full_layer_layer_norm"
style = ("style", styles["jf_alpha"][6].astype(np.float32))
speed = ("speed", np.array([1], np.float32))
tokens = ("tokens", np.array([[0, *sentences[0]["tokens"][:6], 0]], np.int64))


def normal(name, *shape):
    return name, random.standard_normal(shape).astype(np.float32)


PARTS = [
    ("albert-first", [tokens], f"{ALBERT}/LayerNormalization_output_0"),
    ("albert-sixth", [tokens, normal(f"{ALBERT}_4/LayerNormalization_output_0", 1, 8, 768)], f"{ALBERT}_5/LayerNormalization_output_0"),
    ("lstm", [normal("/encoder/shared/Transpose_output_0", 8, 1, 640)], "/encoder/shared/LSTM_output_0"),
    ("pitch", [style, normal("/encoder/shared/LSTM_output_0", 8, 2, 1, 256)], "/encoder/Squeeze_output_0"),
    ("decoder-block", [style, normal(f"{D}Concat_4_output_0", 1, 1090, 12)], f"{D}decode.3/Div_4_output_0"),
    ("source", [("/encoder/Squeeze_output_0", (180 + 30 * random.standard_normal((1, 4))).astype(np.float32))], f"{G}STFT_output_0"),
    ("residual-block", [style, normal(f"{G}Add_2_output_0", 1, 256, 40)], f"{G}resblocks.0/Add_8_output_0"),
    ("spectrum", [normal(f"{G}conv_post/Conv_output_0", 1, 22, 90)], "audio"),
]
parts, numbers = [], {}
for name, given, wanted in PARTS:
    kept, needed = [], {wanted}
    for node in reversed(model.graph.node):
        if any(output in needed - {key for key, _ in given} for output in node.output):
            kept.insert(0, node)
            needed.update(node.input)
    given = given + [pair for pair in (tokens, style, speed) if pair[0] in needed and pair not in given]
    kinds = {"float32": onnx.TensorProto.FLOAT, "int64": onnx.TensorProto.INT64}
    graph = onnx.helper.make_graph(
        kept, name, [onnx.helper.make_tensor_value_info(key, kinds[str(array.dtype)], array.shape) for key, array in given],
        [onnx.ValueInfoProto(name=wanted)], [tensor for tensor in model.graph.initializer if tensor.name in needed])
    part = onnx.helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    print(name, [key for key, _ in given])
    result = onnxruntime.InferenceSession(part.SerializeToString()).run(None, dict(given))[0]
    parts.append({"name": name, "inputs": {key: list(array.shape) for key, array in given}, "output": wanted, "shape": list(result.shape)})
    for key, array in given:
        numbers[f"{name} {key}"] = array.astype(np.float32)
    numbers[f"{name} output"] = result
save_file(numbers, str(out / "parts.safetensors"))
(out / "golden.json").write_text(
    json.dumps({"onnxruntime": onnxruntime.__version__, "sentences": sentences, "parts": parts}, ensure_ascii=False, indent=1) + "\n")
