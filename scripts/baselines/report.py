"""The rows of the outcome, as a table for a person and as JSON for a machine.

Left out: any judgement beyond the wanted range. A row is met if its figure lies in the range;
its interval is shown so that a near miss can be told from a wide one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import t

from stats import Estimate

HEADINGS = ("baseline", "measure", "real data", "wanted", "achieved", "95 % interval", "n", "")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. Without a bound it is only reported."""

    baseline: str
    measure: str
    real: str
    achieved: Estimate
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_bounded(self) -> bool:
        return self.at_least is not None or self.at_most is not None

    @property
    def is_met(self) -> bool:
        value = self.achieved.value
        # A figure that is no number is never met: it compares as false.
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )

    @property
    def wanted(self) -> str:
        if self.at_least is None:
            return "" if self.at_most is None else f"≤ {self.at_most:.2f}"
        if self.at_most is None:
            return f"≥ {self.at_least:.2f}"
        return f"{self.at_least:.2f}–{self.at_most:.2f}"

    @property
    def verdict(self) -> str:
        if not self.is_bounded:
            return "reported"
        return "met" if self.is_met else "NOT MET"

    def cells(self) -> tuple[str, ...]:
        got = self.achieved
        interval = f"{got.low:.3f}–{got.high:.3f}"
        figures = (f"{got.value:.3f}", interval, f"{got.items:,}")
        return (self.baseline, self.measure, self.real, self.wanted, *figures, self.verdict)

    def as_json(self) -> dict[str, object]:
        got = self.achieved
        return {
            "baseline": self.baseline,
            "measure": self.measure,
            "real": self.real,
            "at_least": self.at_least,
            "at_most": self.at_most,
            "achieved": round(got.value, 6),
            "interval": [round(got.low, 6), round(got.high, 6)],
            "items": got.items,
            "verdict": self.verdict,
        }


def of_worlds(rows: tuple[Row, ...]) -> Row:
    """One figure over several worlds: its mean, and the interval of the mean between them."""
    values = np.array([row.achieved.value for row in rows])
    spread = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    half = t.ppf(0.975, len(values) - 1) * spread
    mean = float(values.mean())
    items = sum(row.achieved.items for row in rows)
    achieved = Estimate(mean, float(mean - half), float(mean + half), items)
    return replace(rows[0], achieved=achieved)


def table(rows: list[Row]) -> str:
    """Columns as wide as they need; figures to the right."""
    cells = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    right = {4, 5, 6}
    lines = []
    for line in cells:
        padded = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths).rstrip())
    return "\n".join(lines)
