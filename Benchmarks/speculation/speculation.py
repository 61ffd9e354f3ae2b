#!/usr/bin/env python3
"""What guessing tokens ahead brings: the same answers, plain and with guesses, and how fast each was decoded.

Chats are answered turn by turn, each turn with the model's own earlier answers before it; edits ask for a given text
with a small change. Greedy answers, one after the other on a quiet machine.

    speculation.py [-m MODEL] [--draft MODEL] [--kinds chat,edit] [--max-tokens 160] [--rounds 1] [--json FILE]

Prints a row for each task: tokens a second plain, by prompt lookup and, with --draft, by a draft model; the ratios; what
share of the guesses was right; whether the text was the same to the last byte.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CHATS = {
    "geography": ["What is the capital of France?", "And what is it famous for?", "Summarise your last answer in a sentence."],
    "python": [
        "Write a Python function that reverses the words of a sentence.",
        "Add a docstring and type hints.",
        "Now write three unit tests for it.",
    ],
    "explaining": [
        "Explain in a short paragraph what a hash table is.",
        "What happens when two keys have the same hash?",
        "Give the advantages and disadvantages as two short lists.",
    ],
}

TEXT = """The harbor was quiet in the early mornning. Fishermen prepared there nets while the seagulls circled above \
them, waiting for something to eat. A old man sat on a wooden bench and watched the boats leave one after the other. He \
had been a captain once, but that was a long time ago, and nobody in the town remembered the name of his ship any more."""

CODE = '''def total_price(items, tax_rate):
    total = 0
    for item in items:
        if item.price < 0:
            raise ValueError("negative price")
        total += item.price * item.quantity
    total_with_tax = total * (1 + tax_rate)
    print("Number of items:", len(items))
    return total_with_tax


def cheapest(items):
    best = None
    for item in items:
        if best is None or item.price < best.price:
            best = item
    return best
'''

EDITS = {
    "spelling": [f"Correct the spelling of this text and change nothing else:\n\n{TEXT}"],
    "renaming": [f"Rename the variable `items` to `products` in this code and print all of it:\n\n```python\n{CODE}```"],
    "docstrings": [f"Add a one-line docstring to each function and print the whole code:\n\n```python\n{CODE}```"],
    "quoting": [f"Which sentence of this text speaks about a captain? Quote it.\n\n{TEXT}"],
}


def tutti(options, *words, stdin=None):
    command = [options.tutti, *words]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stderr.strip()}")
    return done.stdout


def answer(options, messages, ways):
    """The last of several answers to `messages`, and their median rate."""
    variables = json.dumps({"messages": messages, "add_generation_prompt": True})
    prompt = tutti(options, "template", "-m", options.model, "-", stdin=variables)
    words = ["run", "-m", options.model, "--raw", "--temperature", "0", "--json"]
    words += ["--max-tokens", str(options.max_tokens), *ways]
    if options.threads:
        words += ["--threads", str(options.threads)]
    answers = [json.loads(tutti(options, *words, "-", stdin=prompt)) for _ in range(options.rounds)]
    rate = statistics.median(a["timings"]["decode_tokens_per_second"] for a in answers)
    usage = answers[-1]["usage"]
    return {
        "text": answers[-1]["text"],
        "tokens": usage["completion_tokens"],
        "rate": rate,
        "prefill_seconds": statistics.median(a["timings"]["prefill_seconds"] for a in answers),
        "drafted": usage["drafted_tokens"],
        "accepted": usage["accepted_tokens"],
        "peak_memory_bytes": answers[-1]["peak_memory_bytes"],
    }


def tasks(options):
    """Each task's name, kind and messages; a chat's later turns follow the plain answers to its earlier ones."""
    for kind, turns in (("chat", CHATS), ("edit", EDITS)):
        if kind not in options.kinds:
            continue
        for name, prompts in turns.items():
            messages = []
            for number, prompt in enumerate(prompts):
                messages.append({"role": "user", "content": prompt})
                result = yield f"{name} {number + 1}" if len(prompts) > 1 else name, kind, messages
                messages.append({"role": "assistant", "content": result})


def speed(result, plain):
    """Seconds for each token after the first, turned into a ratio: above 1 is faster."""
    return result["rate"] / plain["rate"] if plain["rate"] else 0.0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-m", "--model", default="qwen2.5-coder-0.5b")
    parser.add_argument("--draft", help="a smaller model with the same vocabulary")
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=["chat", "edit"])
    parser.add_argument("--max-tokens", type=int, default=160)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--tutti", default=str(ROOT / ".build" / "release" / "tutti"))
    parser.add_argument("--json", help="write everything to this file too")
    options = parser.parse_args()

    ways = {"plain": [], "lookup": ["--speculate", "lookup"]}
    if options.draft:
        ways["draft"] = ["--draft", options.draft]
    guessing = [way for way in ways if way != "plain"]
    head = ["task", "tokens", "plain t/s"]
    for way in guessing:
        head += [f"{way} t/s", "ratio", "right", "same"]
    print("| " + " | ".join(head) + " |")
    print("|---" + "|---:" * (len(head) - 1) + "|")

    rows, steps, result = [], tasks(options), None
    try:
        while True:
            name, kind, messages = steps.send(result)
            results = {way: answer(options, messages, words) for way, words in ways.items()}
            plain = results["plain"]
            result = plain["text"]
            cells = [name, str(plain["tokens"]), f"{plain['rate']:.1f}"]
            for way in guessing:
                one = results[way]
                cells += [f"{one['rate']:.1f}", f"{speed(one, plain):.2f}", f"{one['accepted']} of {one['drafted']}"]
                cells.append("yes" if one["text"] == plain["text"] else "NO")
            print("| " + " | ".join(cells) + " |", flush=True)
            rows.append({"task": name, "kind": kind, "results": results})
    except StopIteration:
        pass

    for kind in options.kinds:
        these = [row["results"] for row in rows if row["kind"] == kind]
        if not these:
            continue
        for way in guessing:
            # Of all tasks of the kind together: tokens after the first against the time that they took.
            tokens = sum(r["plain"]["tokens"] - 1 for r in these)
            seconds = {w: sum((r[w]["tokens"] - 1) / max(r[w]["rate"], 1e-9) for r in these) for w in ("plain", way)}
            print(f"\n{kind}, {way}: {tokens} tokens in {seconds[way]:.1f} s, plain {seconds['plain']:.1f} s: "
                  f"{seconds['plain'] / max(seconds[way], 1e-9):.2f} times as fast")
    if options.json:
        Path(options.json).write_text(json.dumps({"model": options.model, "draft": options.draft, "tasks": rows}))
    if any(r[w]["text"] != r["plain"]["text"] for row in rows for r in [row["results"]] for w in guessing):
        sys.exit("an answer with guesses differs from the plain one")


if __name__ == "__main__":
    main()
