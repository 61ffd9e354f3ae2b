"""The third table: the speed of decoding beside another busy process, as a share of the quiet speed."""

import contextlib
import statistics
import subprocess
import sys

import programs
import speed
import tables

TOKENS = 64
HEAD = """Decoding {tokens} tokens on {threads} threads, alone, and with one other process that counts without end on
the same cores and is pinned to none of them. The share is of the quiet speed in the same round."""


@contextlib.contextmanager
def busy_process(threads):
    process = programs.start([sys.executable, "-c", "while True: pass"], threads, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def compare(options, subject, progress):
    """The rows of one model: for each side the speeds of all rounds, quiet and beside the busy process."""
    threads = max(options.threads)
    call = speed.Call(threads, [], [TOKENS])
    sides = {"ours": (speed.run_ours, [], []), "theirs": (speed.run_theirs, [], [])}
    for number in range(options.steady_rounds):
        progress(f"{subject.name}: steadiness, round {number + 1} of {options.steady_rounds}")
        for side in sides if number % 2 == 0 else reversed(sides):
            measure, quiet, busy = sides[side]
            quiet.append(measure(options, subject, call)["decode", TOKENS, 0])
            with busy_process(threads):
                busy.append(measure(options, subject, call)["decode", TOKENS, 0])
    return [(subject.name, *((quiet, busy) for _, quiet, busy in sides.values()))]


def table(options, rows):
    lines = [HEAD.format(tokens=TOKENS, threads=max(options.threads)), "",
             "| model | tutti: quiet, tokens/s | busy | share | llama.cpp: quiet, tokens/s | busy | share |",
             "|---|---:|---:|---:|---:|---:|---:|"]
    for model, *sides in rows:
        cells = []
        for quiet, busy in sides:
            share = statistics.median(y / x for x, y in zip(quiet, busy))
            cells += [tables.spread(quiet), tables.spread(busy), f"{share:.2f}"]
        lines.append(f"| {model} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
