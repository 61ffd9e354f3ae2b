"""What `run.sh` takes."""

import argparse
import os

import programs

CATALOG = ["qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b", "smollm2-135m", "gemma3-270m"]
REMADE = ["smollm2-135m:Q4_0", "smollm2-135m:Q8_0", "smollm2-135m:F16"]
# What --quick measures, where nothing else is asked for.
QUICK = {"model": ["smollm2-135m", "qwen2.5-coder-0.5b"], "prefill": [64, 512], "decode": [64], "depth": [0],
         "rounds": 2, "conversations": [1, 8], "requests": 1, "load_rounds": 1, "steady_rounds": 1}
USUAL = {"model": CATALOG + REMADE, "prefill": [64, 512, 2048], "decode": [128], "depth": [0, 2048],
         "rounds": 5, "conversations": [1, 4, 8, 16], "requests": 2, "load_rounds": 3, "steady_rounds": 3}


def numbers(text):
    return [int(part) for part in text.split(",") if part]


def parse(description):
    cores = len(programs.usable_cores())
    parser = argparse.ArgumentParser(prog="run.sh", description=description)
    parser.add_argument("-m", "--model", action="append", metavar="MODEL",
                        help="a catalog name, a GGUF file, or NAME:TYPE for a model made anew in another format; repeat "
                             f"for several ({', '.join(USUAL['model'])})")
    parser.add_argument("--tables", default="speed,load,steadiness", metavar="NAME,…", help="which tables (all three)")
    parser.add_argument("--quick", action="store_true", help="a short table: two models, two rounds, short lengths")
    parser.add_argument("--cpu", choices=["native", "avx2"], default="native",
                        help="avx2: both without AVX-512, llama.cpp from a second build")
    parser.add_argument("--prefill", type=numbers, metavar="N,…", help="prompt lengths (64,512,2048)")
    parser.add_argument("--decode", type=numbers, metavar="N,…", help="tokens to decode (128)")
    parser.add_argument("--depth", type=numbers, metavar="N,…", help="tokens already in the cache (0,2048)")
    parser.add_argument("--threads", type=numbers, default=sorted({1, cores}), metavar="N,…",
                        help="threads of both, one a core (1 and all)")
    parser.add_argument("--all-threads", action="store_true",
                        help="long cases on fewer threads too, not only on the most")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of both (5)")
    parser.add_argument("--conversations", type=numbers, metavar="N,…", help="conversations at once (1,4,8,16)")
    parser.add_argument("--requests", type=int, metavar="N", help="how often each conversation asks (2)")
    parser.add_argument("--load-prompt", type=int, default=256, metavar="N", help="tokens of their prompts (256)")
    parser.add_argument("--load-answer", type=int, default=64, metavar="N", help="tokens of their answers (64)")
    parser.add_argument("--load-rounds", type=int, metavar="N", help="rounds of the load (3)")
    parser.add_argument("--steady-rounds", type=int, metavar="N", help="rounds beside a busy process (3)")
    parser.add_argument("--output", metavar="FILE", help="also write the tables to FILE, anew after each model")
    parser.add_argument("--json", metavar="FILE", help="also write every number measured to FILE")
    parser.add_argument("--command", default="", help=argparse.SUPPRESS)
    for name in ("--tutti", "--kernel-benchmark", "--llama-folder", "--cache", "--peer"):
        parser.add_argument(name, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    for name, value in (QUICK if options.quick else USUAL).items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    options.tables = options.tables.split(",")
    if unknown := set(options.tables) - {"speed", "load", "steadiness"}:
        parser.error(f"--tables does not know {', '.join(unknown)}")
    if not options.threads or not all(1 <= count <= cores for count in options.threads):
        parser.error(f"--threads are from 1 to {cores} here")
    for name in ("rounds", "requests", "load_rounds", "steady_rounds", "load_prompt", "load_answer"):
        if getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')} is at least 1")
    options.environment = {"TUTTI_CPU": "avx2"} if options.cpu == "avx2" else {}
    options.llama = lambda program: os.path.join(options.llama_folder, program)
    return options
