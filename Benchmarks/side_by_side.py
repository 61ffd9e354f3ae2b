"""What the benchmarks share that measure Tutti beside others in one run: a Python that has the others, the models' folder, and a
program that takes orders."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent


def in_own_python(folder, packages):
    """Starts the script again with a Python of its own, which gets the packages the first time. BENCHMARK_PYTHON=1 in the
    environment says that this one has them."""
    python = folder / "bin" / "python"
    if Path(sys.prefix) == folder.resolve() or os.environ.get("BENCHMARK_PYTHON"):
        return
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        (folder / "ready").touch()
    os.execv(python, [python, *sys.argv])


def store():
    """Where `tutti pull` puts models."""
    home = os.environ.get("TUTTI_HOME") or Path(
        os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "tutti"
    return Path(home) / "models"


# Seconds in which threads of ONNX Runtime, which go on turning round for a while when there is nothing left to do, have gone
# to sleep: with as many threads as cores, whoever comes next would get half of one.
REST = 0.2


def by_turns(rounds, *runs):
    """What each of the runs says in each of the rounds."""
    said = [[] for _ in runs]
    for round in range(rounds):
        for run, its in zip(runs, said):
            time.sleep(REST)
            its.append(run(round))
    return said


class Program:
    """One of the benchmarks' own programs, which answers a line of JSON with a line of JSON."""

    def __init__(self, name, threads):
        self.process = subprocess.Popen(
            [ROOT / ".build" / "release" / name, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def answer(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def ask(self, **order):
        """The answer; the script ends where it is an error."""
        answer = self.answer(**order)
        if answer.get("error"):
            sys.exit(f"Tutti: {answer['error']}")
        return answer

    def end(self):
        self.process.stdin.close()
        self.process.wait()
