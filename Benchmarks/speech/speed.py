"""How long it takes to hear, to speak, and to have the text when somebody stops."""

import statistics
import time

from side_by_side import ROOT, by_turns
from peers import Kokoro, Moonshine, Piper, Whisper, sound, store


def timed(work):
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def middle(values):
    return f"{1000 * statistics.median(values):.0f} ({1000 * min(values):.0f} to {1000 * max(values):.0f})"


def hearing(options, tutti, folder):
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
            seconds = tutti.hear(name, file)["seconds"]
            peer.hear(samples)
            ours, theirs = by_turns(
                options.rounds, lambda _: tutti.hear(name, file)["took"], lambda _: timed(lambda: peer.hear(samples))[1])
            ratio = statistics.median(b / a for a, b in zip(ours, theirs))
            factor = statistics.median(ours) / seconds
            print(f"| {name} | {what} | {middle(ours)} | {middle(theirs)} | {ratio:.2f} | {factor:.4f} |", flush=True)


def endings(options, tutti):
    """How soon the final text is there, for recordings that are spoken at their own speed."""
    found = []
    for _ in range(options.rounds):
        for file in sorted((ROOT / "Tests" / "SpeechTests" / "Goldens" / "moonshine").glob("s*.wav")):
            found += tutti.ask(do="follow", model="moonshine-tiny", file=str(file))["endings"]
    print(f"\n## The end of speech\n\n{len(found)} utterances of up to 8 s, given at the speed at which they are spoken; ms. The end "
          "is decided by silence; what is counted begins with the sample that decides it.\n")
    print("| from | to | median | 95 of 100 | most |\n|---|---|---:|---:|---:|")
    rows = [
        ("the end of speech", "the end being decided", [each["silence"] for each in found]),
        ("the end being decided", "the final text", [each["final"] for each in found]),
        ("the first silent frame", "the same text, not yet final", [each["known"] for each in found if each.get("known")])]
    for start, end, values in rows:
        values = sorted(1000 * value for value in values)
        if values:
            near = values[min(len(values) - 1, round(0.95 * len(values)))]
            print(f"| {start} | {end} | {statistics.median(values):.1f} | {near:.1f} | {values[-1]:.1f} |", flush=True)


def speaking(options, tutti):
    print("\n## Speaking\n\n| text | Tutti: first sound | all | piper-tts: first | all | ratio of all | real-time factor |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    peer = Piper(options.threads)
    texts = [
        "Of course.", "The morning train was full of sleepy students, and nobody spoke a word.",
        "The museum has a large collection of glass. The lights went out during the second act. We rented bicycles and "
        "rode along the canal until the clock on the tower struck seven."]
    for text in texts:
        tutti.speak(text), peer.speak(text)
        ours, theirs = by_turns(
            options.rounds, lambda round: tutti.speak(text, seed=round), lambda _: peer.speak(text))
        # Noise makes lengths differ: what is compared is time for a second of sound.
        ratio = statistics.median(
            b["took"] / b["seconds"] * a["seconds"] / a["took"] for a, b in zip(ours, theirs))
        pick = lambda runs, key: middle([run[key] for run in runs])
        factor = statistics.median(run["took"] / run["seconds"] for run in ours)
        label = text if len(text) < 30 else f"{len(text)} characters"
        print(
            f"| {label} | {pick(ours, 'first')} | {pick(ours, 'took')} | {pick(theirs, 'first')} | "
            f"{pick(theirs, 'took')} | {ratio:.2f} | {factor:.3f} |", flush=True)


def kokoro(options, tutti):
    text = "The morning train was full of sleepy students and nobody spoke."
    peer, tokens = Kokoro(options.threads), tutti.ask(do="tokens", model="kokoro", text=text)["tokens"]
    tutti.speak(text, model="kokoro"), peer.speak(tokens)
    ours, theirs = by_turns(
        options.rounds, lambda _: tutti.speak(text, model="kokoro"), lambda _: peer.speak(tokens))
    ratio = statistics.median(b["took"] / b["seconds"] * a["seconds"] / a["took"] for a, b in zip(ours, theirs))
    factor = statistics.median(run["took"] / run["seconds"] for run in ours)
    took = lambda runs: middle([run["took"] for run in runs])
    print("\n| voice | text | Tutti: all | ONNX Runtime: all, without phonemes | ratio | real-time factor |\n|---|---|---:|---:|---:|---:|")
    print(f"| kokoro | {len(text)} characters | {took(ours)} | {took(theirs)} | {ratio:.2f} | {factor:.3f} |", flush=True)
