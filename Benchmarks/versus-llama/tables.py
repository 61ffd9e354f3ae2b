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
    # The machine's limit that the measure meets: its name, how much there was of it in each round, and how much of it
    # one unit takes (bytes, or multiply-adds).
    limit: str = ""
    available: list = dataclasses.field(default_factory=list)
    cost: float = 0

    @property
    def ratio(self):
        return statistics.median(x / y for x, y in zip(self.ours, self.theirs) if y)

    def share(self, values):
        if not self.limit:
            return ""
        return f"{100 * statistics.median(v * self.cost / most for v, most in zip(values, self.available)):.0f} %"


def shown(value):
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def spread(values):
    """The median, and the lowest and the highest where they differ."""
    middle, low, high = shown(statistics.median(values)), shown(min(values)), shown(max(values))
    return middle if low == high else f"{middle} ({low} to {high})"


def percentile(share, values):
    """The value that `share` of `values` do not exceed, by nearest rank, as `tutti bench` takes it."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def comparison(rows):
    lines = ["| model | measure | threads | tutti | llama.cpp | ours / theirs | limit | tutti | llama.cpp |",
             "|---|---|---:|---:|---:|---:|---|---:|---:|"]
    for row in rows:
        cells = (row.model, row.measure, str(row.threads), spread(row.ours), spread(row.theirs), f"{row.ratio:.2f}",
                 row.limit, row.share(row.ours), row.share(row.theirs))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
