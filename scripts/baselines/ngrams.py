"""Baseline 3: tells support from ordinary posts by character n-grams, then meets hard posts.

Source: the project's evidence, §0 no. 6 and §3.3: a trivial character n-gram logistic
regression gets AUC 0.996 against easy negatives and then marks 53 % of mainstream posts that
name the group at 0.5, 10.6 % at 0.8, 3.9 % at 0.9. A world where news is told apart by
vocabulary alone is easier than the real one. Left out: words, authors, context, and any
training on hard posts. Hard posts are those of innocents only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression

import stats
from report import Row
from world import ORDINARY, Truth, Unfit, World

NAME = "3 char n-grams"
SUPPORT = "support"
NEWS = "news"
HARD = (NEWS, "condemn", "counter", "scholar", "archive", "proverb", "sympathy")
THRESHOLDS = (0.5, 0.8, 0.9)
# What real mainstream posts that name the group gave at each threshold.
REAL_NEWS = {0.5: "0.53", 0.8: "0.106", 0.9: "0.039"}
POSTS_PER_SIDE = 8_000
POSTS_PER_HARD_CLASS = 3_000
HASHED_FEATURES = 2**18
ITERATIONS_MAX = 300


@dataclass(frozen=True, slots=True)
class Split:
    """Posts as (post, account): what is learned from, what is tested on, and the hard ones."""

    train: list[tuple[str, str, int]]
    test: list[tuple[str, str, int]]
    hard: dict[str, list[tuple[str, str]]]

    def posts(self) -> set[str]:
        labelled = {post for post, _, _ in (*self.train, *self.test)}
        return labelled | {post for posts in self.hard.values() for post, _ in posts}


def some(posts: list[tuple[str, str]], size: int, purpose: str) -> list[tuple[str, str]]:
    account = dict(posts)
    return [(post, account[post]) for post in stats.sample(list(account), size, purpose)]


def halves(names: list[str]) -> tuple[set[str], set[str]]:
    """The first half in order of ids, shorter ones first so that n10 follows n9; the rest."""
    ordered = sorted(names, key=lambda name: (len(name), name))
    middle = (len(ordered) + 1) // 2
    return set(ordered[:middle]), set(ordered[middle:])


def split_of(truth: Truth) -> Split:
    """Chooses the posts, before the events are read."""
    labels = truth.accounts
    networks = sorted({label.network for label in labels.values() if label.network})
    if len(networks) < 2:
        raise Unfit("the n-gram baseline needs two networks: one to learn, one to test")
    calm = sorted(name for name, label in labels.items() if label.kind == ORDINARY)
    chosen = set(stats.sample(calm, len(calm) // 2, "ordinary accounts to learn from"))
    sides = []
    for side, members in zip(("train", "test"), halves(networks), strict=True):
        support = [
            (post, account)
            for post, account in truth.posts.get(SUPPORT, ())
            if account in labels and labels[account].network in members
        ]
        easy = [
            (post, account)
            for post, account in truth.posts.get(ORDINARY, ())
            if account in labels
            and labels[account].kind == ORDINARY
            and (account in chosen) == (side == "train")
        ]
        size = min(len(support), len(easy), POSTS_PER_SIDE)
        positive = [(*post, 1) for post in some(support, size, f"support {side}")]
        sides.append(positive + [(*post, 0) for post in some(easy, size, f"ordinary {side}")])
    if not all(sides):
        raise Unfit("support or ordinary posts are missing on one side of the split")
    hard = {
        kind: some(
            [
                (post, account)
                for post, account in truth.posts.get(kind, ())
                if account in labels and labels[account].network is None
            ],
            POSTS_PER_HARD_CLASS,
            f"hard {kind}",
        )
        for kind in HARD
    }
    return Split(sides[0], sides[1], hard)


class Classifier:
    """Character n-grams of 2 to 5 within words, hashed, TF-IDF, logistic regression."""

    def __init__(self, texts: list[str], truth: np.ndarray) -> None:
        self.counter = HashingVectorizer(
            analyzer="char_wb",
            ngram_range=(2, 5),
            n_features=HASHED_FEATURES,
            alternate_sign=False,
            norm=None,
        )
        self.weigher = TfidfTransformer()
        features: csr_matrix = self.weigher.fit_transform(self.counter.transform(texts))
        self.model = LogisticRegression(max_iter=ITERATIONS_MAX, random_state=stats.SEED % 2**31)
        self.model.fit(features, truth)

    def scores(self, texts: list[str]) -> np.ndarray:
        features = self.weigher.transform(self.counter.transform(texts))
        return self.model.predict_proba(features)[:, 1]


def measure(world: World, split: Split) -> list[Row]:
    """The rows of this baseline."""
    train = [(world.texts[post], truth) for post, _, truth in split.train if post in world.texts]
    test = [post for post in split.test if post[0] in world.texts]
    model = Classifier([text for text, _ in train], np.array([truth for _, truth in train]))
    scores = model.scores([world.texts[post] for post, _, _ in test])
    truth = np.array([label for _, _, label in test])
    area = stats.auc(scores, truth, [account for _, account, _ in test])
    rows = [Row(NAME, "AUC, support against ordinary", "0.996", area, at_least=0.98)]
    for kind in HARD:
        posts = [post for post in split.hard[kind] if post[0] in world.texts]
        if not posts:
            if kind == NEWS:
                raise Unfit("there are no news posts of innocents")
            continue
        marked = model.scores([world.texts[post] for post, _ in posts])
        rows += hard_rows(kind, marked, [account for _, account in posts])
    return rows


def hard_rows(kind: str, scores: np.ndarray, accounts: list[str]) -> list[Row]:
    """The share of one class that would be taken for support, at each threshold."""
    rows = []
    for threshold in THRESHOLDS:
        share = stats.mean((scores >= threshold).astype(float), accounts)
        real = REAL_NEWS[threshold] if kind == NEWS else ""
        wanted = 0.5 if kind == NEWS and threshold == THRESHOLDS[0] else None
        rows.append(Row(NAME, f"{kind} marked at {threshold}", real, share, at_least=wanted))
    return rows
