"""Hears and speaks with Tutti and, by turns in the same run, with ONNX Runtime, faster-whisper and piper-tts on the same
weights and threads: times, and sentences that are spoken and heard again.

    python3 Benchmarks/speech/speech.py [--only PART,…] [--rounds 5] [--sentences 200] [--threads 2] [--quick]

Parts: hearing, endings, speaking, kokoro, trip, reference, roundings, silences, hard, hour. Needs the models in the store
(`tutti pull moonshine-tiny`, `whisper-base`, `piper-joe`, `kokoro`) and SpeechBenchmark (`swift build -c release --product
SpeechBenchmark`). The peers are installed into .cache/speech the first time.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from side_by_side import ROOT, in_own_python

PEERS = ["faster-whisper==1.2.1", "onnxruntime", "soundfile", "soxr", "numpy", "piper-tts"]
PARTS = ["hearing", "endings", "speaking", "kokoro", "trip", "reference", "roundings", "silences", "hard", "hour"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sentences", type=int, default=200)
    parser.add_argument("--hard", type=int, default=60, help="sentences for hard sounds and for what rounding does")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="two rounds, ten sentences, three minutes")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.sentences, options.hard, options.minutes = 2, 10, 5, 3
    in_own_python(ROOT / ".cache" / "speech", PEERS)

    import accuracy
    import speed
    from peers import Tutti

    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if "model name" in line), "?")
    print(f"# Speech, {time.strftime('%Y-%m-%d')}\n\nCPU: {processor}; {options.threads} threads; load average before: "
          f"{os.getloadavg()[0]:.2f}.\n")
    tutti = Tutti("SpeechBenchmark", options.threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts = {
            "hearing": lambda: speed.hearing(options, tutti, folder), "endings": lambda: speed.endings(options, tutti),
            "speaking": lambda: speed.speaking(options, tutti), "kokoro": lambda: speed.kokoro(options, tutti),
            "trip": lambda: accuracy.round_trip(options, tutti, folder),
            "reference": lambda: accuracy.reference(options, tutti, folder),
            "roundings": lambda: accuracy.roundings(options, tutti, folder),
            "silences": lambda: accuracy.silences(options, tutti, folder), "hard": lambda: accuracy.hard(options, tutti, folder),
            "hour": lambda: accuracy.hour(options, folder)}
        for part in options.only.split(","):
            parts[part]()
        print(f"\nTutti's peak memory with all of the models that were used: {tutti.peak():.0f} MB.")


if __name__ == "__main__":
    main()
