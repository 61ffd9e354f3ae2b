"""Hears and speaks with Tutti and, by turns in the same run, with ONNX Runtime, faster-whisper and piper-tts on the same
weights and threads: times, and a round trip of sentences that are spoken and heard again.

    python3 Benchmarks/speech/speech.py [--rounds 5] [--sentences 200] [--threads 2] [--quick]

Needs the models in the store (`tutti pull moonshine-tiny`, `whisper-base`, `piper-joe`) and SpeechBenchmark
(`swift build -c release --product SpeechBenchmark`). The peers are installed into .cache/speech the first time.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PEERS = ["faster-whisper==1.2.1", "onnxruntime", "soundfile", "soxr", "numpy", "piper-tts"]


def in_own_python():
    """Starts itself again with a Python that has the peers."""
    folder = ROOT / ".cache" / "speech"
    python = folder / "bin" / "python"
    if Path(sys.prefix) == folder.resolve() or os.environ.get("SPEECH_PYTHON"):
        return
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
        (folder / "ready").touch()
    os.execv(python, [python, __file__, *sys.argv[1:]])


def store():
    home = os.environ.get("TUTTI_HOME") or Path(
        os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "tutti"
    return Path(home) / "models"


class Tutti:
    def __init__(self, threads):
        program = ROOT / ".build" / "release" / "SpeechBenchmark"
        self.process = subprocess.Popen(
            [program, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if answer.get("error"):
            sys.exit(f"Tutti: {answer['error']}")
        return answer

    def hear(self, model, file):
        return self.ask(do="hear", model=model, file=str(file), language="en")

    def speak(self, text, file=None, seed=0):
        return self.ask(do="speak", text=text, file=str(file) if file else None, seed=seed)


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
    def __init__(self, threads):
        from faster_whisper import WhisperModel

        self.model = WhisperModel(str(store() / "whisper-base"), device="cpu", compute_type="int8", cpu_threads=threads)

    def hear(self, samples):
        segments, _ = self.model.transcribe(
            samples, language="en", beam_size=1, temperature=0, condition_on_previous_text=False,
            without_timestamps=True)
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


def sound(file):
    import soundfile
    import soxr

    samples, rate = soundfile.read(file, dtype="float32")
    return soxr.resample(samples, rate, 16000) if rate != 16000 else samples


def plain(text):
    """Lower case, no punctuation but apostrophes, hyphens as spaces."""
    return re.sub(r"[^a-z' ]", "", text.lower().replace("-", " ")).split()


def errors(said, heard):
    """Words that were changed, left out or added: the edit distance."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        last, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != other))
    return row[-1]


def timed(work):
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def middle(values):
    return f"{1000 * statistics.median(values):.0f} ({1000 * min(values):.0f} to {1000 * max(values):.0f})"


