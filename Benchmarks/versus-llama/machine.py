"""The machine: its name, what kernels it runs, and its limits."""

import os

import programs
import tables

# The limits by the names that tables have for them, and by those of the report.
LIMITS = {"memory": "memory_bytes_per_second", "int8": "int8_per_second", "float32": "float_per_second"}


class Machine:
    def __init__(self, options):
        self.load_average = os.getloadavg()[0]
        threads = ",".join(map(str, options.threads))
        self.command = [options.kernel_benchmark, "--limits", "--json", "--threads", threads]
        self.environment = options.environment
        # For each number of threads and each limit, what every measurement gave.
        self.limits = {(count, name): [] for count in options.threads for name in LIMITS}
        self.measure()

    def measure(self):
        """Measures the limits once more: on a shared machine they differ from one minute to the next."""
        report, _, _ = programs.run_json(self.command, environment=self.environment)
        self.cpu, self.features, self.kernels = report["cpu"], report["features"], report["kernels"]
        for limit in report["limits"]:
            for name, field in LIMITS.items():
                self.limits[limit["threads"], name].append(limit[field])

    def latest(self, name, threads):
        return self.limits[threads, name][-1]

    def table(self):
        lines = ["| threads | memory read, GB/s | int8, G multiply-adds/s | float32, G multiply-adds/s |",
                 "|---:|---:|---:|---:|"]
        for threads in sorted({threads for threads, _ in self.limits}):
            rates = (tables.spread([rate / 1e9 for rate in self.limits[threads, name]]) for name in LIMITS)
            lines.append(f"| {threads} | " + " | ".join(rates) + " |")
        return "\n".join(lines)
