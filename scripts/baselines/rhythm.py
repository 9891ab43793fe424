"""Baseline 2: finds the closed account by shared objects and the hours of posting.

Source: the project's linkage reference, §4: on a real set of accounts cut in time, objects and
hour rhythm alone reach top-1 .22-.25, top-10 .35-.40 and AUC .77-.81, with ten new posts among
1,600-1,900 accounts. A split account does not try to hide, so a world of people who do may be
somewhat harder, and must not be easier. Left out: text, profile, followers, weights that are
learned. Queries are accounts with ten posts whose parent posted before; other accounts of the
same actor are no candidates, as in the real set everybody stood once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import stats
from report import Row
from world import Unfit, World, hour_of

NAME = "2 objects + hours"
CANDIDATES = 1_700
# Every query brings its parent along: more queries would leave no room for strangers.
QUERIES_MAX = 400
POSTS_OF_QUERY = 10
HOURS = 24


@dataclass(frozen=True, slots=True)
class Columns:
    """Posts and objects as arrays; objects of an account only when first used."""

    post_account: np.ndarray
    post_time: np.ndarray
    post_hour: np.ndarray
    object_account: np.ndarray
    object_number: np.ndarray
    object_time: np.ndarray
    objects: int

    def only(self, accounts: np.ndarray) -> Columns:
        """The same for these accounts alone, numbered in this order."""
        place = np.full(int(max(self.post_account.max(), accounts.max())) + 1, -1)
        place[accounts] = np.arange(len(accounts))
        posts = place[self.post_account] >= 0
        objects = place[self.object_account] >= 0
        return Columns(
            place[self.post_account[posts]],
            self.post_time[posts],
            self.post_hour[posts],
            place[self.object_account[objects]],
            self.object_number[objects],
            self.object_time[objects],
            self.objects,
        )


@dataclass(frozen=True, slots=True)
class Query:
    """A returned account as its first ten posts show it."""

    account: str
    parent: str
    start: float
    objects: np.ndarray
    hours: np.ndarray


def columns_of(world: World) -> Columns:
    log = world.activity
    account = np.frombuffer(log.object_account, dtype=np.int64)
    number = np.frombuffer(log.object_number, dtype=np.int64)
    # The log is by time, so the first row of a pair is its first use.
    pairs = account * (len(log.numbers) + 1) + number
    first = np.sort(np.unique(pairs, return_index=True)[1])
    times = np.frombuffer(log.post_time, dtype=np.float64)
    return Columns(
        np.frombuffer(log.post_account, dtype=np.int64),
        times,
        np.array([hour_of(time) for time in times], dtype=np.int64),
        account[first],
        number[first],
        np.frombuffer(log.object_time, dtype=np.float64)[first],
        len(log.numbers),
    )


def queries_of(world: World, columns: Columns) -> list[Query]:
    """Every returned account with ten posts whose parent posted before it did."""
    order = np.argsort(columns.post_account, kind="stable")
    sorted_accounts = columns.post_account[order]
    by_account = np.argsort(columns.object_account, kind="stable")
    sorted_objects = columns.object_account[by_account]
    found = []
    for name, label in sorted(world.truth.accounts.items()):
        if label.returns not in world.accounts or name not in world.accounts:
            continue
        own = span(sorted_accounts, order, world.accounts[name].index)
        parent = span(sorted_accounts, order, world.accounts[label.returns].index)
        if len(own) < POSTS_OF_QUERY or not len(parent):
            continue
        own = own[:POSTS_OF_QUERY]
        start, end = columns.post_time[own[0]], columns.post_time[own[-1]]
        if columns.post_time[parent[0]] >= start:
            continue
        objects = span(sorted_objects, by_account, world.accounts[name].index)
        objects = objects[columns.object_time[objects] <= end]
        hours = np.bincount(columns.post_hour[own], minlength=HOURS)
        numbers = columns.object_number[objects]
        found.append(Query(name, label.returns, float(start), numbers, hours))
    return found


def span(ordered: np.ndarray, order: np.ndarray, account: int) -> np.ndarray:
    """The rows of one account, by time."""
    return order[np.searchsorted(ordered, account) : np.searchsorted(ordered, account, "right")]


def scores(query: Query, pool: Columns, size: int) -> np.ndarray:
    """The likeness of every candidate, from what it had posted before the query began."""
    before = pool.object_time < query.start
    account, number = pool.object_account[before], pool.object_number[before]
    frequency = np.bincount(number, minlength=pool.objects)
    weight = np.log((1 + size) / (1 + frequency)) ** 2
    norm = np.sqrt(np.bincount(account, weights=weight[number], minlength=size))
    wanted = np.zeros(pool.objects, dtype=bool)
    wanted[query.objects] = True
    hit = wanted[number]
    dot = np.bincount(account[hit], weights=weight[number[hit]], minlength=size)
    by_objects = ratio(dot, norm * np.sqrt(weight[query.objects].sum()))
    past = pool.post_time < query.start
    cells = pool.post_account[past] * HOURS + pool.post_hour[past]
    hours = np.bincount(cells, minlength=size * HOURS).reshape(size, HOURS)
    lengths = np.linalg.norm(hours, axis=1) * np.linalg.norm(query.hours)
    return by_objects + ratio(hours @ query.hours, lengths)


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """A quotient, 0 where there is nothing to compare."""
    return np.divide(above, below, out=np.zeros(len(above)), where=below > 0)


def pool_of(world: World, queries: list[Query]) -> list[str]:
    """All parents, then others of the networks and innocents who look alike."""
    posted = set(world.activity.post_account)
    parents = {query.parent for query in queries}
    others = [
        name
        for name, label in world.truth.accounts.items()
        if (label.network is not None or label.looks_alike)
        and name not in parents
        and name in world.accounts
        and world.accounts[name].index in posted
    ]
    return sorted(parents) + stats.sample(others, CANDIDATES - len(parents), "rhythm pool")


def measure(world: World) -> list[Row]:
    """The rows of this baseline."""
    columns = columns_of(world)
    by_name = {query.account: query for query in queries_of(world, columns)}
    if not by_name:
        raise Unfit("no returned account has ten posts and a parent that posted before")
    queries = [by_name[name] for name in stats.sample(list(by_name), QUERIES_MAX, "rhythm queries")]
    pool = pool_of(world, queries)
    place = {name: number for number, name in enumerate(pool)}
    history = columns.only(np.array([world.accounts[name].index for name in pool]))
    actors = np.array([world.truth.accounts[name].actor for name in pool])
    better, equal, strangers = [], [], []
    for query in queries:
        result = scores(query, history, len(pool))
        parent = result[place[query.parent]]
        stranger = actors != world.truth.accounts[query.account].actor
        better.append((result[stranger] > parent).sum())
        equal.append((result[stranger] == parent).sum())
        strangers.append(stranger.sum())
    ahead, tied, total = np.array(better), np.array(equal), np.array(strangers)
    groups = [world.truth.accounts[query.account].actor for query in queries]
    top_1 = stats.mean(stats.within(ahead, tied, 1), groups)
    top_10 = stats.mean(stats.within(ahead, tied, 10), groups)
    area = stats.mean(1 - (ahead + tied / 2) / total, groups)
    return [
        Row(NAME, f"top-1 of {len(pool):,}", "0.22–0.25", top_1, 0.15, 0.25),
        Row(NAME, "top-10", "0.35–0.40", top_10),
        Row(NAME, "AUC, parent against strangers", "0.77–0.81", area),
    ]
