#!/usr/bin/env python3
"""A fact hidden at every depth of a long context: does Tutti find it as often as llama.cpp does?

Builds contexts of about --tokens tokens of the goldens' English and code, sentence by sentence in seeded order, puts a
fact at each depth, asks for it with the model's own chat template, and compares greedy answers on the same token ids.

    needle.py -m qwen2.5-coder-1.5b [--tokens 8000] [--depths 0,10,…] [--threads 2] [--peer] [--json FILE]

--peer runs llama.cpp too, through the low-level binding of the package llama-cpp-python (LLAMA_CPP_LIB_PATH names the
folder of a libllama built for this CPU, if the package came without one): f16 cache, its standard flash attention.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEEDLE, QUESTION, ANSWER = (
    "The secret number of the harbour is 48213.",
    "What is the secret number of the harbour? Answer with the number only.",
    "48213",
)
ANSWER_TOKENS = 24


def tutti(options, *words, stdin=None):
    command = [options.tutti, *words]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout


def with_file(text, suffix, run):
    with tempfile.NamedTemporaryFile("w", suffix=suffix, encoding="utf-8") as file:
        file.write(text)
        file.flush()
        return run(file.name)


def token_ids(options, texts):
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    words = ["tokenize", "-m", options.model, "--special", "--json"]
    answers = with_file(lines, ".jsonl", lambda path: tutti(options, *words, path))
    return [json.loads(line)["ids"] for line in answers.splitlines()]


def sentences():
    """Sentences of the English text and paragraphs of the code, in the order of the files."""
    inputs = ROOT / "scripts" / "goldens" / "inputs"
    english = re.split(r"(?<=[.?!\"])\s+", (inputs / "english.txt").read_text(encoding="utf-8").strip())
    code = (inputs / "code.txt").read_text(encoding="utf-8").strip().split("\n\n")
    return english + code


def haystack(options):
    """Sentences in seeded order, again and again in another, up to the length asked for."""
    order, pool, chosen, count = random.Random(options.seed), sentences(), [], 0
    costs = {text: len(ids) + 1 for text, ids in zip(pool, token_ids(options, pool))}
    while True:
        order.shuffle(pool)
        for text in pool:
            if count + costs[text] > options.tokens:
                return chosen
            chosen.append(text)
            count += costs[text]


def prompt(options, hay, depth):
    place = round(len(hay) * depth / 100)
    text = "\n".join(hay[:place] + [NEEDLE] + hay[place:]) + "\n\n" + QUESTION
    variables = {"messages": [{"role": "user", "content": text}], "add_generation_prompt": True}
    return with_file(json.dumps(variables), ".json", lambda path: tutti(options, "template", "-m", options.model, path))


def ours(options, text, ids):
    start = time.monotonic()
    words = ["run", "-m", options.model, "--raw", "--temperature", "0", "--max-tokens", str(ANSWER_TOKENS), "--json",
             "--threads", str(options.threads), "--context", str(len(ids) + ANSWER_TOKENS + 8), "-"]
    answer = json.loads(tutti(options, *words, stdin=text))
    if answer["usage"]["prompt_tokens"] != len(ids):
        sys.exit(f"the prompt has {answer['usage']['prompt_tokens']} tokens here and {len(ids)} there")
    return answer["text"], time.monotonic() - start


class Peer:
    """llama.cpp, greedy."""

    def __init__(self, path, context, threads):
        import ctypes

        from llama_cpp import llama_cpp as C

        self.C = C
        C.llama_backend_init()
        self.quiet = C.llama_log_callback(lambda level, text, user: None)
        C.llama_log_set(self.quiet, ctypes.c_void_p(0))
        model = C.llama_model_default_params()
        model.n_gpu_layers = 0
        self.model = C.llama_model_load_from_file(path.encode(), model)
        if not self.model:
            sys.exit(f"llama.cpp cannot load {path}")
        self.vocabulary = C.llama_model_get_vocab(self.model)
        settings = C.llama_context_default_params()
        settings.n_ctx, settings.n_batch, settings.n_ubatch = context, 512, 512
        settings.n_threads = settings.n_threads_batch = threads
        self.context = C.llama_init_from_model(self.model, settings)
        self.batch = C.llama_batch_init(512, 0, 1)
        self.held = []  # what its cache holds, so that prompts with one beginning compute it once

    def feed(self, ids, position):
        for start in range(0, len(ids), 512):
            part = ids[start : start + 512]
            self.batch.n_tokens = len(part)
            for i, token in enumerate(part):
                self.batch.token[i], self.batch.pos[i] = token, position + start + i
                self.batch.n_seq_id[i], self.batch.seq_id[i][0] = 1, 0
                self.batch.logits[i] = start + i == len(ids) - 1
            if self.C.llama_decode(self.context, self.batch) != 0:
                sys.exit("llama.cpp: llama_decode failed")
        row = self.C.llama_get_logits_ith(self.context, self.batch.n_tokens - 1)
        logits = row[: self.C.llama_vocab_n_tokens(self.vocabulary)]
        return logits.index(max(logits))

    def text(self, token):
        import ctypes

        buffer = ctypes.create_string_buffer(512)
        count = self.C.llama_token_to_piece(self.vocabulary, token, buffer, 512, 0, False)
        return buffer.raw[:count]

    def answer(self, ids):
        start = time.monotonic()
        shared = 0
        while shared < min(len(self.held), len(ids) - 1) and self.held[shared] == ids[shared]:
            shared += 1
        self.C.llama_memory_seq_rm(self.C.llama_get_memory(self.context), 0, shared, -1)
        self.held = ids
        token, position, said = self.feed(ids[shared:], shared), len(ids), b""
        for _ in range(ANSWER_TOKENS):
            if self.C.llama_vocab_is_eog(self.vocabulary, token):
                break
            said += self.text(token)
            token, position = self.feed([token], position), position + 1
        return said.decode("utf-8", "replace"), time.monotonic() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--tokens", type=int, default=8000, help="length of the context (8000)")
    parser.add_argument("--depths", default="0,10,20,30,40,50,60,70,80,90,100", help="in percent")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peer", action="store_true", help="run llama.cpp too")
    parser.add_argument("--tutti", default=str(ROOT / ".build/release/tutti"))
    parser.add_argument("--json", metavar="FILE", help="also write every answer to FILE")
    options = parser.parse_args()
    depths = [int(depth) for depth in options.depths.split(",")]
    hay, results = haystack(options), []
    peer = None
    if options.peer:
        path = json.loads(tutti(options, "show", options.model, "--json"))["file"]
        peer = Peer(path, (options.tokens + 512 + 255) // 256 * 256, options.threads)
    print(f"| depth | tokens | tutti | {'llama.cpp |' if peer else ''}")
    print(f"|---:|---:|---|{'---|' if peer else ''}", flush=True)
    for depth in depths:
        text = prompt(options, hay, depth)
        [ids] = token_ids(options, [text])
        row = {"depth": depth, "tokens": len(ids)}
        row["tutti"], row["tutti_seconds"] = ours(options, text, ids)
        if peer:
            row["llama.cpp"], row["llama.cpp_seconds"] = peer.answer(ids)
        results.append(row)
        cells = [
            f"{'found' if ANSWER in row[name] else 'not found'}: `{' '.join(row[name].split())}` ({row[name + '_seconds']:.0f} s)"
            for name in ("tutti", "llama.cpp") if name in row
        ]
        print(f"| {depth} % | {len(ids)} | {' | '.join(cells)} |", flush=True)
    for name in ("tutti", "llama.cpp"):
        if name in results[0]:
            print(f"\n{name}: {sum(ANSWER in row[name] for row in results)} of {len(results)} found")
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
