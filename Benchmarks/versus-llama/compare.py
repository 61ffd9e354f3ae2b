#!/usr/bin/env python3
"""Tutti and llama.cpp by turns on the same file, cores and lengths: medians and paired ratios, as Markdown.

Each round runs both, whoever went second in the last round goes first in this one, and a ratio is taken within a round,
so that a slow minute of the machine falls on both. `run.sh` builds what this needs.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

# Which CPU flags decide what kernels run, by the names that Linux gives them (x86-64, then arm64).
FEATURES = (
    "avx2 fma f16c avx_vnni avx512f avx512bw avx512vl avx512_vnni avx512_bf16 amx_int8 amx_bf16 asimddp i8mm bf16 sve"
).split()


def numbers(text):
    return [int(part) for part in text.split(",") if part]


def parse_arguments():
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__.splitlines()[0])
    parser.add_argument("-m", "--model", action="append", metavar="MODEL",
                        help="a catalog name or a GGUF file; repeat for several (smollm2-135m, qwen2.5-coder-0.5b)")
    parser.add_argument("--prefill", type=numbers, default=[64, 512], metavar="N,…", help="prompt lengths (64,512)")
    parser.add_argument("--decode", type=numbers, default=[128], metavar="N,…", help="tokens to decode (128)")
    parser.add_argument("--depth", type=numbers, default=[0], metavar="N,…", help="tokens already in the cache (0)")
    parser.add_argument("--threads", type=int, default=len(usable_cores()), help="threads of both, one a core (all)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of both (5)")
    parser.add_argument("--json", metavar="FILE", help="also write every number measured to FILE")
    for name in ("--tutti", "--llama-bench", "--peer"):
        parser.add_argument(name, required=True, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.model = arguments.model or ["smollm2-135m", "qwen2.5-coder-0.5b"]
    if not 1 <= arguments.threads <= len(usable_cores()):
        parser.error(f"--threads is 1 to {len(usable_cores())} here, not {arguments.threads}")
    if arguments.rounds < 1:
        parser.error("--rounds is at least 1")
    return arguments


def usable_cores():
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count()))


def run_json(command):
    """The JSON that a program prints, its wall time in seconds and its peak memory in bytes."""
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints, text=True)
        with process.stdout:
            output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)  # what Popen.wait() does, and the peak memory with it
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - start
        if process.returncode != 0:
            complaints.seek(0)
            sys.exit(f"{' '.join(command)}\nended with {process.returncode}:\n{complaints.read().strip()}")
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return json.loads(output), seconds, peak


def joined(values):
    return ",".join(str(value) for value in values)


def run_tutti(options, model, prefill, decode, depth):
    report, seconds, peak = run_json(
        [options.tutti, "bench", "-m", model, "--prefill", joined(prefill), "--decode", joined(decode),
         "--depth", joined(depth), "--threads", str(options.threads), "--json"])
    speeds = {(r["kind"], r["tokens"], r["depth"]): r["tokens_per_second"] for r in report["results"]}
    return {"speeds": speeds, "seconds": seconds, "peak": peak, "report": report}


def run_llama(options, file, prefill, decode, depth, *extra):
    report, seconds, peak = run_json(
        [options.llama_bench, "-m", file, "-p", joined(prefill), "-n", joined(decode), "-d", joined(depth),
         "-t", str(options.threads), "-r", "1", "-o", "json", *extra])
    speeds = {}
    for r in report:
        kind, tokens = ("prefill", r["n_prompt"]) if r["n_prompt"] else ("decode", r["n_gen"])
        speeds[kind, tokens, r["n_depth"]] = r["avg_ts"]
    return {"speeds": speeds, "seconds": seconds, "peak": peak, "report": report}


def compare(options, model):
    """Rows (what, ours, theirs), each a list with one number a round, and the peer's commit."""
    # The first run brings the file into memory and tells which file a catalog name means.
    file = run_tutti(options, model, [1], [1], [0])["report"]["file"]
    runs = {"tutti": [], "llama": [], "tutti start": [], "llama start": []}
    sides = {
        "tutti": lambda: run_tutti(options, model, options.prefill, options.decode, options.depth),
        "llama": lambda: run_llama(options, file, options.prefill, options.decode, options.depth),
        "tutti start": lambda: run_tutti(options, model, [1], [1], [0]),
        "llama start": lambda: run_llama(options, file, [1], [1], [0], "--no-warmup"),
    }
    for number in range(options.rounds):
        print(f"{model}: round {number + 1} of {options.rounds}", file=sys.stderr)
        for side in sides if number % 2 == 0 else reversed(sides):
            runs[side].append(sides[side]())
    rows = []
    for key in runs["tutti"][0]["speeds"]:
        if all(key in run["speeds"] for run in runs["llama"]):
            what = f"{key[0]} {key[1]}" + (f" at depth {key[2]}" if key[2] else "") + ", tokens/s"
            rows.append((what, *([run["speeds"][key] for run in runs[side]] for side in ("tutti", "llama"))))
    rows.append(("load and two tokens, whole process, s",
                 *([run["seconds"] for run in runs[side]] for side in ("tutti start", "llama start"))))
    rows.append(("peak memory, MB", *([run["peak"] / 1e6 for run in runs[side]] for side in ("tutti", "llama"))))
    return rows, runs["llama"][0]["report"][0].get("build_commit", "unknown")


