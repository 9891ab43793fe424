"""Baseline 1: finds the closed account by the likeness of handles alone.

Source: the project's evidence, §3.1: trigram Jaccard on handles of 79 accounts of people who
evaded a ban, with 5,000 decoys: MRR 0.44; at 0.3, recall 0.42 with 0.43 false hits per query
of 5,000. A world where this works better is easier than the real one, where it works worse
harder. Left out: leet spelling, display names and everything a real linker would add.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

import stats
from report import Row
from world import Unfit, World

NAME = "1 handles"
DECOYS = 5_000
QUERIES_MAX = 2_000
ROWS_AT_ONCE = 250
FALSE_HITS = 0.43
REAL_THRESHOLD = 0.3
# A product may be off by a bit; two different ratios of handle trigrams differ by far more.
RATIO_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Scores:
    """For each query the parent's score; for each pair with a decoy its score."""

    parent: np.ndarray
    decoys: np.ndarray
    valid: np.ndarray

    def false_hits(self, threshold: float) -> np.ndarray:
        """Decoys at or above it, for each query, as if there were 5,000."""
        hits = ((self.decoys >= threshold) & self.valid).sum(axis=1)
        return hits * (DECOYS / self.valid.sum(axis=1))

    def found_within(self, budget: float) -> tuple[np.ndarray, float]:
        """Which parents are found at the threshold that spends the budget of false hits, and it.

        Scores of short handles are coarse, so the score at which the budget runs out counts in
        part, as if its ties were put in order at random: else recall would jump by that step.
        """
        scores, counts = np.unique(self.decoys[self.valid], return_counts=True)
        hits = counts[::-1] * (DECOYS / self.valid.sum())
        spent = np.cumsum(hits)
        last = int(np.searchsorted(spent, budget))
        threshold = float(scores[::-1][last])
        share = 1 - (spent[last] - budget) / hits[last]
        found = (self.parent > threshold) + share * (self.parent == threshold)
        return found, threshold


def trigrams(handle: str) -> list[str]:
    """Distinct trigrams of a handle without its domain, two spaces before and one after."""
    padded = f"  {handle.lower().removesuffix('.example')} "
    return sorted({padded[at : at + 3] for at in range(len(padded) - 2)})


def matrix(handles: list[str], numbers: dict[str, int]) -> csr_matrix:
    """Handles by trigrams; both sides must be given the same numbers."""
    rows, columns = [], []
    for row, handle in enumerate(handles):
        for gram in trigrams(handle):
            rows.append(row)
            columns.append(numbers.setdefault(gram, len(numbers)))
    ones = np.ones(len(rows), dtype=np.int32)
    return csr_matrix((ones, (rows, columns)), shape=(len(handles), max(columns) + 1))


def jaccard(a: list[str], b: list[str]) -> np.ndarray:
    """Every handle of `a` against every one of `b`."""
    numbers: dict[str, int] = {}
    left, right = matrix(a, numbers), matrix(b, numbers)
    left.resize(len(a), len(numbers))
    right.resize(len(b), len(numbers))
    sizes_left, sizes_right = left.sum(axis=1).A1, right.sum(axis=1).A1
    out = np.empty((len(a), len(b)), dtype=np.float64)
    for start in range(0, len(a), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        shared = (left[part] @ right.T).toarray()
        out[part] = shared / (sizes_left[part, None] + sizes_right[None, :] - shared)
    return np.round(out, RATIO_DIGITS)


def scores_of(world: World, queries: list[str]) -> Scores:
    labels, accounts = world.truth.accounts, world.accounts
    innocent = [name for name, label in labels.items() if label.network is None]
    with_handle = [name for name in innocent if name in accounts and accounts[name].handle]
    if not with_handle:
        raise Unfit("no innocent account has a handle")
    decoys = stats.sample(with_handle, DECOYS, "handle decoys")
    own = [accounts[query].first_handle or "" for query in queries]
    parents = [labels[query].returns or "" for query in queries]
    parent_handles = [accounts[parent].handle or "" for parent in parents]
    against = jaccard(own, parent_handles + [accounts[name].handle or "" for name in decoys])
    valid = np.ones((len(queries), len(decoys)), dtype=bool)
    at = {name: column for column, name in enumerate(decoys)}
    for row, related in enumerate(zip(queries, parents, strict=True)):
        for name in related:
            if name in at:
                valid[row, at[name]] = False
    rows = np.arange(len(queries))
    return Scores(against[rows, rows], against[:, len(queries) :], valid)


def measure(world: World) -> list[Row]:
    """The rows of this baseline."""
    labels, accounts = world.truth.accounts, world.accounts
    returned = [
        name
        for name, label in labels.items()
        if label.returns in accounts
        and name in accounts
        and accounts[name].first_handle
        and accounts[label.returns].handle
    ]
    if not returned:
        raise Unfit("no account with a handle returns for another one with a handle")
    queries = stats.sample(returned, QUERIES_MAX, "handle queries")
    actors = [labels[query].actor for query in queries]
    scores = scores_of(world, queries)
    better = ((scores.decoys > scores.parent[:, None]) & scores.valid).sum(axis=1)
    equal = ((scores.decoys == scores.parent[:, None]) & scores.valid).sum(axis=1)
    reciprocal = 1 / (1 + better + equal / 2)
    at_budget, threshold = scores.found_within(FALSE_HITS)
    at_real = (scores.parent >= REAL_THRESHOLD).astype(float)
    recall = f"recall at {FALSE_HITS} false hits per query ({threshold:.2f})"
    false_hits = stats.mean(scores.false_hits(REAL_THRESHOLD), actors)
    return [
        Row(NAME, "MRR", "0.44", stats.mean(reciprocal, actors), 0.40, 0.48),
        Row(NAME, recall, "0.42", stats.mean(at_budget, actors), 0.38, 0.46),
        Row(NAME, "recall at 0.3", "0.42", stats.mean(at_real, actors)),
        Row(NAME, "false hits per query at 0.3", "0.43", false_hits),
    ]
