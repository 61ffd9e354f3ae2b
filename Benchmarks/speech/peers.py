"""Who hears and speaks: Tutti, by way of SpeechBenchmark, and others on the same weights and threads."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from side_by_side import Program, store


class Tutti(Program):
    def hear(self, model, file, **more):
        return self.ask(do="hear", model=model, file=str(file), language="en", **more)

    def speak(self, text, file=None, seed=0, model="piper-joe"):
        return self.ask(do="speak", model=model, text=text, file=str(file) if file else None, seed=seed)

    def peak(self):
        """Megabytes."""
        return self.ask(do="memory")["peak"] / 1e6


class Moonshine:
    """The same weights in ONNX Runtime, greedily."""

    def __init__(self, threads):
        import numpy
        import onnxruntime

        self.numpy = numpy
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        folder = store() / "moonshine-tiny"
        self.encoder, self.decoder = (
            onnxruntime.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"])
            for name in ("encoder_model.ort", "decoder_model_merged.ort"))
        self.tokens = self.vocabulary((folder / "tokenizer.bin").read_bytes())

    @staticmethod
    def vocabulary(data):
        tokens, place = [], 0
        while place < len(data):
            count = data[place]
            place += 1
            if count >= 128:
                count += 128 * data[place] - 128
                place += 1
            tokens.append(data[place:place + count])
            place += count
        return tokens

    def hear(self, samples):
        numpy = self.numpy
        feeds = {self.encoder.get_inputs()[0].name: samples[None].astype(numpy.float32)}
        for extra in self.encoder.get_inputs()[1:]:
            feeds[extra.name] = numpy.ones((1, len(samples)), numpy.int64)
        states = self.encoder.run(None, feeds)[0]
        names = [each.name for each in self.decoder.get_inputs()]
        past = {
            each.name: numpy.zeros((1, 8, 0, 36), numpy.float32)
            for each in self.decoder.get_inputs() if each.name.startswith("past")}
        ids, token = [], 1
        outputs = [each.name for each in self.decoder.get_outputs()]
        limit = int(len(samples) / 16000 * 6.5) + 1
        while len(ids) < limit:
            feeds = {"input_ids": numpy.array([[token]], numpy.int64), "encoder_hidden_states": states, **past}
            if "use_cache_branch" in names:
                feeds["use_cache_branch"] = numpy.array([bool(ids)])
            if "encoder_attention_mask" in names:
                feeds["encoder_attention_mask"] = numpy.ones((1, len(samples)), numpy.int64)
            result = dict(zip(outputs, self.decoder.run(None, feeds)))
            token = int(result["logits"][0, -1].argmax())
            for name, value in result.items():
                if name.startswith("present"):
                    key = name.replace("present", "past_key_values")
                    if not ids or "decoder" in name:
                        past[key] = value
            if token == 2:
                break
            ids.append(token)
        text = b"".join(self.tokens[id] for id in ids if 3 <= id < 32000).decode(errors="replace")
        return text.replace("▁", " ").strip()


class Whisper:
    """faster-whisper: greedily, and as Tutti does it, with times."""

    def __init__(self, threads, kind="int8"):
        from faster_whisper import WhisperModel

        self.model = WhisperModel(str(store() / "whisper-base"), device="cpu", compute_type=kind, cpu_threads=threads)

    def hear(self, samples, times=True):
        segments, _ = self.model.transcribe(
            samples, language="en", beam_size=1, temperature=0, condition_on_previous_text=False,
            without_timestamps=not times)
        return "".join(segment.text for segment in segments).strip()


class Piper:
    def __init__(self, threads):
        import onnxruntime
        from piper import PiperVoice

        # The package asks for as many threads as there are cores; its session is made anew with ours.
        path = store() / "piper-joe" / "en_US-joe-medium.onnx"
        self.voice = PiperVoice.load(str(path))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.voice.session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def speak(self, text, file=None):
        import numpy

        start, first, pieces = time.perf_counter(), None, []
        for chunk in self.voice.synthesize(text):
            first = first or time.perf_counter() - start
            pieces.append(chunk.audio_float_array)
        took, samples = time.perf_counter() - start, numpy.concatenate(pieces)
        if file:
            import soundfile

            soundfile.write(file, samples, self.voice.config.sample_rate, subtype="PCM_16")
        return {"seconds": len(samples) / self.voice.config.sample_rate, "first": first, "took": took}


class Kokoro:
    """The same weights and tokens in ONNX Runtime."""

    RATE = 24000

    def __init__(self, threads):
        import numpy
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        folder = store() / "kokoro"
        self.session = onnxruntime.InferenceSession(
            str(next(folder.glob("*.onnx"))), options, providers=["CPUExecutionProvider"])
        styles = numpy.load(next(folder.glob("*.npz")))
        self.style = styles[sorted(styles.files)[0]]

    def speak(self, tokens):
        import numpy

        start = time.perf_counter()
        samples = self.session.run(None, {
            "tokens": numpy.array([[0, *tokens, 0]], numpy.int64),
            "style": self.style[len(tokens)].reshape(1, -1).astype(numpy.float32),
            "speed": numpy.ones(1, numpy.float32)})[0]
        return {"seconds": samples.size / self.RATE, "took": time.perf_counter() - start}


def sound(file):
    """One channel at 16 kHz."""
    import soundfile
    import soxr

    samples, rate = soundfile.read(file, dtype="float32")
    if samples.ndim > 1:
        samples = samples.mean(axis=1)
    return soxr.resample(samples, rate, 16000) if rate != 16000 else samples
