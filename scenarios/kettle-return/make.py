#!/usr/bin/env python3
"""Makes story.jsonl: the same bytes every time. Standard library only, no chance."""

import hashlib
import json
import pathlib

OUT = pathlib.Path(__file__).parent / "story.jsonl"
lines = []


def sha256(name):
    return hashlib.sha256(name.encode()).hexdigest()


def event(kind, day, hour, minute=0, account=None, profile=None, **body):
    line = {
        "v": 1,
        "type": kind,
        "id": f"e{len(lines) + 1}",
        "at": f"2026-05-{day:02}T{hour:02}:{minute:02}:00Z",
    }
    if account:
        line["account"] = account
    if profile:
        line["profile"] = profile
    line.update(body)
    lines.append(json.dumps(line, ensure_ascii=False, separators=(",", ":")))


def account(day, hour, name, handle, shown, avatar, created="2024-01-05T00:00:00Z"):
    profile = {"handle": handle, "name": shown, "created_at": created, "avatar": {"sha256": sha256(avatar)}}
    event("account.updated", day, hour, account=name, profile=profile)


def post(day, hour, minute, name, text, clip=None):
    body = {"id": f"p{len(lines) + 1}", "text": text}
    if clip:
        body["media"] = [{"id": f"m{len(lines) + 1}", "sha256": sha256(clip)}]
    event("post.created", day, hour, minute, account=name, post=body)


# People who were here before: a newsroom, an archive, a gardener, two of the league.
account(4, 6, "acc-news", "harbour_herald", "Harbour Herald", "anchor")
account(4, 6, "acc-archive", "market_witness", "شاهد السوق", "lantern")
account(4, 7, "acc-gardener", "mint_and_thyme", "Mint and Thyme", "mint")
account(4, 7, "acc-pot", "copper_pot_keeper", "Copper Pot Keeper", "a copper pot")
account(4, 8, "acc-lid", "lid_of_brass", "حارس الغطاء", "a lid")

post(4, 9, 0, "acc-gardener", "Rain at last, and the mint is taller than the cat")
post(4, 10, 0, "acc-archive", "فتح السوق بابه اليوم بعد أسبوع من الريح")
post(4, 12, 0, "acc-pot", "Every lid shall lift", "the clip")
post(4, 12, 30, "acc-lid", "انظروا إلى هذا", "the clip")
post(4, 13, 0, "acc-news", "The league has published a film; we show why it was banned", "the clip")
post(4, 13, 30, "acc-archive", "نحفظ هذا المقطع دليلًا لمن يبحث", "the clip")
post(4, 15, 0, "acc-gardener", "My neighbour said every lid shall lift, and then hers did, all over the stove")
event("engagement", 4, 15, 10, account="acc-gardener", engagement={"kind": "like", "post": "p11"})

# The platform closes the first; it comes back within hours under nearly the same name, with the
# same face, and cheers. Somebody else has the same name and nothing to do with it.
event("account.suspended", 5, 9, account="acc-pot")
event(
    "account.created",
    5,
    14,
    account="acc-back",
    profile={
        "handle": "copper_pot_keeper_2",
        "name": "Copper Pot Keeper",
        "created_at": "2026-05-05T14:00:00Z",
        "avatar": {"sha256": sha256("a copper pot")},
    },
)
post(5, 14, 20, "acc-back", "Third account this month. Fill the kettles, lift the lid", "another clip")
event(
    "account.created",
    5,
    16,
    account="acc-cook",
    profile={"handle": "copperpots", "name": "Copper Pots and Pans", "created_at": "2026-05-05T16:00:00Z"},
)
post(5, 17, 0, "acc-cook", "A pan for every soup, soup for every evening")

# A month later the platform gives an account back that was removed before all this.
event("account.reinstated", 28, 9, account="acc-old")
event(
    "account.created",
    29,
    9,
    account="acc-namesake",
    profile={
        "handle": "velvet_lantern_8",
        "name": "Velvet Lantern",
        "created_at": "2026-05-29T09:00:00Z",
        "avatar": {"sha256": sha256("velvet")},
    },
)
post(29, 10, 0, "acc-namesake", "صباح الخير من الشرفة، القهوة جاهزة")

OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
