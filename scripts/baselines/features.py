"""Turns each field of an account into tokens and numbers for the tree of baseline 4.

Left out: anything that truth says, and anything after an account's first closing. A field gives
the tokens of its values, how long they are, how many there are, how often they are used, and
how many accounts of the whole world share the most shared one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from world import FIELDS, GIVEN, RECEIVED, Account, FieldLog, World

# Python counts the vowel signs of Arabic as no part of a word, which would cut it to letters.
WORD = re.compile(r"[\w\u064b-\u065f\u0670]+")
SPELLED = {"handle", "name", "bio"}
HOURS = 24
# A token of one account alone can say nothing about another.
ACCOUNTS_PER_TOKEN_MIN = 2
DAY_SECONDS = 86_400
FOLLOW_EVENTS = "follow events"
FOLLOW_GRAPH = "follow graph"
ENGAGEMENT = "engagement"


@dataclass(frozen=True, slots=True)
class FieldData:
    """One field of all chosen accounts: who has which token, and plain numbers."""

    tokens: csr_matrix
    numbers: np.ndarray


def tokens_of(field: str, value: str) -> set[str]:
    """The tokens of one value."""
    if field in SPELLED:
        padded = f"  {value.lower().removesuffix('.example')} "
        return {padded[at : at + 3] for at in range(len(padded) - 2)}
    if field == "text":
        return set(WORD.findall(value.lower()))
    if field == "links":
        # The host too: it is what a person would list.
        return {value, value.partition("://")[2].partition("/")[0]} - {""}
    return {value}


def token_matrix(
    field: str, values: list[str], value: np.ndarray, row: np.ndarray, size: int
) -> csr_matrix:
    """Accounts by tokens, 1 where the account has the token."""
    numbers: dict[str, int] = {}
    tokens = [
        [numbers.setdefault(token, len(numbers)) for token in sorted(tokens_of(field, text))]
        for text in values
    ]
    lengths = np.array([len(found) for found in tokens], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]) if len(lengths) else lengths
    flat = np.array([number for found in tokens for number in found], dtype=np.int64)
    rows = np.repeat(row, lengths[value])
    offsets = np.arange(len(rows)) - np.repeat(
        np.cumsum(lengths[value]) - lengths[value], lengths[value]
    )
    columns = flat[np.repeat(starts[value], lengths[value]) + offsets]
    shape = (size, max(len(numbers), 1))
    matrix = csr_matrix((np.ones(len(rows), dtype=np.float64), (rows, columns)), shape=shape)
    matrix.data[:] = 1
    return matrix[:, np.flatnonzero(matrix.getnnz(axis=0) >= ACCOUNTS_PER_TOKEN_MIN)]


def field_data(field: str, log: FieldLog, rows: np.ndarray) -> FieldData:
    """`rows` gives the row of each account by its index, -1 for one that is not chosen."""
    value, account, uses = log.columns()
    sharing = np.bincount(value, minlength=len(log.numbers))
    chosen = rows[account] >= 0
    value, row, uses = value[chosen], rows[account[chosen]], uses[chosen]
    kept, value_place = np.unique(value, return_inverse=True)
    names = list(log.numbers)
    values = [names[number] for number in kept]
    size = int(rows.max()) + 1
    lengths = np.array([len(text) for text in values], dtype=np.float64)[value_place]
    distinct = np.bincount(row, minlength=size).astype(np.float64)
    with np.errstate(invalid="ignore"):
        mean_length = np.bincount(row, weights=lengths, minlength=size) / distinct
    numbers = [
        mean_length,
        greatest(row, lengths, size),
        distinct,
        np.bincount(row, weights=uses, minlength=size),
        greatest(row, sharing[value].astype(np.float64), size),
    ]
    tokens = token_matrix(field, values, value_place, row, size)
    if field == "hours":
        clock = np.array([int(text) for text in values], dtype=np.int64)[value_place]
        counts = np.bincount(row * HOURS + clock, weights=uses, minlength=size * HOURS)
        counts = counts.reshape(size, HOURS)
        numbers.extend((counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)).T)
    return FieldData(tokens, np.column_stack(numbers))


def greatest(row: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    """The greatest value of each row, unknown where it has none."""
    out = np.full(size, -np.inf)
    np.maximum.at(out, row, values)
    out[np.isneginf(out)] = np.nan
    return out


def age_days(account: Account) -> float:
    """How old the account was at its last event before its closing."""
    if account.created is None or account.last is None:
        return float("nan")
    return (account.last - account.created) / DAY_SECONDS


def said(field: str, account: Account) -> list[float]:
    """The count that the profile last told; for posts, what the stream showed too."""
    value = {
        "followers": account.followers,
        "following": account.following,
        "posts": account.posts,
    }[field]
    told = float("nan") if value is None else float(value)
    return [told, float(account.posts_seen)] if field == "posts" else [told]


def follow_events(accounts: list[Account]) -> FieldData:
    """Follows got and given in the stream: the graph, so no part of any field."""
    counts = [(account.followers_seen, account.following_seen) for account in accounts]
    return FieldData(csr_matrix((len(accounts), 0)), np.array(counts, dtype=np.float64))


def follow_graph(world: World, chosen: np.ndarray) -> FieldData:
    """Follows got and given, how many are given back, and how close the followed are.

    Only follows in the stream are known: those from before its start are nobody's to see.
    """
    size = len(world.accounts)
    ends = np.array(world.followers), np.array(world.followed)
    graph = csr_matrix((np.ones(len(ends[0])), ends), shape=(size, size))
    graph.data[:] = 1
    back = graph.T.tocsr()[chosen]
    either = graph.maximum(graph.T).tocsr()
    given = graph[chosen]
    follows, followers = given.getnnz(axis=1), back.getnnz(axis=1)
    mutual = np.asarray(given.multiply(back).sum(axis=1)).ravel()
    # Pairs of the followed of which one follows the other, each counted twice.
    closed = np.asarray((given @ either).multiply(given).sum(axis=1)).ravel()
    pairs = follows * (follows - 1)
    return FieldData(
        csr_matrix((len(chosen), 0)),
        np.column_stack([
            follows, followers, shares(mutual, follows), shares(mutual, followers),
            shares(closed, pairs),
        ]),
    )  # fmt: skip


def shares(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """A share, unknown where there is nothing to have it of."""
    out = np.full(len(part), np.nan)
    return np.divide(part, whole, out=out, where=whole > 0)


def engagement(accounts: list[Account]) -> FieldData:
    """Likes, reposts and views given and got, and the share of reposts among them."""
    gave = np.array([[account.gave[kind] for kind in GIVEN] for account in accounts], dtype=float)
    got = np.array([[account.got[kind] for kind in RECEIVED] for account in accounts], dtype=float)
    ratios = [
        shares(gave[:, 1], gave.sum(axis=1)),
        shares(got[:, 1], got[:, :2].sum(axis=1)),
        shares(got[:, :2].sum(axis=1), gave.sum(axis=1)),
        shares(got[:, 2], got[:, :2].sum(axis=1)),
    ]
    return FieldData(csr_matrix((len(accounts), 0)), np.column_stack([gave, got, *ratios]))


def all_fields(world: World, names: list[str]) -> tuple[dict[str, FieldData], np.ndarray]:
    """Every field of these accounts, in this order, their follow events, and their ages."""
    rows = np.full(len(world.accounts), -1)
    chosen = [world.accounts[name] for name in names]
    indices = np.array([account.index for account in chosen])
    rows[indices] = np.arange(len(names))
    data = {
        FOLLOW_EVENTS: follow_events(chosen),
        FOLLOW_GRAPH: follow_graph(world, indices),
        ENGAGEMENT: engagement(chosen),
    }
    for field in FIELDS:
        if field == ENGAGEMENT:
            continue
        found = field_data(field, world.fields[field], rows)
        if field in ("followers", "following", "posts"):
            extra = np.array([said(field, account) for account in chosen])
            found = FieldData(found.tokens, np.column_stack([found.numbers, extra]))
        data[field] = found
    return data, np.array([age_days(account) for account in chosen])
