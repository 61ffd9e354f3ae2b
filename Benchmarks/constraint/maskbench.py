#!/usr/bin/env python3
"""Masks of JSON schemas over a folder of schemas with tests, beside the `llguidance` package in the same run.

The folder has the layout of `maskbench/data` of the public jsonschemabench repository: JSON files with `schema` and
`tests`, each with `valid` and `data`. Both sides are handed the same tokens of the same vocabulary. What counts:
schemas that are compiled, invalid values that are accepted, schemas one of whose valid values is refused, and the time
that a mask takes, the step behind the token included: processor time of the thread, on both sides, so that a busy machine
spoils neither.

    python Benchmarks/constraint/maskbench.py DIR [--model MODEL.gguf] [--limit N] [--every N] [--verbose]

Needs `pip install llguidance numpy`; without llguidance the other side is left out.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEFAULT_MODEL = "qwen2.5-coder-0.5b"


class Vocabulary:
    """What llguidance wants to know of a tokenizer: its tokens, and some way of writing bytes with them."""

    def __init__(self, lines):
        self.tokens = [bytes.fromhex(line) for line in lines]
        self.special_token_ids = [i for i, token in enumerate(self.tokens) if not token]
        self.eos_token_id = self.special_token_ids[-1]
        self.bos_token_id = None
        self.tokens = [token or b"\xff[%d]" % i for i, token in enumerate(self.tokens)]
        self.ids = {token: i for i, token in reversed(list(enumerate(self.tokens)))}
        self.longest = max(map(len, self.tokens))

    def __call__(self, text):
        """The longest token each time; the values that are compared are written by the real tokenizer."""
        rest = text if isinstance(text, bytes) else text.encode()
        ids = []
        while rest:
            count = next(n for n in range(min(self.longest, len(rest)), 0, -1) if rest[:n] in self.ids)
            ids.append(self.ids[rest[:count]])
            rest = rest[count:]
        return ids


def theirs(schema, tests, vocabulary):
    """What llguidance makes of a schema: as `tests` of the results of ours."""
    import llguidance
    from llguidance.numpy import allocate_token_bitmask, fill_next_token_bitmask

    start = time.thread_time()
    grammar = json.dumps({"grammars": [{"json_schema": schema}]})
    first = llguidance.LLMatcher(vocabulary, grammar, log_level=0)
    if first.is_error():
        return {"error": first.get_error(), "tests": []}
    line = {"compile_us": (time.thread_time() - start) * 1e6, "tests": []}
    mask = allocate_token_bitmask(1, vocabulary.vocab_size)
    for tokens, valid in tests:
        matcher, accepted, total, longest, steps = first.deep_copy(), True, 0.0, 0.0, 0
        for token in tokens:
            start = time.thread_time()
            fill_next_token_bitmask(matcher, mask, 0)
            allowed = bool(int(mask[0, token // 32]) >> (token % 32) & 1)
            if allowed:
                matcher.consume_token(token)
            took = (time.thread_time() - start) * 1e6
            total += took
            steps += 1
            longest = max(longest, took)
            if not allowed:
                accepted = False
                break
        line["tests"].append(
            {"accepted": accepted, "valid": valid, "mask_us": total, "longest_us": longest, "steps": steps}
        )
    return line


def report(name, lines, verbose):
    """Prints a row of the table."""
    handled = [line for line in lines if "error" not in line and "unreadable" not in line]
    accepted, refused = [], []
    count, time_us, longest = 0, 0.0, 0.0
    for line in handled:
        for place, test in enumerate(line["tests"]):
            if test["accepted"] and not test["valid"]:
                accepted.append((line["file"], place))
            if test["valid"] and not test["accepted"]:
                refused.append((line["file"], place))
            time_us += test["mask_us"]
            longest = max(longest, test["longest_us"])
            count += test["steps"]
    compile_us = sorted(line["compile_us"] for line in handled)
    schemas = len({file for file, _ in refused})
    print(
        f"{name:12} handled {len(handled):6}  invalid accepted {len(accepted):4} (in {len({f for f, _ in accepted})})  "
        f"valid refused on {schemas:4} schemas  mask {time_us / max(1, count):7.2f} µs  "
        f"longest {longest / 1000:8.1f} ms  compile median {compile_us[len(compile_us) // 2] / 1000:6.2f} ms  "
        f"mean {sum(compile_us) / len(compile_us) / 1000:7.2f} ms  longest {compile_us[-1] / 1000:8.1f} ms"
    )
    if verbose:
        for what, some in (("accepted though invalid", accepted), ("refused though valid", refused)):
            for file, place in some:
                print(f"    {what}: {file} test {place}")
        why = collections.Counter(line["error"].split("\n")[0][:100] for line in lines if "error" in line)
        for message, times in why.most_common(60):
            print(f"    {times:5} × {message}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--model", help="a .gguf whose vocabulary is used; the default model's if left out")
    parser.add_argument("--limit", type=int, help="the first so many files only")
    parser.add_argument("--every", type=int, default=1, help="one file in so many")
    parser.add_argument("--verbose", action="store_true", help="name the files that went wrong, and count the reasons")
    parser.add_argument("--ours", action="store_true", help="leave llguidance out")
    options = parser.parse_args()
    model = options.model
    if not model:
        shown = subprocess.run(
            [ROOT / ".build/release/tutti", "show", DEFAULT_MODEL, "--json"], capture_output=True, text=True
        )
        if shown.returncode:
            sys.exit(f"no default model here: `tutti pull {DEFAULT_MODEL}`, or --model MODEL.gguf")
        model = json.loads(shown.stdout)["file"]

    with tempfile.TemporaryDirectory() as output:
        folder = options.folder
        if options.limit or options.every > 1:
            folder = pathlib.Path(output) / "files"
            folder.mkdir()
            for file in sorted(options.folder.glob("*.json"))[: options.limit : options.every]:
                (folder / file.name).symlink_to(file.resolve())
        program = ROOT / ".build/release/ConstraintBenchmark"
        subprocess.run([program, model, folder, output], check=True)
        lines = [json.loads(line) for line in (pathlib.Path(output) / "results.jsonl").read_text().splitlines()]
        words = (pathlib.Path(output) / "tokens.txt").read_text().split("\n")[:-1]
        print(f"{len(lines)} files, a vocabulary of {len(words)} tokens")
        report("tutti", lines, options.verbose)
        if options.ours:
            return
        import llguidance

        vocabulary = llguidance.LLTokenizer(llguidance.TokenizerWrapper(Vocabulary(words)))
        other = []
        for line in lines:
            if "unreadable" in line:
                continue
            file = json.loads((folder / line["file"]).read_text())
            tests = list(zip(line["tokens"], (test["valid"] for test in file.get("tests", []))))
            other.append({"file": line["file"], **theirs(file["schema"], tests, vocabulary)})
        report("llguidance", other, options.verbose)
        both = {line["file"] for line in lines if "error" not in line} & {
            line["file"] for line in other if "error" not in line
        }
        print("of the schemas that both handle:")
        report("tutti", [line for line in lines if line["file"] in both], False)
        report("llguidance", [line for line in other if line["file"] in both], False)


main()
