"""How many words are heard wrong."""

import json
import re
import statistics
import subprocess
from pathlib import Path

from peers import Moonshine, Piper, Tutti, Whisper, sound, store

HERE = Path(__file__).parent


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


def espeak(text, file):
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "-w", str(file), text], check=True)


class Count:
    """Errors of ours and theirs, and equal texts, over sentences."""

    def __init__(self):
        self.words = self.ours = self.theirs = self.same = self.texts = 0

    def add(self, text, ours, theirs):
        said, ours, theirs = plain(text), plain(ours), plain(theirs)
        self.words += len(said)
        self.ours += errors(said, ours)
        self.theirs += errors(said, theirs)
        self.same += ours == theirs
        self.texts += 1

    def __str__(self):
        share = lambda value: f"{100 * value / max(1, self.words):.2f} %"
        return f"{share(self.ours)} | {share(self.theirs)} | {100 * self.same / max(1, self.texts):.1f} %"


def sentences(count):
    return (HERE / "sentences.txt").read_text().splitlines()[:count]


def round_trip(options, tutti, folder):
    """Spoken by three voices and heard by both sides."""
    peers = {"moonshine-tiny": Moonshine(options.threads), "whisper-base": Whisper(options.threads)}
    piper = Piper(options.threads)
    speakers = {
        "Tutti's voice": lambda text, file: tutti.speak(text, file), "piper-tts": lambda text, file: piper.speak(text, file),
        "espeak-ng": espeak}
    texts = sentences(options.sentences)
    print(f"\n## Round trip\n\n{len(texts)} sentences spoken and heard again; peers: ONNX Runtime, faster-whisper int8.\n")
    print("| spoken by | heard by | word errors, Tutti | peer | same text |\n|---|---|---:|---:|---:|")
    file = folder / "round.wav"
    for speaker, say in speakers.items():
        counts = {name: Count() for name in peers}
        for text in texts:
            say(text, file)
            samples = sound(file)
            for name, peer in peers.items():
                counts[name].add(text, tutti.hear(name, file)["text"], peer.hear(samples))
        for name, count in counts.items():
            print(f"| {speaker} | {name} | {count} |", flush=True)


def reference(options, tutti, folder):
    """Beside texts that were heard elsewhere (roundtrip.json) of the same sounds: espeak-ng's, and those of Piper's voice with
    the noise that it had there, and as it speaks here."""
    import numpy

    noise = folder / "noise.f32"

    def with_noise(text, seed):
        """The numbers that numpy draws: two for a symbol, which decide the durations, then 192 for each frame."""
        generator, drawn = numpy.random.default_rng(seed), numpy.zeros(0, numpy.float32)
        say = lambda **more: (drawn.tofile(noise), tutti.ask(do="say", text=text, noise=str(noise), **more))[1]
        drawn = generator.normal(size=2 * say()["symbols"]).astype(numpy.float32)
        drawn = numpy.concatenate([drawn, generator.normal(size=192 * say()["frames"]).astype(numpy.float32)])
        say(file=str(file))

    known = json.loads((HERE / "roundtrip.json").read_text())
    texts = known["sentences"][: options.sentences]
    print(f"\n## Beside reference texts\n\n{len(texts)} sentences; {known['made_by']}. Whisper without times, as there.\n")
    print("| spoken by | heard by | word errors, Tutti | reference | same text |\n|---|---|---:|---:|---:|")
    file = folder / "reference.wav"
    speakers = {
        "piper, the same noise": with_noise, "piper": lambda text, seed: tutti.speak(text, file, seed),
        "espeak-ng": lambda text, _: espeak(text, file)}
    for speaker, say in speakers.items():
        counts = {name: Count() for name in ["moonshine-tiny", "whisper-base"]}
        for index, text in enumerate(texts):
            say(text, index)
            for name, count in counts.items():
                heard = tutti.hear(name, file, **({"times": False} if name == "whisper-base" else {}))["text"]
                count.add(text, heard, known["texts"][f"{speaker.split(',')[0]} / {name}"][index])
        for name, count in counts.items():
            print(f"| {speaker} | {name} | {count} |", flush=True)