def shown(value):
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def cpu():
    """The CPU's name, and those of its features that decide which kernels run."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            fields = dict(line.split(":", 1) for line in lines if ":" in line)
    except OSError:
        return platform.processor() or platform.machine(), []
    fields = {name.strip().lower(): value.strip() for name, value in fields.items()}
    flags = (fields.get("flags") or fields.get("features") or "").split()
    return fields.get("model name", platform.machine()), [feature for feature in FEATURES if feature in flags]


def main():
    options = parse_arguments()
    busy = os.getloadavg()[0]
    cores = usable_cores()[: options.threads]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)  # both programs inherit it
        pinned = f"pinned to cores {joined(cores)}"
    else:
        pinned = "not pinned: this system has no way to"
    results = {model: compare(options, model) for model in options.model}

    name, features = cpu()
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=os.path.dirname(os.path.abspath(__file__)),
                            capture_output=True, text=True).stdout.strip()
    peer_commit = next(iter(results.values()))[1]
    print(f"CPU: {name} ({' '.join(features) or 'features unknown'}); {options.threads} threads, {pinned}; "
          f"load average before: {busy:.2f}" + (" (**not quiet: take these numbers with care**)" if busy > 0.5 else ""))
    print(f"Tutti {commit or 'unknown'}; {options.peer}, commit {peer_commit}, native build. "
          f"Medians of {options.rounds} rounds by turns (lowest to highest); ratio: the median of each round's.\n")
    print("| model | measure | tutti | llama.cpp | ours / theirs |\n|---|---|---:|---:|---:|")
    for model, (rows, _) in results.items():
        for what, ours, theirs in rows:
            ratio = statistics.median(x / y for x, y in zip(ours, theirs))
            cells = (f"{shown(statistics.median(v))} ({shown(min(v))} to {shown(max(v))})" for v in (ours, theirs))
            print(f"| {model} | {what} | {' | '.join(cells)} | {ratio:.2f} |")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            models = {model: [{"measure": what, "tutti": ours, "llama.cpp": theirs} for what, ours, theirs in rows]
                      for model, (rows, _) in results.items()}
            json.dump({"cpu": name, "features": features, "threads": options.threads, "load_average": busy,
                       "tutti": commit, "peer": options.peer, "peer_commit": peer_commit, "models": models},
                      file, indent=1)


if __name__ == "__main__":
    main()
