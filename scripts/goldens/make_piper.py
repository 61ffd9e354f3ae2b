"""What ONNX Runtime makes of a voice of Piper, and of two tiny voices of other kinds with random weights.

    pip install onnx==1.23.2 onnxruntime==1.32.0 safetensors numpy && apt-get install espeak-ng
    python scripts/goldens/make_piper.py en_US-joe-medium.onnx scripts/goldens/inputs/piper.json Tests/SpeechTests/Goldens/piper

golden.json and waves.safetensors: phonemes (espeak-ng 1.51), ids, frames of each id, and samples, without noise and with
given noise. tiny-*.onnx: the voice's own graph with its sizes made small and all weights drawn anew; one of them with
several speakers and the residual blocks of a high voice, which no voice at hand has. tiny-*.safetensors: what comes out.
"""

import json
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from safetensors.numpy import save_file

KEPT = 8000  # samples kept of each waveform


def phonemes(text):
    """One sentence through espeak-ng, clause by clause, with its marks put back, as code points."""
    whole = ""
    for words, mark in re.findall(r"(.+?)(?:([,;:.!?])(?=\s|$)|$)", text):
        if words.strip():
            said = subprocess.run(["espeak-ng", "-q", "--ipa", "-v", "en-us", words.strip()], check=True, capture_output=True, text=True).stdout
            whole += re.sub(r"\([^)]+\)", "", " ".join(said.split("\n"))).strip() + (mark or ".") + (" " if mark in (",", ";", ":") else "")
    return unicodedata.normalize("NFD", whole.strip())


def identifiers(symbols, table):
    ids = [*table["^"], *table["_"]]
    for symbol in symbols:
        if symbol in table:
            ids += [*table[symbol], *table["_"]]
    return ids + table["$"]