def times(options, tutti, folder):
    recordings = {
        "3 s": folder / "three.wav", "10 s": store() / "moonshine-tiny" / "beckett.wav",
        "44 s": store() / "moonshine-tiny" / "two_cities.wav"}
    import soundfile

    three = sound(recordings["10 s"])[: 3 * 16000]
    soundfile.write(recordings["3 s"], three, 16000, subtype="PCM_16")
    print("## Hearing\n\nms, medians of rounds by turns (lowest to highest); ratio: theirs over ours in the same round.\n")
    print("| model | recording | Tutti | peer | ratio | real-time factor |\n|---|---|---:|---:|---:|---:|")
    for name, make in [("moonshine-tiny", Moonshine), ("whisper-base", Whisper)]:
        peer = make(options.threads)
        for what, file in recordings.items():
            # ONNX Runtime is given what Tutti cuts at pauses; a whole 44 s it is not meant for.
            samples = sound(file)
            if name == "moonshine-tiny" and what == "44 s":
                continue
            tutti.hear(name, file), peer.hear(samples)
            ours, theirs = [], []
            for _ in range(options.rounds):
                answer = tutti.hear(name, file)
                ours.append(answer["took"])
                theirs.append(timed(lambda: peer.hear(samples))[1])
            ratio = statistics.median(b / a for a, b in zip(ours, theirs))
            factor = statistics.median(ours) / answer["seconds"]
            print(f"| {name} | {what} | {middle(ours)} | {middle(theirs)} | {ratio:.2f} | {factor:.4f} |", flush=True)
    print("\n## Speaking\n\n| text | Tutti: first sound | all | piper-tts: first | all | ratio of all | real-time factor |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    peer = Piper(options.threads)
    texts = [
        "Of course.", "The morning train was full of sleepy students, and nobody spoke a word.",
        "The museum has a large collection of glass. The lights went out during the second act. We rented bicycles and "
        "rode along the canal until the clock on the tower struck seven."]
    for text in texts:
        tutti.speak(text), peer.speak(text)
        ours, theirs = [], []
        for round in range(options.rounds):
            ours.append(tutti.speak(text, seed=round))
            theirs.append(peer.speak(text))
        # Noise makes lengths differ: what is compared is time for a second of sound.
        ratio = statistics.median(
            b["took"] / b["seconds"] * a["seconds"] / a["took"] for a, b in zip(ours, theirs))
        pick = lambda runs, key: middle([run[key] for run in runs])
        factor = statistics.median(run["took"] / run["seconds"] for run in ours)
        label = text if len(text) < 30 else f"{len(text)} characters"
        print(
            f"| {label} | {pick(ours, 'first')} | {pick(ours, 'took')} | {pick(theirs, 'first')} | "
            f"{pick(theirs, 'took')} | {ratio:.2f} | {factor:.3f} |", flush=True)


def round_trip(options, tutti, folder):
    sentences = (HERE / "sentences.txt").read_text().splitlines()[: options.sentences]
    peers = {"moonshine-tiny": Moonshine(options.threads), "whisper-base": Whisper(options.threads)}
    piper = Piper(options.threads)

    def espeak(text, file):
        subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "-w", str(file), text], check=True)

    speakers = {
        "Tutti's voice": lambda text, file: tutti.speak(text, file), "piper-tts": lambda text, file: piper.speak(text, file),
        "espeak-ng": espeak}
    print(f"\n## Round trip\n\n{len(sentences)} sentences spoken and heard again; peers: ONNX Runtime, faster-whisper int8.\n")
    print("| spoken by | heard by | word errors, Tutti | peer | same text |\n|---|---|---:|---:|---:|")
    file = folder / "round.wav"
    for speaker, say in speakers.items():
        count = {name: [0, 0, 0] for name in peers}
        words = 0
        for text in sentences:
            say(text, file)
            samples, said = sound(file), plain(text)
            words += len(said)
            for name, peer in peers.items():
                ours, theirs = plain(tutti.hear(name, file)["text"]), plain(peer.hear(samples))
                for place, value in enumerate([errors(said, ours), errors(said, theirs), ours == theirs]):
                    count[name][place] += value
        for name, (ours, theirs, same) in count.items():
            print(
                f"| {speaker} | {name} | {100 * ours / words:.2f} % | {100 * theirs / words:.2f} % | "
                f"{100 * same / len(sentences):.1f} % |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="two rounds and ten sentences")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.sentences = 2, 10
    in_own_python()
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), "?")
    print(f"# Speech, {time.strftime('%Y-%m-%d')}\n\nCPU: {processor}; {options.threads} threads; load average before: "
          f"{os.getloadavg()[0]:.2f}.\n")
    tutti = Tutti(options.threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        times(options, tutti, folder)
        round_trip(options, tutti, folder)
    print(f"\nTutti's peak memory with all of its models loaded: {tutti.ask(do='memory')['peak'] / 1e6:.0f} MB.")


if __name__ == "__main__":
    main()
