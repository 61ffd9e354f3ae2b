#!/usr/bin/env python3
"""What quantising costs: Tutti's files beside llama-quantize's, in Tutti and in llama.cpp, as Markdown.

    Benchmarks/quantize/compare.py --tutti .build/release/tutti --llama-quantize …/llama-quantize -m smollm2-135m

Each model is first stored as F32 (by `tutti quantize`), then in every type by both programs; each file's perplexity is
measured over windows of 256 (`tutti perplexity`). With llama-cpp-python at hand (see scripts/goldens/llama.py for how it
finds its library), llama.cpp loads our file, too, and says what it makes of it by the same protocol.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts", "goldens"))
TYPES = "F32 F16 BF16 Q8_0 Q6_K Q5_K_M Q5_K_S Q5_1 Q5_0 Q4_K_M Q4_K_S IQ4_NL Q4_1 Q4_0".split()
TEXTS = {name: os.path.join(ROOT, "scripts", "goldens", "inputs", f"{name}.txt") for name in ("english", "code")}


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{result.stderr[-2000:]}")
    return result.stdout


def in_tutti(tutti, file, text, *options):
    return json.loads(run(tutti, "perplexity", "-m", file, "--window", "256", "--json", *options, text))["perplexity"]


def in_llama(file, texts, threads):
    """Perplexities in llama.cpp, or nothing where its Python binding is not there."""
    try:
        from llama import Llama, log_softmax
        from make_perplexity import score
    except (ImportError, OSError, RuntimeError):
        return {}
    llama = Llama(file, n_ctx=512, threads=threads)
    result = {}
    for name in texts:
        ids = llama.tokenize(open(TEXTS[name], encoding="utf-8").read())
        scores = [s for i in range(0, len(ids), 256) if len(ids[i:i + 256]) > 1 for s in score(llama, ids[i:i + 256])]
        result[name] = math.exp(-sum(scores) / len(scores))
    llama.close()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-m", "--model", action="append", required=True, help="a catalog name or a file; repeat it")
    parser.add_argument("--types", default=",".join(TYPES))
    parser.add_argument("--texts", default="english,code", help="texts measured in Tutti")
    parser.add_argument("--llama-texts", default="english", help="texts measured in llama.cpp, which is slower")
    parser.add_argument("--threads", type=int, default=2, help="threads of both quantisers")
    parser.add_argument("--llama-threads", type=int, default=1, help="threads of llama.cpp where it scores")
    parser.add_argument("--json", help="a file that the perplexities of llama-quantize's files are written to")
    parser.add_argument("--tutti", required=True)
    parser.add_argument("--llama-quantize", required=True)
    parser.add_argument("--work", help="a folder for the files; default: a temporary one")
    arguments = parser.parse_args()
    texts, llama_texts = (list(filter(None, a.split(","))) for a in (arguments.texts, arguments.llama_texts))
    golden = {}
    with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
        for model in arguments.model:
            source = os.path.join(folder, "source.gguf")
            run(arguments.tutti, "quantize", model, source, "F32", "--force")
            head = [f"{name}, {who}" for name in texts for who in ("ours", "theirs", "ratio")]
            head += [f"{name}, ours in llama.cpp" for name in llama_texts]
            print(f"\n{model}\n\n| type | MB | s ours / theirs | " + " | ".join(head) + " |")
            print("|---|---:|---:|" + "---:|" * len(head), flush=True)
            for kind in arguments.types.split(","):
                files = [os.path.join(folder, f"{who}.gguf") for who in ("ours", "theirs")]
                start = time.monotonic()
                run(arguments.tutti, "quantize", source, files[0], kind, "--threads", str(arguments.threads))
                middle = time.monotonic()
                run(arguments.llama_quantize, source, files[1], kind, str(arguments.threads))
                end = time.monotonic()
                cells = [kind, f"{os.path.getsize(files[0]) / 1e6:.1f}", f"{middle - start:.1f} / {end - middle:.1f}"]
                for name in texts:
                    ours, theirs = (in_tutti(arguments.tutti, file, TEXTS[name]) for file in files)
                    cells += [f"{ours:.4f}", f"{theirs:.4f}", f"{ours / theirs:.4f}"]
                    golden.setdefault(model, {}).setdefault(kind, {})[name] = round(theirs, 4)
                peer = in_llama(files[0], llama_texts, arguments.llama_threads)
                cells += [f"{peer[name]:.4f}" if name in peer else "" for name in llama_texts]
                print("| " + " | ".join(cells) + " |", flush=True)
                for file in files:
                    os.remove(file)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(golden, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
