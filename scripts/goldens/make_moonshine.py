"""Goldens for Moonshine tiny English from ONNX Runtime: tokens, texts, encoder states, every layer's input.

    pip install onnxruntime==1.32.0 onnx safetensors soundfile soxr
    python scripts/goldens/make_moonshine.py MODEL Tests/SpeechTests/Goldens/moonshine

MODEL is the folder of the catalog's `moonshine-tiny`. The sentences were spoken by espeak-ng; those that are there are kept.
inputs/moonshine.json: {"sentences": [{"file", "voice", "rate", "text"}], "recordings": ["beckett.wav", …], "stages": "file"}
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
import soundfile
import soxr
from safetensors.numpy import save_file

import ort_graph

RATE, START, END, LIMIT = 16000, 1, 2, 448


class Folder:
    def __init__(self, path):
        self.path = Path(path)

    def file(self, name):
        return self.path / name

    def read(self, name):
        return self.file(name).read_bytes()


def rounded(values, digits=6):
    return [round(float(v), digits) for v in values]


def session(model, optimised=True):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 2
    if not optimised:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def load(path):
    """Mono float samples at 16 kHz (soxr, its default quality)."""
    samples, rate = soundfile.read(path, dtype="float32")
    return samples if rate == RATE else soxr.resample(samples, rate, RATE)


def speak(sentence, out):
    """The sentence said by espeak-ng, as 16-bit 16 kHz WAV; kept if it is there already."""
    path = out / sentence["file"]
    if not path.exists():
        raw = path.with_suffix(".22k.wav")
        subprocess.run(["espeak-ng", "-v", sentence["voice"], "-s", str(sentence["rate"]), "-w", raw, sentence["text"]], check=True)
        soundfile.write(path, load(raw), RATE, "PCM_16")
        raw.unlink()
    return path


class Moonshine:
    def __init__(self, files):
        self.encoder = session(files.file("encoder_model.ort"))
        self.decoder = session(files.file("decoder_model_merged.ort"))
        self.past = [i.name for i in self.decoder.get_inputs() if i.name.startswith("past")]
        self.vocabulary = vocabulary(files.read("tokenizer.bin"))

    def encode(self, audio):
        return self.encoder.run(None, {"input_values": audio[None], "attention_mask": np.ones((1, len(audio)), np.int64)})[0]

    def decode(self, audio, states):
        """Greedy tokens with the start and end tokens, and the first step's logits."""
        past = {name: np.zeros((1, 8, 0, 36), np.float32) for name in self.past}
        tokens, first = [START], None
        while tokens[-1] != END and len(tokens) < LIMIT:
            logits, *present = self.decoder.run(None, {
                "input_ids": [tokens[-1:]], "encoder_hidden_states": states, "use_cache_branch": [len(tokens) > 1],
                "encoder_attention_mask": np.ones((1, len(audio)), np.int64), **past})
            first = logits[0, -1] if first is None else first
            for name, value in zip(self.past, present):
                if len(tokens) == 1 or ".decoder." in name:
                    past[name] = value
            tokens.append(int(logits[0, -1].argmax()))
        return tokens, first

    def text(self, tokens):
        return b"".join(self.vocabulary[t] for t in tokens if END < t < 32000).decode("utf-8", "replace").replace("\u2581", " ").strip()


def vocabulary(data):
    pieces, at = [], 0
    while at < len(data):
        length, at = data[at], at + 1
        if length >= 128:
            length, at = length - 128 + 128 * data[at], at + 1
        pieces.append(data[at:at + length])
        at += length
    return pieces


def described(model, path, audio):
    states = model.encode(audio)
    tokens, first = model.decode(audio, states)
    top = np.argsort(-first)[:5]
    return {"file": path.name, "samples": len(audio), "tokens": tokens, "text": model.text(tokens), "frames": states.shape[1],
            "encoder": {"mean": float(states.mean()), "std": float(states.std()), "norm": float(np.linalg.norm(states)),
                        "first_frame": rounded(states[0, 0, :8], 4), "last_frame": rounded(states[0, -1, :8], 4)},
            "first_step_top5": [[int(t), round(float(first[t]), 4)] for t in top]}


def stages(files, audio, tokens):
    """Each layer's input and the outputs, from the graphs with inner values exposed, nothing fused further."""
    inner = {"encoder.stem": "/Mul_3_output_0", "encoder.conv1": "/Tanh_output_0", "encoder.groupnorm": "/groupnorm/Add_output_0"}
    inner |= {f"encoder.layer{i}.output": f"/layers.{i}/Add_1_output_0" for i in range(5)}
    inner["encoder.layer0.queries"] = "/layers.0/self_attn/q_proj/MatMul_output_0"
    made = run(files, "encoder_model.ort", None, inner | {"encoder.output": "last_hidden_state"},
               {"input_values": audio[None], "attention_mask": np.ones((1, len(audio)), np.int64)})
    inner = {f"decoder.layer{i}.output": f"/model/decoder/layers.{i}/Add_2_output_0" for i in range(6)}
    inner["decoder.embedding"] = "/model/decoder/embed_tokens/Gather_output_0"
    made |= run(files, "decoder_model_merged.ort", "else_branch", inner | {"decoder.logits": "logits"}, {
        "input_ids": np.array([tokens[:-1]]), "encoder_hidden_states": made["encoder.output"][None],
        "encoder_attention_mask": np.ones((1, len(audio)), np.int64)})
    made["decoder.logits"] = made["decoder.logits"][:, :512].copy()  # the first 512 of 32768
    return {"audio": audio, "tokens": np.array(tokens)} | made


def run(files, name, branch, wanted, feeds):
    model = ort_graph.load(files.read(name), branch)
    known = {o.name for o in model.graph.output}
    for value in wanted.values():
        if value not in known:
            model.graph.output.append(ort_graph.helper.make_empty_tensor_value_info(value))
    plain = session(model.SerializeToString(), optimised=False)
    feeds |= {i.name: np.zeros((1, 8, 0, 36), np.float32) for i in plain.get_inputs() if i.name.startswith("past")}
    feeds |= {"use_cache_branch": np.array([False])} if branch else {}
    return {key: array[0] for key, array in zip(wanted, plain.run(list(wanted.values()), feeds))}


def noise_floor(model, audio):
    """How far ONNX Runtime is from itself when the audio is changed by next to nothing."""
    states, generator = model.encode(audio), np.random.default_rng(1)
    result = {}
    for size in (1e-8, 1e-7, 1e-6, 1e-5):
        moved = model.encode((audio + generator.normal(size=len(audio)) * size).astype(np.float32))
        result[f"{size:.0e}"] = round(float(np.linalg.norm(moved - states) / np.linalg.norm(states)), 4)
    return result


def main():
    files, out = Folder(sys.argv[1]), Path(sys.argv[2])
    inputs = json.loads((Path(__file__).parent / "inputs/moonshine.json").read_text())
    model, clips = Moonshine(files), []
    for sentence in inputs["sentences"]:
        path = speak(sentence, out)
        clips.append(described(model, path, load(path)) | {"spoken": sentence["text"], "voice": sentence["voice"]})
    for name in inputs["recordings"]:
        path = files.file(name)
        clips.append(described(model, path, load(path)))
    audio = load(out / inputs["stages"])
    tokens = next(c["tokens"] for c in clips if c["file"] == inputs["stages"])
    save_file(stages(files, audio, tokens), out / "stages.safetensors")
    golden = {"decoding": "greedy, the whole clip at once", "clips": clips, "encoder_noise_floor": noise_floor(model, audio)}
    (out / "golden.json").write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
