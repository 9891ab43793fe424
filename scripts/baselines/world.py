"""Reads a simulated world: its truth, then its events once, into columns by account and field.

Left out: edits, likes taken back, reports, media events and field events, which no baseline
looks at. Truth says only what an account or a post is; everything that a baseline
computes with comes from the events.
"""

from __future__ import annotations

import gc
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

ORDINARY = "ordinary"

# Fields of an account that could give a network away, each judged alone and all together.
FIELDS = (
    "handle", "name", "bio", "avatar", "links", "tags", "text", "mentions", "media", "client",
    "language", "hours", "followers", "following", "posts", "engagement",
)  # fmt: skip

# Engagements by kind, as an account gives them and as its posts get them.
GIVEN = ("like", "repost")
RECEIVED = ("like", "repost", "view")

# An account's index takes the lower bits of a packed use, the value's number the upper ones.
ACCOUNT_BITS = 32
READ_BYTES = 1 << 22


class Unfit(Exception):
    """The folder cannot be judged; the message says why."""


class Media(msgspec.Struct, gc=False):
    id: str | None = None
    sha256: str | None = None


class Profile(msgspec.Struct):
    handle: str | None = None
    name: str | None = None
    bio: str | None = None
    avatar: Media | None = None
    links: list[str] | None = None
    created_at: datetime | None = None
    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    language: str | None = None
    client: str | None = None


class Post(msgspec.Struct):
    id: str
    text: str | None = None
    languages: list[str] | None = None
    tags: list[str] | None = None
    links: list[str] | None = None
    mentions: list[str] | None = None
    media: list[Media] | None = None
    client: str | None = None


class Follow(msgspec.Struct, gc=False):
    target: str | None = None
    withdrawn: bool | None = None


class Engagement(msgspec.Struct, gc=False):
    kind: str | None = None
    post: str | None = None
    count: int = 1
    withdrawn: bool | None = None


class Event(msgspec.Struct):
    type: str
    at: datetime
    account: str | None = None
    profile: Profile | None = None
    post: Post | None = None
    follow: Follow | None = None
    engagement: Engagement | None = None


class TruthLine(msgspec.Struct):
    type: str
    account: str | None = None
    post: str | None = None
    network: str | None = None
    actor: str | None = None
    returns: str | None = None
    kind: str | None = msgspec.field(default=None, name="class")


@dataclass(slots=True)
class Label:
    """What truth says of an account."""

    kind: str
    network: str | None
    actor: str
    returns: str | None

    @property
    def looks_alike(self) -> bool:
        """Whether it is innocent and yet no ordinary account."""
        return self.network is None and self.kind != ORDINARY


@dataclass(slots=True)
class Truth:
    accounts: dict[str, Label]
    # Posts by class, each as (post, account).
    posts: dict[str, list[tuple[str, str]]]


@dataclass(slots=True)
class Account:
    """What the events say of one account; profile and counts only up to its first closing."""

    index: int
    created: float | None = None
    last: float | None = None
    closed: bool = False
    first_handle: str | None = None
    handle: str | None = None
    followers: int | None = None
    following: int | None = None
    posts: int | None = None
    followers_seen: int = 0
    following_seen: int = 0
    posts_seen: int = 0
    # Likes and reposts that it gave; those, and the views, that its posts got.
    gave: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GIVEN, 0))
    got: dict[str, int] = field(default_factory=lambda: dict.fromkeys(RECEIVED, 0))


