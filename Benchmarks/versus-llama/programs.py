"""Runs a program on chosen cores and tells what it printed, how long it took and how much memory it held."""

import json
import os
import subprocess
import sys
import tempfile
import time


def usable_cores():
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count()))


def start(command, threads=None, environment=None, **streams):
    """Starts a program on the first `threads` cores; a system that cannot pin leaves it where it likes."""
    def pin():
        os.sched_setaffinity(0, usable_cores()[:threads])

    can_pin = threads and hasattr(os, "sched_setaffinity")
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=pin if can_pin else None,
                            env={**os.environ, **(environment or {})}, **streams)


def run(command, threads=None, environment=None):
    """What a program prints, seconds until its first byte, and its peak memory in bytes."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as complaints:
        process = start(command, threads, environment, stdout=subprocess.PIPE, stderr=complaints)
        with process.stdout:
            output = process.stdout.read(1)
            first = time.monotonic() - began
            output += process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)  # what Popen.wait() does, and the peak memory with it
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0 or not output:
            complaints.seek(0)
            said = complaints.read().decode("utf-8", "replace").strip()
            sys.exit(f"{' '.join(command)}\nended with {process.returncode} after {len(output)} bytes:\n{said}")
    return output, first, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def run_json(command, threads=None, environment=None):
    """The same for a program that prints JSON, which is read."""
    output, first, peak = run(command, threads, environment)
    return json.loads(output), first, peak