def session(model, given_noise):
    """The voice with its durations as a second output; its two sources of noise become inputs if `given_noise`."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    graph, names = model.graph, []
    for node in [n for n in graph.node if n.op_type == "RandomNormalLike"] if given_noise else []:
        names.append(node.output[0])
        graph.input.append(helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, [1, None, None]))
        graph.node.remove(node)
    graph.output.append(helper.make_empty_tensor_value_info("/Ceil_output_0"))
    options = ort.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    return ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"]), names


def synthesise(voice, ids, scales, more=None):
    feeds = {"input": np.array([ids]), "input_lengths": np.array([len(ids)]), "scales": np.array(scales, np.float32)}
    wave, durations = voice.run(["output", "/Ceil_output_0"], feeds | (more or {}))
    return wave.ravel(), durations.ravel().astype(int)


def with_noise(model, ids, scales, channels, seed, more=None):
    """A waveform, its durations, and the noise that made them."""
    voice, names = session(model, given_noise=True)
    generator = np.random.default_rng(seed)
    first = generator.normal(size=(1, 2, len(ids))).astype(np.float32)
    # The first noise alone decides the durations, which say how long the second must be (one zero frame broadcasts).
    _, durations = synthesise(voice, ids, scales, dict(zip(names, [first, np.zeros((1, channels, 1), np.float32)])) | (more or {}))
    second = generator.normal(size=(1, channels, durations.sum())).astype(np.float32)
    wave, durations = synthesise(voice, ids, scales, dict(zip(names, [first, second])) | (more or {}))
    return wave, durations, first[0], second[0]


def described(wave, durations):
    return {"samples": len(wave), "rms": round(float(np.sqrt(np.mean(wave**2))), 6), "peak": round(float(np.abs(wave).max()), 6),
            "durations": durations.tolist()}


def real(model, table, inputs, out):
    voice, _ = session(model, given_noise=False)
    sentences, kept = [], {}
    for number, text in enumerate(inputs["sentences"]):
        symbols = phonemes(text)
        ids = identifiers(symbols, table)
        wave, durations = synthesise(voice, ids, [0, 1, 0])
        sentences.append({"text": text, "phonemes": symbols, "ids": ids} | described(wave, durations))
        kept[f"sentence{number}"] = wave[:KEPT]
    scales = [0.667, 1.0, 0.8]
    wave, durations, first, second = with_noise(model, sentences[inputs["noisy"]]["ids"], scales, 192, seed=3)
    kept |= {"noisy.durations_noise": first, "noisy.prior_noise": second, "noisy.wave": wave[: 2 * KEPT]}
    save_file(kept, out / "waves.safetensors")
    golden = {"rate": 22050, "scales": "noise_scale 0, length_scale 1, noise_w 0", "sentences": sentences,
              "noisy": {"sentence": inputs["noisy"], "scales": scales} | described(wave, durations)}
    (out / "golden.json").write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n")


# Sizes of the tiny voices, none of them a whole vector: symbols, hidden, head, filter, latent.
SYMBOLS, HIDDEN, HEAD, FILTER, LATENT, SPEAKERS, SPEAKER = 20, 12, 6, 20, 10, 3, 5


class Shrinker:
    """The graph of a voice with other sizes, another decoder and, where asked for, several speakers."""

    def __init__(self, model, seed):
        self.model = onnx.ModelProto.FromString(model.SerializeToString())
        self.graph = self.model.graph
        self.random = np.random.default_rng(seed)
        self.known = {tensor.name: tensor for tensor in self.graph.initializer}
        self.nodes = {node.name: node for node in self.graph.node if node.name}

    def set(self, name, values):
        if name in self.known:
            self.graph.initializer.remove(self.known[name])
        self.known[name] = numpy_helper.from_array(values, name)
        self.graph.initializer.append(self.known[name])

    def draw(self, shape, scale):
        return (scale * self.random.normal(size=shape)).astype(np.float32)

    def draw_convolution(self, node, outputs, inputs, taps, transposed=False, bias=True):
        shape = (inputs, outputs, taps) if transposed else (outputs, inputs, taps)
        self.set(node.input[1], self.draw(shape, 0.9 / np.sqrt(inputs * taps / (2 if transposed else 1))))
        if bias:
            self.set(node.input[2], self.draw(outputs, 0.1))

    def convolution(self, name, x, y, outputs, inputs, taps=1, dilation=1, stride=1, transposed=False, bias=True):
        weight = name.strip("/").replace("/", ".")
        pad = (taps - stride) // 2 if transposed else (taps - 1) * dilation // 2
        node = helper.make_node(
            "ConvTranspose" if transposed else "Conv", [x, weight + ".weight"] + ([weight + ".bias"] if bias else []), [y], name=name,
            dilations=[dilation], group=1, kernel_shape=[taps], pads=[pad, pad], strides=[stride])
        self.draw_convolution(node, outputs, inputs, taps, transposed, bias)
        return node

    def shrink(self, shorter):
        self.set("sid", self.draw((SYMBOLS, HIDDEN), 0.5))
        self.set("/enc_p/Constant_output_0", np.array(np.sqrt(HIDDEN), np.float32))
        self.set("/enc_p/encoder/attn_layers.0/Constant_10_output_0", np.array(np.sqrt(HEAD), np.float32))
        self.set("/enc_p/encoder/attn_layers.0/Constant_5_output_0", np.array([HEAD]))
        self.set("/enc_p/Constant_7_output_0", np.array([LATENT, LATENT]))
        self.set("onnx::Split_6893", np.array([LATENT // 2, LATENT // 2]))
        self.set("onnx::Slice_6909", np.array([HIDDEN]))
        for name in [n for n in self.known if n.endswith((".gamma", ".beta"))]:
            self.set(name, self.draw(HIDDEN, 0.1) + np.float32(name.endswith("gamma")))
        for name in [n for n in self.known if ".emb_rel_" in n]:
            self.set(name, self.draw((1, 9, HEAD), 0.4))
        self.set("dp.flows.0.m", self.draw((2, 1), 0.2) + np.float32(shorter))
        self.set("/dp/flows.0/Exp_output_0", np.exp(self.draw((2, 1), 0.2)))
        for name, node in self.nodes.items():
            if node.op_type != "Conv" or name.startswith("/dec"):
                continue
            inputs = outputs = HIDDEN
            if "ffn_layers" in name:
                inputs, outputs = (HIDDEN, FILTER) if "conv_1" in name else (FILTER, HIDDEN)
            elif name == "/enc_p/proj/Conv":
                outputs = 2 * LATENT
            elif name.startswith("/dp/flows") and "/pre/" in name:
                inputs = 1
            elif name.startswith("/dp/flows") and "/proj/" in name:
                outputs = 29
            elif name.startswith("/flow") and "/pre/" in name:
                inputs = LATENT // 2
            elif name.startswith("/flow") and "/post/" in name:
                outputs = LATENT // 2
            elif "in_layers" in name:
                outputs = 2 * HIDDEN
            elif "res_skip_layers" in name:
                outputs = HIDDEN if "layers.3" in name else 2 * HIDDEN
            taps = self.known[node.input[1]].dims[2]
            if "convs_sep" in name:
                inputs = 1
                next(a for a in node.attribute if a.name == "group").i = HIDDEN
            self.draw_convolution(node, outputs, inputs, taps)

    def decode(self, channels, rates, kernels, dilations, pairs):
        """Another decoder: so many channels at first; for each rate a factor and the taps of what raises it; residual blocks
        of some kernels and dilations, of single convolutions or of pairs."""
        read = self.nodes["/dec/conv_pre/Conv"].input[0]
        for node in [n for n in self.graph.node if n.name.startswith("/dec/")]:
            self.graph.node.remove(node)
            for name in node.input:
                if name.startswith("dec.") and name in self.known:
                    self.graph.initializer.remove(self.known.pop(name))
        made = [self.convolution("/dec/conv_pre/Conv", read, "dec_pre", channels, LATENT, 7)]
        x, count = "dec_pre", 0

        def leaky(source, alpha=0.1):
            made.append(helper.make_node("LeakyRelu", [source], [f"leaky{len(made)}"], name=f"/dec/leaky{len(made)}", alpha=alpha))
            return made[-1].output[0]

        def add(first, second):
            made.append(helper.make_node("Add", [first, second], [f"sum{len(made)}"], name=f"/dec/sum{len(made)}"))
            return made[-1].output[0]

        for stage, (rate, taps) in enumerate(rates):
            made.append(self.convolution(f"/dec/ups.{stage}/ConvTranspose", leaky(x), f"up{stage}", channels // 2, channels, taps, stride=rate, transposed=True))
            channels //= 2
            total = None
            for kernel, steps in zip(kernels, dilations):
                y = f"up{stage}"
                for unit, dilation in enumerate(steps):
                    name = f"/dec/resblocks.{count}/convs" + ("1" if pairs else "") + f".{unit}/Conv"
                    made.append(self.convolution(name, leaky(y), f"c{len(made)}", channels, channels, kernel, dilation))
                    if pairs:
                        name = f"/dec/resblocks.{count}/convs2.{unit}/Conv"
                        made.append(self.convolution(name, leaky(made[-1].output[0]), f"c{len(made)}", channels, channels, kernel))
                    y = add(made[-1].output[0], y)
                total = y if total is None else add(total, y)
                count += 1
            self.set("dec_share", np.array(len(kernels), np.float32))
            made.append(helper.make_node("Div", [total, "dec_share"], [f"mean{stage}"], name=f"/dec/mean{stage}"))
            x = f"mean{stage}"
        made.append(self.convolution("/dec/conv_post/Conv", leaky(x, 0.01), "dec_post", 1, channels, 7, bias=False))
        made.append(helper.make_node("Tanh", ["dec_post"], ["/dec/Tanh_output_0"], name="/dec/Tanh"))
        last = next(i for i, n in enumerate(self.graph.node) if "/dec/Tanh_output_0" in n.input)
        rest = list(self.graph.node)[last:]
        del self.graph.node[last:]
        self.graph.node.extend(made + rest)

    def after(self, node, condition):
        """Adds a condition to what a node gives, before anybody reads it."""
        place = list(self.graph.node).index(node)
        result = node.output[0]
        node.output[0] = result + "_plain"
        self.graph.node.insert(place + 1, helper.make_node("Add", [node.output[0], condition], [result], name=result + "_conditioned"))

    def speak_as_several(self):
        self.graph.input.append(helper.make_tensor_value_info("sid", TensorProto.INT64, [1]))
        # The embedding of symbols has the name that the speaker's number must have.
        self.nodes["/enc_p/emb/Gather"].input[0] = "enc_p.emb.weight"
        symbols = numpy_helper.to_array(self.known["sid"])
        self.graph.initializer.remove(self.known.pop("sid"))
        self.set("enc_p.emb.weight", symbols)
        self.set("emb_g.weight", self.draw((SPEAKERS, SPEAKER), 1))
        self.set("emb_axes", np.array([2]))
        made = [helper.make_node("Gather", ["emb_g.weight", "sid"], ["g_row"], name="/emb_g/Gather", axis=0),
                helper.make_node("Unsqueeze", ["g_row", "emb_axes"], ["g"], name="/Unsqueeze_g"),
                self.convolution("/dp/cond/Conv", "g", "dp_g", HIDDEN, SPEAKER),
                self.convolution("/dec/cond/Conv", "g", "dec_g", numpy_helper.to_array(self.known["dec.conv_pre.Conv.bias"]).size, SPEAKER)]
        conditions = [("/dp/pre/Conv", "dp_g"), ("/dec/conv_pre/Conv", "dec_g")]
        for flow in (0, 2, 4, 6):
            made.append(self.convolution(f"/flow/flows.{flow}/enc/cond_layer/Conv", "g", f"flow{flow}_g", 2 * HIDDEN * 4, SPEAKER))
            made.append(helper.make_node("Split", [f"flow{flow}_g"], [f"flow{flow}_g{layer}" for layer in range(4)], name=f"/flow{flow}_split", axis=1))
            conditions += [(f"/flow/flows.{flow}/enc/in_layers.{layer}/Conv", f"flow{flow}_g{layer}") for layer in range(4)]
        nodes = {node.name: node for node in self.graph.node}
        for name, condition in conditions:
            self.after(nodes[name], condition)
        rest = list(self.graph.node)
        del self.graph.node[:]
        self.graph.node.extend(made + rest)


def tiny(model, out):
    for name, seed, shorter in (("low", 11, -1.5), ("high", 12, 0)):
        voice = Shrinker(model, seed)
        voice.shrink(shorter)
        if name == "low":
            voice.decode(24, [(8, 16), (4, 8)], (3, 5, 7), ((1, 2), (2, 6), (3, 12)), pairs=False)
        else:
            voice.decode(36, [(8, 16), (2, 4)], (3, 7, 11), ((1, 3, 5),) * 3, pairs=True)
            voice.speak_as_several()
        del voice.graph.value_info[:]
        onnx.save(voice.model, out / f"tiny-{name}.onnx")
        ids = [1, 0, 7, 0, 3, 0, 19, 0, 12, 0, 5, 0, 2]
        kept = {"ids": np.array(ids, np.int32)}
        for speaker in (0, 2) if name == "high" else (0,):
            more = {"sid": np.array([speaker])} if name == "high" else None
            wave, durations, first, second = with_noise(voice.model, ids, [0.5, 1.3, 0.7], LATENT, seed, more)
            kept |= {f"{speaker}.wave": wave, f"{speaker}.durations": durations.astype(np.int32),
                     f"{speaker}.durations_noise": first, f"{speaker}.prior_noise": second}
            print(name, speaker, durations.tolist(), len(wave), float(np.abs(wave).max()), float(wave.std()))
        save_file(kept, out / f"tiny-{name}.safetensors")


if __name__ == "__main__":
    path, inputs, out = map(Path, sys.argv[1:])
    loaded = onnx.load(path)
    table = json.loads(Path(f"{path}.json").read_text())["phoneme_id_map"]
    real(loaded, table, json.loads(inputs.read_text()), out)
    tiny(loaded, out)
