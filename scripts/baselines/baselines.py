"""Judges simulated worlds by naive baselines: are they as hard as what real data gave?

    python baselines.py EVENTS_DIR... [--json OUT]

Reads truth.jsonl and events.jsonl of each EVENTS_DIR and prints a table. Of several worlds it
prints their mean in a last table, with the interval of that mean between worlds, and the range
is wanted of the mean: one world may lie beside it by chance. Ends with 1 if a figure lies
outside its wanted range, with 2 if a folder cannot be judged. The same folder gives the
same figures: every draw is seeded and one thread computes. Left out: Seawall itself, which is
to do better than all of these on the same world.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from threadpoolctl import threadpool_limits

import handles
import ngrams
import rhythm
import tree
from report import Row, of_worlds, table
from world import Unfit, World, read_events, read_truth


def say(start: float, what: str) -> None:
    print(f"{time.monotonic() - start:6.1f} s  {what}", file=sys.stderr, flush=True)


def measured(folder: Path) -> tuple[World, list[Row]]:
    """Every row of every baseline."""
    start = time.monotonic()
    truth = read_truth(folder)
    split = ngrams.split_of(truth)
    say(start, f"truth: {len(truth.accounts):,} accounts")
    world = read_events(folder, truth, split.posts())
    say(start, f"events: {world.events:,}")
    rows = handles.measure(world)
    say(start, handles.NAME)
    rows += rhythm.measure(world)
    say(start, rhythm.NAME)
    rows += ngrams.measure(world, split)
    say(start, ngrams.NAME)
    rows += tree.measure(world)
    say(start, tree.NAME)
    return world, rows


def main() -> int:
    parser = argparse.ArgumentParser(description="Judges simulated worlds by naive baselines.")
    parser.add_argument("folders", type=Path, metavar="EVENTS_DIR", nargs="+")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write the rows there too")
    arguments = parser.parse_args()
    worlds: list[list[Row]] = []
    outcomes = []
    for folder in arguments.folders:
        try:
            with threadpool_limits(limits=1):
                world, rows = measured(folder)
        except (OSError, Unfit) as error:
            print(f"baselines: {error}", file=sys.stderr)
            return 2
        print(f"{folder.name}\n{table(rows)}\n", flush=True)
        worlds.append(rows)
        outcomes.append({
            "world": folder.name,
            "events": world.events,
            "accounts": len(world.accounts),
            "rows": [row.as_json() for row in rows],
        })
    judged = worlds[0]
    if len(worlds) > 1:
        judged = [of_worlds(rows) for rows in zip(*worlds, strict=True)]
        print(f"mean of {len(worlds)} worlds\n{table(judged)}\n")
    missed = [row for row in judged if row.is_bounded and not row.is_met]
    bounded = sum(row.is_bounded for row in judged)
    print(f"{bounded - len(missed)} of {bounded} wanted ranges met.")
    if arguments.json:
        outcome = {"worlds": outcomes, "judged": [row.as_json() for row in judged]}
        text = json.dumps(outcome, indent=2, ensure_ascii=False, allow_nan=False)
        arguments.json.write_text(text + "\n", encoding="utf-8")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
