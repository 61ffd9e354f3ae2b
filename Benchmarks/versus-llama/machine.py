"""The machine: its name, what kernels it runs, and its limits."""

import os

import programs

# The limits by the names that tables have for them, and by those of the report.
LIMITS = {"memory": "memory_bytes_per_second", "int8": "int8_per_second", "float32": "float_per_second"}


class Machine:
    def __init__(self, options):
        self.load_average = os.getloadavg()[0]
        self.command = [options.kernel_benchmark, "--limits", "--json", "--threads", ",".join(map(str, options.threads))]
        self.environment = options.environment
        report = self.measure()
        self.cpu, self.features, self.kernels = report["cpu"], report["features"], report["kernels"]
        self.limits = {limit["threads"]: limit for limit in report["limits"]}

    def measure(self):
        return programs.run_json(self.command, environment=self.environment)[0]

    def measure_again(self):
        """Keeps the better of each limit: a limit is what the machine can do, not what it did in a slow minute."""
        for limit in self.measure()["limits"]:
            best = self.limits[limit["threads"]]
            for name, value in limit.items():
                best[name] = max(best[name], value)

    def limit(self, name, threads):
        return self.limits[threads][LIMITS[name]]

    def table(self):
        lines = ["| threads | memory read, GB/s | int8, G multiply-adds/s | float32, G multiply-adds/s |",
                 "|---:|---:|---:|---:|"]
        for threads, limit in sorted(self.limits.items()):
            rates = " | ".join(f"{limit[name] / 1e9:.1f}" for name in LIMITS.values())
            lines.append(f"| {threads} | {rates} |")
        return "\n".join(lines)
