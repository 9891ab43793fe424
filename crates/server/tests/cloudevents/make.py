"""Writes events with PyPI's `cloudevents`, in its three modes, into the folder given.

An independent witness: what a platform's own sender would produce, made by conversion
functions that are not ours. `sent.jsonl` holds what was put in, as canonical events.
The library has no function for batches, so the batch is its structured events in an array.
"""

import base64
import json
import pathlib
import sys
from datetime import datetime, timedelta, timezone

from cloudevents.core.bindings import http, kafka
from cloudevents.core.v1.event import CloudEvent

BEGUN = datetime(2026, 5, 1, 9, 0, 0, 250000, tzinfo=timezone.utc)
EVENTS_PER_MODE = 60
# Sent with a zone of its own; the event is at the same instant.
ELSEWHERE = timezone(timedelta(hours=3))


def body(number):
    """One event's type and data, without what the envelope says."""
    account = f"kettle-{number % 7}"
    kinds = [
        (
            "post.created",
            {
                "account": account,
                "post": {
                    "id": f"p-{number}",
                    "text": f"صباح الشاي {number} — \"on the boil\" ☕ #kettle_league",
                    "languages": ["ar", "en"],
                },
            },
        ),
        ("follow", {"account": account, "follow": {"target": "kettle-0"}}),
        ("engagement", {"account": account, "engagement": {"kind": "like", "post": "p-0"}}),
        (
            "account.updated",
            {"account": account, "profile": {"handle": f"{account}.example", "bio": "Steam\nonly"}},
        ),
    ]
    return kinds[number % len(kinds)]


def event(mode, number):
    """A CloudEvent, and the canonical event that it is."""
    kind, data = body(number)
    at = BEGUN + timedelta(minutes=number)
    attributes = {
        "id": f"{mode}-{number}",
        "source": f"https://league.example/{mode}/صفير %20",
        "type": kind if number % 2 else f"com.seawall.{kind}",
        "time": at.astimezone(ELSEWHERE) if number % 3 == 0 else at,
        "subject": "tea \"green\"",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    }
    if number % 5:
        attributes["datacontenttype"] = "application/json"
    raw = json.dumps(data).encode() if number % 4 == 3 else data
    kept = {name: attributes[name] for name in ("source", "subject", "traceparent")}
    canonical = {
        "v": 1,
        "type": kind,
        "id": attributes["id"],
        "at": at.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0") + "Z",
        **data,
        "cloudevent": kept,
    }
    return CloudEvent(attributes, raw), canonical


def recorded(message, number):
    """An HTTP message as a proxy would record it, its body in one of three ways."""
    ways = [
        lambda body: {"body": json.loads(body)},
        lambda body: {"body_text": body.decode()},
        lambda body: {"body_base64": base64.b64encode(body).decode()},
    ]
    return {"headers": message.headers, **ways[number % 3](message.body)}


def recorded_kafka(message, number):
    """A Kafka message: its headers are bytes."""
    headers = {name: value.decode() for name, value in message.headers.items()}
    return {"headers": headers, "body_base64": base64.b64encode(message.value).decode()}


def main(folder):
    """Writes every mode and what was sent."""
    modes = {
        "structured": lambda made, _: json.loads(http.to_structured_event(made).body),
        "recorded": lambda made, n: recorded(http.to_structured_event(made), n),
        "binary": lambda made, n: recorded(http.to_binary_event(made), n),
        "kafka": lambda made, n: recorded_kafka(kafka.to_binary_event(made), n),
        "batch": lambda made, _: json.loads(http.to_structured_event(made).body),
    }
    sent = []
    for mode, convert in modes.items():
        messages = []
        for number in range(EVENTS_PER_MODE):
            made, canonical = event(mode, number)
            messages.append(convert(made, number))
            sent.append(canonical)
        if mode == "batch":
            text = json.dumps(messages, indent=2)
        else:
            text = "\n".join(json.dumps(message) for message in messages) + "\n"
        (folder / f"{mode}.json").write_text(text, encoding="utf-8")
    lines = "\n".join(json.dumps(canonical) for canonical in sent)
    (folder / "sent.jsonl").write_text(lines + "\n", encoding="utf-8")


main(pathlib.Path(sys.argv[1]))
