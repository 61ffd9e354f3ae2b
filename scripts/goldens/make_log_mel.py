"""Whisper's features of a spoken sentence, by faster-whisper: the first 300 frames, `[80, frames]` and `[128, frames]`.

    pip install faster-whisper==1.2.1 safetensors
    python scripts/goldens/make_log_mel.py Tests/AudioTests/Goldens

`e1.wav` there was spoken by espeak-ng (voice en-us, 16 kHz): "The museum opens at nine and closes at a quarter to six."
"""

import pathlib
import sys
import wave

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from safetensors.numpy import save_file

folder = pathlib.Path(sys.argv[1])
with wave.open(str(folder / "e1.wav")) as file:
    assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16_000, 1, 2)
    samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768


def features(**sizes):
    return FeatureExtractor(**sizes)(samples)[:, :300].astype(np.float32).copy()


save_file({"e1.log_mel": features(), "e1.log_mel_128": features(feature_size=128)}, folder / "log-mel.safetensors")
