"""Figures with their uncertainty: AUC, ranks among ties, and the bootstrap over actors.

Left out: tests of significance. An interval is a percentile bootstrap that draws whole groups
(the accounts of one actor), since posts and accounts of one hand are no independent evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ROUNDS = 500
SEED = 20150402
PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its 95 % interval, and how many items it rests on."""

    value: float
    low: float
    high: float
    items: int


def draws(groups: np.ndarray) -> np.ndarray:
    """How often each group is drawn, one row a round."""
    count = int(groups.max()) + 1
    rng = np.random.default_rng(SEED)
    return rng.multinomial(count, np.full(count, 1 / count), size=ROUNDS)


def numbered(names: list[str]) -> np.ndarray:
    """Each name as the number of its group."""
    return np.unique(np.array(names), return_inverse=True)[1]


def mean(values: np.ndarray, groups: list[str]) -> Estimate:
    """A mean over items, groups drawn whole."""
    group = numbered(groups)
    drawn = draws(group)
    sums = drawn @ np.bincount(group, weights=values)
    counts = drawn @ np.bincount(group)
    low, high = np.percentile(sums / counts, PERCENTILES)
    return Estimate(float(values.mean()), float(low), float(high), len(values))


def weighted_auc(place: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """The chance that a positive outranks a negative, ties half; `place` numbers the scores."""
    positive = np.bincount(place, weights=weights * truth)
    negative = np.bincount(place, weights=weights * (1 - truth))
    below = np.cumsum(negative) - negative / 2
    total = positive.sum() * negative.sum()
    return float(positive @ below / total) if total else float("nan")


def auc(scores: np.ndarray, truth: np.ndarray, groups: list[str]) -> Estimate:
    """AUC of scores, groups drawn whole."""
    place = np.unique(scores, return_inverse=True)[1]
    group = numbered(groups)
    rounds = [weighted_auc(place, truth, drawn[group]) for drawn in draws(group)]
    low, high = np.nanpercentile(rounds, PERCENTILES)
    value = weighted_auc(place, truth, np.ones(len(scores)))
    return Estimate(value, float(low), float(high), len(scores))


def within(better: np.ndarray, equal: np.ndarray, top: int) -> np.ndarray:
    """The chance to stand among the first `top` when ties are put in order at random."""
    return np.clip((top - better) / (equal + 1), 0, 1)


def sample(items: list[str], size: int, purpose: str) -> list[str]:
    """At most `size` of the items, the same ones for the same purpose, in a fixed order."""
    ordered = sorted(items)
    if len(ordered) <= size:
        return ordered
    rng = np.random.default_rng([SEED, *purpose.encode()])
    chosen = rng.choice(len(ordered), size=size, replace=False)
    return [ordered[index] for index in np.sort(chosen)]