def roundings(options, tutti, folder):
    """Whisper on the very same sounds, with its weights as they are and rounded, with times and without."""
    peers = {kind: Whisper(options.threads, kind) for kind in ("float32", "int8")}
    ours = {"as stored": True, "Q8_0": False}
    texts = sentences(options.hard)
    print(f"\n## What rounding does\n\n{len(texts)} sentences of each voice heard by whisper-base from the same files: of 100 texts so many "
          "are equal.\n")
    print("| spoken by | times | " + " | ".join(
        f"{a}, {b}" for a, b in [("as stored", "float32"), ("Q8_0", "int8"), ("as stored", "Q8_0"), ("float32", "int8")]) + " |")
    print("|---|---|---:|---:|---:|---:|")
    for speaker, say in {"Tutti's voice": tutti.speak, "espeak-ng": espeak}.items():
        files = []
        for index, text in enumerate(texts):
            files.append(folder / f"rounding-{index}.wav")
            say(text, files[-1])
        for times in (True, False):
            heard = {name: [plain(tutti.hear("whisper-base", file, stored=stored, times=times)["text"]) for file in files]
                     for name, stored in ours.items()}
            heard |= {name: [plain(peer.hear(sound(file), times)) for file in files] for name, peer in peers.items()}
            same = lambda a, b: f"{100 * sum(x == y for x, y in zip(heard[a], heard[b])) / len(files):.1f}"
            print(f"| {speaker} | {'with' if times else 'without'} | {same('as stored', 'float32')} | {same('Q8_0', 'int8')} | "
                  f"{same('as stored', 'Q8_0')} | {same('float32', 'int8')} |", flush=True)


def silences(options, tutti, folder):
    """Whisper with as much silence behind a sentence as it was taught with (30 s in all), and with less."""
    texts, lengths, file = sentences(options.hard), [30, 10, 4, 1], folder / "silence.wav"
    print(f"\n## Less silence\n\n{len(texts)} sentences of each voice heard by whisper-base with so much silence behind them.\n")
    print("| spoken by | seconds of silence | word errors | texts as with 30 | ms |\n|---|---:|---:|---:|---:|")
    speakers = {"Tutti's voice": lambda text, seed: tutti.speak(text, file, seed), "espeak-ng": lambda text, _: espeak(text, file)}
    for speaker, say in speakers.items():
        counts, took = {length: Count() for length in lengths}, {length: [] for length in lengths}
        for index, text in enumerate(texts):
            say(text, index)
            heard = {length: tutti.hear("whisper-base", file, silence=length) for length in lengths}
            for length, answer in heard.items():
                counts[length].add(text, answer["text"], heard[30]["text"])
                took[length].append(1000 * answer["took"])
        for length, count in counts.items():
            wrong, _, same = str(count).split(" | ")
            print(f"| {speaker} | {length} | {wrong} | {same} | {statistics.median(took[length]):.0f} |", flush=True)


def conditions(samples, rate, folder):
    """One sentence as it is heard in the world, file by file."""
    import numpy
    import soundfile
    import soxr

    random = numpy.random.default_rng(len(samples))

    def write(name, values, rate=rate, **how):
        file = folder / f"{name}.wav"
        soundfile.write(file, values, rate, **how)
        return file

    def noisy(decibels):
        noise = random.standard_normal(len(samples)).astype(numpy.float32)
        return samples + noise * numpy.sqrt((samples ** 2).mean() / 10 ** (decibels / 10))

    yield "as spoken", write("clean", samples)
    for decibels in (20, 10):
        yield f"white noise, {decibels} dB", write(f"noise-{decibels}", noisy(decibels), subtype="FLOAT")
    narrow = soxr.resample(samples, rate, 8000)
    spectrum = numpy.fft.rfft(narrow)
    hertz = numpy.fft.rfftfreq(len(narrow), 1 / 8000)
    narrow = numpy.fft.irfft(spectrum * ((hertz > 300) & (hertz < 3400)), len(narrow))
    yield "telephone, µ-law", write("telephone", narrow, 8000, subtype="ULAW")
    yield "clipped, 12 dB too loud", write("clipped", numpy.clip(samples * 4 / abs(samples).max(), -1, 1))
    yield "stereo, one side quieter", write("stereo", numpy.stack([samples, 0.3 * samples], axis=1))
    yield "96 kHz", write("fine", soxr.resample(samples, rate, 96000), 96000, subtype="PCM_24")


