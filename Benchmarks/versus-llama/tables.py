"""Numbers measured by turns, as rows of Markdown tables."""

import dataclasses
import math
import statistics


@dataclasses.dataclass
class Row:
    """One measure: a number of ours and one of theirs for each round."""

    model: str
    measure: str
    threads: int
    ours: list
    theirs: list
    # Which of the machine's limits the measure meets, and how much of it one unit takes: bytes, or multiply-adds.
    limit: str = ""
    cost: float = math.nan

    @property
    def ratio(self):
        return statistics.median(x / y for x, y in zip(self.ours, self.theirs) if y)

    def share(self, values, machine):
        if not self.limit:
            return ""
        return f"{100 * statistics.median(values) * self.cost / machine.limit(self.limit, self.threads):.0f} %"


def shown(value):
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def spread(values):
    """The median, and the lowest and the highest where they differ."""
    middle = shown(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} ({shown(min(values))} to {shown(max(values))})"


def percentile(share, values):
    """The value that `share` of `values` do not exceed, by nearest rank, as `tutti bench` takes it."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def comparison(rows, machine):
    lines = ["| model | measure | threads | tutti | llama.cpp | ours / theirs | limit | tutti | llama.cpp |",
             "|---|---|---:|---:|---:|---:|---|---:|---:|"]
    for row in rows:
        cells = (row.model, row.measure, str(row.threads), spread(row.ours), spread(row.theirs), f"{row.ratio:.2f}",
                 row.limit, row.share(row.ours, machine), row.share(row.theirs, machine))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
