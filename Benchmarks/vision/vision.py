"""Reads drawn texts with Tutti and with RapidOCR on ONNX Runtime: errors by language, size, turn, noise and blur; and asks
language models about what is written in pictures, beside the same models given the perfect text.

    python3 Benchmarks/vision/vision.py [--questions 84] [--threads 2] [-m MODEL]… [--tables errors,questions]

How fast pictures are read is measured by Benchmarks/perception.

Needs the models in the store (`tutti pull pp-ocrv6`, `efficientnet-lite0` and the language models), VisionBenchmark
(`swift build -c release --product VisionBenchmark`), and Debian's fonts-dejavu-core, fonts-liberation and
fonts-wqy-zenhei. The peers are installed into .cache/vision the first time.
"""

import argparse
import os
import platform
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from side_by_side import ROOT, Program, in_own_python

PEERS = ["rapidocr==3.10.0", "onnxruntime", "opencv-python-headless", "pillow", "numpy"]


class Tutti(Program):
    def look(self, file):
        return self.ask(do="look", file=str(file))["lines"]


class RapidReader:
    """The same weights in ONNX Runtime, with RapidOCR's own steps around them."""

    def __init__(self, threads):
        import cv2
        from rapidocr import RapidOCR

        cv2.setNumThreads(threads)
        self.read_file = cv2.imread
        self.reader = RapidOCR(params={"Global.log_level": "error",
                                       "EngineConfig.onnxruntime.intra_op_num_threads": threads})

    def look(self, file):
        return list(self.reader(self.read_file(str(file))).txts or [])


def edits(left, right):
    """Levenshtein's distance."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


TEXTS = {
    "English": ["The quick brown fox jumps over the lazy dog.", "Payment is due within 30 days of delivery.",
                "Please keep this receipt for your records."],
    "German": ["Die Bestellung wird übermorgen geliefert.", "Größe, Maße und Gewicht siehe Rückseite.",
               "Bitte bewahren Sie diesen Beleg auf."],
    "French": ["La bibliothèque ferme à dix-huit heures.", "Où est passé le garçon d'à côté ?",
               "Veuillez conserver ce reçu."],
    "Czech": ["Příliš žluťoučký kůň úpěl ďábelské ódy.", "Účtenku si prosím uschovejte.", "Zavřeno v pondělí a v úterý."],
    "Chinese": ["请在三十天内付款。", "本店营业时间为上午九点至下午六点。", "请妥善保管此收据。"],
}


def drawn(words, *, size=24, degrees=0, noise=0, blur=0, face=None):
    import numpy as np
    from PIL import Image, ImageDraw, ImageFilter, ImageFont
    from pictures import FONTS

    font = ImageFont.truetype(FONTS + (face or "dejavu/DejaVuSans.ttf"), size)
    width = max(int(font.getlength(line)) for line in words) + 60
    picture = Image.new("RGB", (width, 60 + len(words) * size * 2), (250, 250, 250))
    pen = ImageDraw.Draw(picture)
    for place, line in enumerate(words):
        pen.text((30, 30 + place * size * 2), line, font=font, fill=(25, 25, 25))
    if degrees:
        picture = picture.rotate(degrees, expand=True, fillcolor=(250, 250, 250), resample=Image.BICUBIC)
    if blur:
        picture = picture.filter(ImageFilter.GaussianBlur(blur))
    if noise:
        grain = np.random.default_rng(5).normal(0, noise, np.array(picture).shape)
        picture = Image.fromarray(np.clip(np.array(picture) + grain, 0, 255).astype("uint8"))
    return picture


def errors(tutti, peer):
    cases = [(f"{name}, 24 pixels", words, {"face": "wqy/wqy-zenhei.ttc"} if name == "Chinese" else {})
             for name, words in TEXTS.items()]
    cases += [(f"English, {size} pixels", TEXTS["English"], {"size": size}) for size in (10, 12, 16, 40)]
    cases += [(f"English, turned by {turn}°", TEXTS["English"], {"degrees": turn}) for turn in (3, 8, 15, 180)]
    cases += [(f"English, noise of {noise}", TEXTS["English"], {"noise": noise}) for noise in (15, 40, 70)]
    cases += [(f"English, blur of {blur}", TEXTS["English"], {"blur": blur}) for blur in (1, 2, 3)]
    print("\n## Errors\n\nCharacters wrong, missing or too many, as a share of those drawn.\n")
    print("| text | Tutti | RapidOCR | same text |\n|---|---:|---:|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, words, how in cases:
            file = Path(folder) / "text.png"
            drawn(words, **how).save(file)
            wanted = "".join("".join(words).split())
            texts = ["".join("".join(side.look(file)).split()) for side in (tutti, peer)]
            shares = [f"{100 * edits(text, wanted) / len(wanted):.1f} %" for text in texts]
            print(f"| {name} | {shares[0]} | {shares[1]} | {'yes' if texts[0] == texts[1] else 'no'} |")


def plain(text):
    return re.sub(r"[\s,*`]", "", text.lower())


def ask(tutti, models, count):
    from pictures import questions

    asked = questions(count)
    print(f"\n## Questions\n\n{count} drawn pictures, a question about each; answered where the answer holds what was "
          "drawn.\n")
    print("| model | " + " | ".join(sorted({each.kind for each in asked})) + " | all | given the perfect text |")
    print("|---|" + "---:|" * (len({each.kind for each in asked}) + 2))
    with tempfile.TemporaryDirectory() as folder:
        for model in models:
            right, perfect = {}, 0
            for place, question in enumerate(asked):
                file = Path(folder) / f"{place}.png"
                if not file.exists():
                    question.picture.save(file)
                for given in (None, question.text):
                    more = {"file": str(file)} if given is None else {"given": given}
                    said = plain(tutti.ask(do="answer", model=model, question=question.asked, **more)["text"])
                    is_right = any(plain(answer) in said for answer in question.answers)
                    if given is None:
                        right.setdefault(question.kind, []).append(is_right)
                    else:
                        perfect += is_right
            shares = [f"{100 * statistics.mean(right[kind]):.0f} %" for kind in sorted(right)]
            all_right = sum(map(sum, right.values()))
            print(f"| {model} | {' | '.join(shares)} | {100 * all_right / count:.1f} % | {100 * perfect / count:.1f} % |",
                  flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=84)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("-m", "--model", action="append")
    parser.add_argument("--tables", default="errors,questions")
    options = parser.parse_args()
    models = options.model or ["qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"]
    tables = options.tables.split(",")
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
               platform.processor())
    print(f"# Vision, {time.strftime('%Y-%m-%d')}\n\nCPU: {cpu}; {options.threads} threads; load average before: "
          f"{os.getloadavg()[0]:.2f}.")
    tutti = Tutti("VisionBenchmark", options.threads)
    if "errors" in tables:
        errors(tutti, RapidReader(options.threads))
    if "questions" in tables:
        ask(tutti, models, options.questions)
    print(f"\nTutti's peak memory with all of these models loaded: {tutti.ask(do='memory')['peak'] / 1e6:.0f} MB.")


if __name__ == "__main__":
    in_own_python(ROOT / ".cache" / "vision", PEERS)
    main()