@dataclass(slots=True)
class FieldLog:
    """Every use of a value of one field by an account."""

    numbers: dict[str, int] = field(default_factory=dict)
    packed: array[int] = field(default_factory=lambda: array("q"))

    def add(self, account: int, value: str) -> None:
        number = self.numbers.setdefault(value, len(self.numbers))
        self.packed.append(number << ACCOUNT_BITS | account)

    def columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Value, account and number of uses, one row for each pair that occurs."""
        pairs, uses = np.unique(np.frombuffer(self.packed, dtype=np.int64), return_counts=True)
        return pairs >> ACCOUNT_BITS, pairs & ((1 << ACCOUNT_BITS) - 1), uses


@dataclass(slots=True)
class Activity:
    """Posts, and the objects in them, of accounts that are not ordinary, by time."""

    post_account: array[int] = field(default_factory=lambda: array("q"))
    post_time: array[float] = field(default_factory=lambda: array("d"))
    object_account: array[int] = field(default_factory=lambda: array("q"))
    object_number: array[int] = field(default_factory=lambda: array("q"))
    object_time: array[float] = field(default_factory=lambda: array("d"))
    numbers: dict[str, int] = field(default_factory=dict)

    def add(self, account: int, time: float, post: Post) -> None:
        self.post_account.append(account)
        self.post_time.append(time)
        for value in objects_of(post):
            self.object_account.append(account)
            self.object_number.append(self.numbers.setdefault(value, len(self.numbers)))
            self.object_time.append(time)


@dataclass(slots=True)
class World:
    truth: Truth
    wanted_texts: set[str]
    accounts: dict[str, Account] = field(default_factory=dict)
    fields: dict[str, FieldLog] = field(
        default_factory=lambda: {name: FieldLog() for name in FIELDS}
    )
    activity: Activity = field(default_factory=Activity)
    texts: dict[str, str] = field(default_factory=dict)
    # Who follows whom, as pairs of indices; whose each post is.
    followers: array[int] = field(default_factory=lambda: array("q"))
    followed: array[int] = field(default_factory=lambda: array("q"))
    authors: dict[str, Account] = field(default_factory=dict)
    events: int = 0

    def account(self, name: str) -> Account:
        found = self.accounts.get(name)
        if found is None:
            found = self.accounts[name] = Account(len(self.accounts))
        return found

    def take(self, event: Event) -> None:
        """Takes one event, in the order of the file."""
        self.events += 1
        if event.follow is not None and event.follow.target and not event.follow.withdrawn:
            target = self.account(event.follow.target)
            target.followers_seen += not target.closed
        if event.engagement is not None and not event.engagement.withdrawn:
            self.take_engagement(event.account, event.engagement)
        if event.account is None:
            return
        account = self.account(event.account)
        if event.type == "post.created" and event.post is not None:
            self.authors[event.post.id] = account
            self.take_post(account, event.account, event.at.timestamp(), event.post)
        if event.type in ("account.suspended", "account.deleted"):
            account.closed = True
        if account.closed:
            return
        account.last = event.at.timestamp()
        if event.follow is not None and not event.follow.withdrawn:
            account.following_seen += 1
            if event.follow.target:
                self.followers.append(account.index)
                self.followed.append(self.account(event.follow.target).index)
        if event.profile is not None:
            self.take_profile(account, event.profile)

    def take_engagement(self, giver: str | None, engagement: Engagement) -> None:
        kind = engagement.kind or ""
        author = self.authors.get(engagement.post or "")
        if author is not None and not author.closed and kind in author.got:
            author.got[kind] += engagement.count
        if giver is not None:
            account = self.account(giver)
            if not account.closed and kind in account.gave:
                account.gave[kind] += engagement.count

    def take_profile(self, account: Account, profile: Profile) -> None:
        if profile.created_at is not None:
            account.created = profile.created_at.timestamp()
        if profile.handle is not None:
            account.first_handle = account.first_handle or profile.handle
            account.handle = profile.handle
        for name in ("handle", "name", "bio", "client", "language"):
            value = getattr(profile, name)
            if value:
                self.fields[name].add(account.index, value)
        for name in ("followers", "following", "posts"):
            count = getattr(profile, name)
            if count is not None:
                setattr(account, name, count)
                self.fields[name].add(account.index, str(count))
        for value in media_values(profile.avatar):
            self.fields["avatar"].add(account.index, value)
        for value in profile.links or ():
            self.fields["links"].add(account.index, value)

    def take_post(self, account: Account, name: str, time: float, post: Post) -> None:
        label = self.truth.accounts.get(name)
        if label is not None and (label.network is not None or label.looks_alike):
            self.activity.add(account.index, time, post)
        if post.id in self.wanted_texts:
            self.texts[post.id] = post.text or ""
        if account.closed:
            return
        account.posts_seen += 1
        index, fields = account.index, self.fields
        fields["hours"].add(index, str(hour_of(time)))
        if post.text:
            fields["text"].add(index, post.text)
        if post.client:
            fields["client"].add(index, post.client)
        for value in post.languages or ():
            fields["language"].add(index, value)
        for value in post.tags or ():
            fields["tags"].add(index, value.lower())
        for value in post.links or ():
            fields["links"].add(index, value)
        for value in post.mentions or ():
            fields["mentions"].add(index, value)
        for media in post.media or ():
            for value in media_values(media):
                fields["media"].add(index, value)


def hour_of(time: float) -> int:
    """The hour of the day, in UTC, as the log of a platform has it."""
    return int(time // 3600) % 24


def media_values(media: Media | None) -> Iterator[str]:
    """What a picture or film can be known by: its id, and its hash if the platform gives one."""
    if media is None:
        return
    if media.id:
        yield media.id
    if media.sha256:
        yield media.sha256


def objects_of(post: Post) -> Iterator[str]:
    """The objects that two accounts can share, marked by what they are."""
    for value in post.links or ():
        yield f"link {value}"
    for value in post.tags or ():
        yield f"tag {value.lower()}"
    for value in post.mentions or ():
        yield f"mention {value}"
    for media in post.media or ():
        if media.id:
            yield f"media {media.id}"


Line = TypeVar("Line", Event, TruthLine)


def decoded(path: Path, kind: type[Line]) -> Iterator[Line]:
    """One decoded object a line."""
    decoder = msgspec.json.Decoder(kind)
    with path.open("rb", buffering=READ_BYTES) as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError as error:
                raise Unfit(f"{path.name}, line {number}: {error}") from error


def read_truth(folder: Path) -> Truth:
    """Accounts and posts of truth.jsonl."""
    accounts: dict[str, Label] = {}
    posts: dict[str, list[tuple[str, str]]] = {}
    for line in decoded(folder / "truth.jsonl", TruthLine):
        if line.type == "account" and line.account and line.kind:
            actor = line.actor or line.account
            accounts[line.account] = Label(line.kind, line.network, actor, line.returns)
        elif line.type == "post" and line.post and line.account and line.kind:
            posts.setdefault(line.kind, []).append((line.post, line.account))
    return Truth(accounts, posts)


def read_events(folder: Path, truth: Truth, wanted_texts: set[str]) -> World:
    """Reads events.jsonl once; of texts of posts only the wanted ones are kept by post."""
    world = World(truth, wanted_texts)
    # Millions of objects that live to the end: looking for cycles among them costs a third.
    gc.disable()
    try:
        for event in decoded(folder / "events.jsonl", Event):
            world.take(event)
    finally:
        gc.enable()
    return world
