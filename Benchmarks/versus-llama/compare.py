#!/usr/bin/env python3
"""Tutti and llama.cpp by turns on the same files and cores: medians, paired ratios and shares of the machine's limits.

Each round runs both, whoever went second in the last round goes first in this one, and a ratio is taken within a round,
so that a slow minute of the machine falls on both. `run.sh` builds what this needs.
"""

import dataclasses
import json
import os
import subprocess
import sys
import time

import arguments
import load
import machine
import speed
import steadiness
import subject
import tables


def progress(line):
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


class Comparison:
    def __init__(self):
        self.options = arguments.parse(__doc__.splitlines()[0])
        self.machine = machine.Machine(self.options)
        self.speed, self.load, self.steadiness = [], [], []

    def measure(self, name):
        chosen = subject.Subject(name, self.options)
        wanted = self.options.tables
        if "speed" in wanted:
            self.speed += speed.compare(self.options, chosen, self.machine, progress)
        # A model made anew shows other formats; under load it would show nothing more.
        if "load" in wanted and not chosen.is_remade:
            self.load += load.compare(self.options, chosen, progress)
        if "steadiness" in wanted and not chosen.is_remade:
            self.steadiness += steadiness.compare(self.options, chosen, progress)

    def document(self):
        """All tables as Markdown."""
        host = self.machine
        quiet = "" if host.load_average <= 0.5 else " (**not quiet: take these numbers with care**)"
        build = "without AVX-512" if self.options.cpu == "avx2" else "native build"
        parts = [
            f"# Tutti beside llama.cpp, {time.strftime('%Y-%m-%d')}",
            f"`{' '.join(['Benchmarks/versus-llama/run.sh', self.options.command]).strip()}`",
            f"CPU: {host.cpu} ({' '.join(host.features)}); Tutti's kernels: {host.kernels}; both pinned to as many "
            f"cores as threads; load average before: {host.load_average:.2f}{quiet}.\n"
            f"Tutti {commit() or 'unknown'}; {self.options.peer}, {build}.",
            "## The machine's limits", host.table()]
        if self.speed:
            parts += ["## Speed", speed.HEAD.format(rounds=self.options.rounds), tables.comparison(self.speed)]
        if self.load:
            parts += ["## Under load", load.table(self.options, self.load)]
        if self.steadiness:
            parts += ["## Beside a busy process", steadiness.table(self.options, self.steadiness)]
        return "\n\n".join(parts) + "\n"

    def numbers(self):
        host = self.machine
        limits = [{"threads": threads, "limit": name, "rates": rates} for (threads, name), rates in host.limits.items()]
        return {"cpu": host.cpu, "features": host.features, "kernels": host.kernels, "load_average": host.load_average,
                "limits": limits, "tutti": commit(), "peer": self.options.peer,
                "speed": [dataclasses.asdict(row) for row in self.speed], "load": self.load,
                "steadiness": self.steadiness}

    def write(self):
        if self.options.output:
            with open(self.options.output, "w", encoding="utf-8") as file:
                file.write(self.document())
        if self.options.json:
            with open(self.options.json, "w", encoding="utf-8") as file:
                json.dump(self.numbers(), file, indent=1)


def commit():
    folder = os.path.dirname(os.path.abspath(__file__))
    return subprocess.run(["git", "describe", "--always", "--dirty"], cwd=folder, capture_output=True,
                          text=True).stdout.strip()


def main():
    comparison = Comparison()
    for name in comparison.options.model:
        comparison.measure(name)
        comparison.write()
    print(comparison.document())


if __name__ == "__main__":
    main()
