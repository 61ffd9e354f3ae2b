"""The first table: one conversation at a time, length by length."""

import dataclasses
import statistics

import programs
import server
import tables
from machine import LIMITS

PROMPT = "The capital of France is"
# The measure "8 at once": answers to prompts of so many tokens.
TOGETHER, TOGETHER_PROMPT, TOGETHER_ANSWER = 8, 128, 64
FIRST_PROMPT, FIRST_ROUNDS = 30, 5
PEAK = "peak memory, MB"
HEAD = """Medians of {rounds} rounds by turns (lowest to highest); ratio: the median of each round's. Shares are of
what the limit, measured in each round, allows: memory reads the file's weights and the cache once for each token,
int8 or float32 do the multiply-adds of the blocks' matrices. First token, warm: Tutti's engine within the process,
llama.cpp's server over HTTP. Load to first token: `tutti run` beside `llama-completion` with a small context and no
warm-up."""


@dataclasses.dataclass
class Call:
    """What one call of each program measures; long cases have a call of their own, so that nothing is done twice."""

    threads: int
    prefill: list
    decode: list
    depth: int = 0
    tells_peak: bool = False


def calls(options):
    most = max(options.threads)
    for threads in sorted(options.threads, reverse=True):
        # Long cases on fewer threads than the most would double the time of all.
        everything = threads == most or options.all_threads
        short = [n for n in options.prefill if n < 1024]
        if short or 0 in options.depth:
            yield Call(threads, short, options.decode if 0 in options.depth else [], 0, threads == most)
        for tokens in options.prefill:
            if tokens >= 1024 and everything:
                yield Call(threads, [tokens], [])
        for depth in options.depth:
            if depth > 0 and everything:
                yield Call(threads, [], options.decode, depth)


def joined(values):
    return ",".join(map(str, values)) or "0"


def run_ours(options, subject, call):
    report, _, peak = programs.run_json(
        [options.tutti, "bench", "-m", subject.file, "--prefill", joined(call.prefill), "--decode", joined(call.decode),
         "--depth", str(call.depth), "--threads", str(call.threads), "--rounds", "1", "--json"],
        call.threads, options.environment)
    found = {(r["kind"], r["tokens"], r["depth"]): r["tokens_per_second"] for r in report["results"]}
    return {**found, PEAK: peak / 1e6} if call.tells_peak else found


def run_theirs(options, subject, call):
    report, _, peak = programs.run_json(
        [options.llama("llama-bench"), "-m", subject.file, "-p", joined(call.prefill), "-n", joined(call.decode),
         "-d", str(call.depth), "-t", str(call.threads), "-r", "1", "-o", "json"], call.threads)
    found = {}
    for r in report:
        kind, tokens = ("prefill", r["n_prompt"]) if r["n_prompt"] else ("decode", r["n_gen"])
        found[kind, tokens, r["n_depth"]] = r["avg_ts"]
    return {**found, PEAK: peak / 1e6} if call.tells_peak else found


def load_ours(options, subject, threads):
    _, seconds, _ = programs.run(
        [options.tutti, "run", "-m", subject.file, "--raw", "--temperature", "0", "--max-tokens", "1",
         "--threads", str(threads), PROMPT], threads, options.environment)
    return seconds


def load_theirs(options, subject, threads):
    # A small context and no warm-up: what it does by default takes longer.
    _, seconds, _ = programs.run(
        [options.llama("llama-completion"), "-m", subject.file, "-p", PROMPT, "-n", "1", "-no-cnv", "--temp", "0",
         "--no-display-prompt", "--no-warmup", "-c", "2048", "-t", str(threads)], threads)
    return seconds


def together_ours(options, subject, threads):
    report, _, _ = programs.run_json(
        [options.tutti, "bench", "-m", subject.file, "--prefill", "0", "--decode", str(TOGETHER_ANSWER),
         "--depth", str(TOGETHER_PROMPT), "--parallel", str(TOGETHER), "--threads", str(threads), "--rounds", "1",
         "--json"], threads, options.environment)
    return report["results"][0]["tokens_per_second"]


def together_theirs(options, subject, threads):
    report, _, _ = programs.run_json(
        [options.llama("llama-batched-bench"), "-m", subject.file, "-c", "4096", "-npp", str(TOGETHER_PROMPT),
         "-ntg", str(TOGETHER_ANSWER), "-npl", str(TOGETHER), "-t", str(threads), "--output-format", "jsonl"], threads)
    return report["speed_tg"]


def first_ours(options, subject, threads):
    report, _, _ = programs.run_json(
        [options.tutti, "bench", "-m", subject.file, "--conversations", "1", "--prefill", str(FIRST_PROMPT),
         "--decode", "4", "--threads", str(threads), "--rounds", str(FIRST_ROUNDS), "--json"], threads,
        options.environment)
    return statistics.median(report["results"][0]["first_token_seconds"]["all"]) * 1000


def first_theirs(options, subject, threads):
    load = server.Load(conversations=1, requests=FIRST_ROUNDS, prompt_tokens=FIRST_PROMPT, answer_tokens=4)
    return statistics.median(server.measure(options, subject, load, threads)["first"]) * 1000


def pairs(options, subject):
    """Threads, and what measures ours and theirs: a dictionary of one or several values by their names."""
    most = max(options.threads)
    for call in calls(options):
        yield call.threads, *(lambda run=run, call=call: run(options, subject, call) for run in (run_ours, run_theirs))
    for name, *runs in (
            (f"decode {TOGETHER_ANSWER}, {TOGETHER} at once, tokens/s", together_ours, together_theirs),
            (f"first token of a prompt of {FIRST_PROMPT}, warm, ms", first_ours, first_theirs),
            ("load to first token, s", load_ours, load_theirs)):
        yield most, *(lambda run=run, name=name: {name: run(options, subject, most)} for run in runs)


def compare(options, subject, machine, progress):
    """The rows of one model."""
    load_ours(options, subject, max(options.threads))  # brings the file into memory
    values, available = {}, {}
    for number in range(options.rounds):
        progress(f"{subject.name}: speed, round {number + 1} of {options.rounds}")
        machine.measure()
        for limit in LIMITS:
            for threads in options.threads:
                available.setdefault((limit, threads), []).append(machine.latest(limit, threads))
        for threads, ours, theirs in pairs(options, subject):
            sides = [("ours", ours), ("theirs", theirs)]
            for side, measure in sides if number % 2 == 0 else reversed(sides):
                for key, value in measure().items():
                    values.setdefault((key, threads), {"ours": [], "theirs": []})[side].append(value)
    return [row(subject, key, threads, both["ours"], both["theirs"], available)
            for (key, threads), both in values.items()]


def row(subject, key, threads, ours, theirs, available):
    if isinstance(key, str):
        return tables.Row(subject.name, key, threads, ours, theirs)
    kind, tokens, depth = key
    if kind == "decode":
        limit, cost = "memory", subject.weight_bytes + subject.cache_bytes(depth + tokens // 2)
    else:
        limit, cost = "float32" if subject.is_float else "int8", subject.multiply_adds
    measure = f"{kind} {tokens}" + (f" at depth {depth}" if depth else "") + ", tokens/s"
    return tables.Row(subject.name, measure, threads, ours, theirs, limit, available[limit, threads], cost)
