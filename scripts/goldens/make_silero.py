"""Goldens for silero VAD 6.2 from its own package on ONNX Runtime: a probability for every frame, and the segments.

    pip install silero-vad==6.2.3 onnxruntime==1.32.0 torch soundfile soxr
    python scripts/goldens/make_silero.py MOONSHINE Tests/SpeechTests/Goldens/silero

MOONSHINE is the folder of the catalog's `moonshine-tiny`, which has the recordings.
inputs/silero.json: {"clips": [{"file", "rate", "seconds"?, "parts"?}]}. A clip is one of the recordings, cut to `seconds`,
or is put together of `parts`: {"silence": s} | {"noise": s, "rms": r} | {"tones": [Hz], "seconds": s} |
{"speech": text, "voice": v}; what is put together is kept beside the golden as WAV.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr
import torch
from silero_vad import get_speech_timestamps, load_silero_vad


def rounded(values, digits=6):
    return [round(float(v), digits) for v in values]


def resampled(samples, source, target):
    return samples if source == target else soxr.resample(samples, source, target)


def spoken(text, voice, rate):
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        subprocess.run(["espeak-ng", "-v", voice, "-w", file.name, text], check=True)
        samples, source = soundfile.read(file.name, dtype="float32")
    return resampled(samples, source, rate) * 0.5


def part(description, rate, generator):
    if "silence" in description:
        return np.zeros(int(description["silence"] * rate), np.float32)
    if "noise" in description:
        return generator.normal(size=int(description["noise"] * rate)) * description["rms"]
    if "tones" in description:
        time = np.arange(int(description["seconds"] * rate)) / rate
        return sum(np.sin(2 * np.pi * hertz * time) for hertz in description["tones"]) * 0.1
    return spoken(description["speech"], description["voice"], rate)


def samples_of(clip, recordings, out):
    if "parts" not in clip:
        samples, rate = soundfile.read(recordings / clip["file"], dtype="float32")
        return resampled(samples, rate, clip["rate"])[: int(clip["seconds"] * clip["rate"])]
    path = out / clip["file"]
    if not path.exists():
        generator = np.random.default_rng(7)
        whole = np.concatenate([part(p, clip["rate"], generator) for p in clip["parts"]])
        soundfile.write(path, whole.astype(np.float32), clip["rate"], "PCM_16")
    return soundfile.read(path, dtype="float32")[0]


def probabilities(model, samples, rate):
    """One for each whole or begun frame; the last frame is filled with zeros."""
    size = 512 if rate == 16000 else 256
    padded = np.pad(samples, (0, -len(samples) % size))
    model.reset_states()
    return [model(torch.tensor(padded[i:i + size].copy()), rate).item() for i in range(0, len(padded), size)]


def main():
    recordings, out = Path(sys.argv[1]), Path(sys.argv[2])
    inputs = json.loads((Path(__file__).parent / "inputs/silero.json").read_text())
    model, clips = load_silero_vad(onnx=True), []
    for clip in inputs["clips"]:
        samples = samples_of(clip, recordings, out)
        segments = get_speech_timestamps(torch.tensor(samples), model, sampling_rate=clip["rate"])
        clips.append({"file": clip["file"], "rate": clip["rate"], "samples": len(samples),
                      "first_samples": rounded(samples[1000:1004], 6),
                      "probabilities": rounded(probabilities(model, samples, clip["rate"])),
                      "segments": [[s["start"], s["end"]] for s in segments]})
    (out / "golden.json").write_text(json.dumps({"clips": clips}, indent=1) + "\n")


if __name__ == "__main__":
    main()