def hard(options, tutti, folder):
    """The same sentences with noise, over a telephone, too loud, on two channels, at a high rate."""
    import numpy
    import soundfile

    peers = {"moonshine-tiny": Moonshine(options.threads), "whisper-base": Whisper(options.threads)}
    texts = sentences(options.hard)
    print(f"\n## Hard sounds\n\n{len(texts)} sentences of Tutti's voice; peers as above.\n")
    print("| sound | heard by | word errors, Tutti | peer | same text |\n|---|---|---:|---:|---:|")
    counts, file = {}, folder / "spoken.wav"
    for text in texts:
        tutti.speak(text, file)
        for what, bent in conditions(*soundfile.read(file, dtype="float32"), folder):
            samples = sound(bent)
            for name, peer in peers.items():
                counts.setdefault((what, name), Count()).add(text, tutti.hear(name, bent)["text"], peer.hear(samples))
    for (what, name), count in counts.items():
        print(f"| {what} | {name} | {count} |", flush=True)

    empty = folder / "empty.wav"
    soundfile.write(empty, numpy.zeros(0, numpy.float32), 16000)
    said = {name: tutti.answer(do="hear", model=name, file=str(empty)) for name in peers}
    print("\nA file without a sample: " + "; ".join(
        f"{name} says {answer.get('error') or repr(answer['text'])}" for name, answer in said.items()) + ".", flush=True)


def near(said, heard, band=400):
    """Words lost, added and changed on the shortest way from one long text to another that is much the same."""
    far = (len(said) + len(heard), 0, 0, 0)
    row = {j: (j, 0, j, 0) for j in range(min(band, len(heard)) + 1)}
    for i, word in enumerate(said, 1):
        middle = i * len(heard) // max(1, len(said))
        next = {}
        for j in range(max(0, middle - band), min(len(heard), middle + band) + 1):
            all, lost, added, changed = row.get(j, far)
            best = (all + 1, lost + 1, added, changed)
            if j > 0:
                all, lost, added, changed = next.get(j - 1, far)
                best = min(best, (all + 1, lost, added + 1, changed))
                all, lost, added, changed = row.get(j - 1, far)
                best = min(best, (all, lost, added, changed) if word == heard[j - 1] else (all + 1, lost, added, changed + 1))
            next[j] = best
        row = next
    return row[len(heard)][1:]


def hour(options, folder):
    """A recording again and again, with pauses: nothing may be lost or come twice."""
    import numpy
    import soundfile

    one = sound(store() / "moonshine-tiny" / "two_cities.wav")
    pause = numpy.zeros(int(1.6 * 16000), numpy.float32)
    count = max(2, round(options.minutes * 60 * 16000 / (len(one) + len(pause))))
    single, file = folder / "one.wav", folder / "hour.wav"
    soundfile.write(single, numpy.concatenate([one, pause]), 16000, subtype="PCM_16")
    soundfile.write(file, numpy.tile(numpy.concatenate([one, pause]), count), 16000, subtype="PCM_16")
    print(f"\n## {count * (len(one) + len(pause)) / 16000 / 60:.0f} minutes\n\nA recording of 44 s, {count} times with pauses of 1.6 s; "
          "memory: the most of a process of its own, for the model, one recording, and all of them.\n")
    print("| model | took | real-time factor | words of one recording, times their number | words heard | lost | added | changed | memory |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name in ["moonshine-tiny", "whisper-base"]:
        tutti = Tutti("SpeechBenchmark", options.threads)
        words = plain(tutti.hear(name, single)["text"])
        before = tutti.peak()
        answer = tutti.hear(name, file)
        heard = plain(answer["text"])
        lost, added, changed = near(words * count, heard)
        print(f"| {name} | {answer['took']:.1f} s | {answer['took'] / answer['seconds']:.4f} | {len(words) * count} | {len(heard)} | "
              f"{lost} | {added} | {changed} | {before:.0f}, {tutti.peak():.0f} MB |", flush=True)
        tutti.end()
