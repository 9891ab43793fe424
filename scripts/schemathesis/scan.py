"""Scans the API of a running server against its own OpenAPI document.

    scan.py < world.json

First a walk with real ids, in which every operation must answer with a 2xx (walk.py); then, of
each operation and as each caller, requests that schemathesis makes: some as the document says,
some not, with real ids in their paths now and then. The world is made by the test
crates/server/tests/served/scanned.rs, which says of each field what it is. Prints a report as
JSON, and ends with 1 where anything is not as the document says.
"""

import json
import random
import sys

from asking import Asker
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from walk import Walk

# Asked of nobody in particular: no answer depends on the role.
OPEN = {"GET /livez", "GET /readyz", "GET /openapi.json", "POST /v1/links/use",
        "POST /v1/session", "GET /v1/appeals/form/{action}"}
CALLERS = ["reviewer", "senior", "analyst", "policy_author", "auditor", "admin", "key"]
# Never ends.
STREAMS = {"GET /v1/live"}
# Ends the caller's own session: scanned as nobody, and in the walk.
ENDING = {"DELETE /v1/session", "DELETE /v1/sessions/{session}"}
# The share of requests with real ids in their paths.
REAL = 0.7


def scan(asker, known, examples, seeded):
    """Asks every operation as everybody, in an order drawn anew for each request."""
    for label, operation in asker.operations.items():
        if label in STREAMS:
            continue
        callers = ["anybody"] if label in OPEN | ENDING else CALLERS
        for mode in [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]:
            one(asker, operation, callers, mode, known, examples, seeded)


def one(asker, operation, callers, mode, known, examples, seeded):
    """Asks one operation so many times, each time as all callers."""
    chance = random.Random(f"{seeded} {operation.label} {mode}")
    names = [name for name in known if "{" + name + "}" in operation.path]

    @seed(seeded)
    @settings(max_examples=examples, database=None, deadline=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        for name in names:
            if chance.random() < REAL:
                case.path_parameters[name] = chance.choice(known[name])
        for caller in chance.sample(callers, len(callers)):
            asker.send(caller, case)

    try:
        ask()
    except Unsatisfiable:
        pass  # Nothing can be wrong with a request that has no parts.


def main():
    world = json.load(sys.stdin)
    asker = Asker(world["address"], world["callers"])
    walk = Walk(asker, world)
    known = walk.all()
    unreached = asker.unreached()
    unrepeated = asker.unrepeated()
    walked = asker.asked
    scan(asker, known, world["examples"], world["seed"])
    walk.still_known(CALLERS)
    report = {
        "operations": len(asker.operations),
        "unreached": unreached,
        "unrepeated": unrepeated,
        "walked": walked,
        "scanned": asker.asked - walked,
        "statuses": dict(sorted(asker.statuses.items())),
        "faults": [{"at": list(key), "told": told} for key, told in asker.faults.items()],
    }
    json.dump(report, sys.stdout, indent=1)
    return 1 if asker.faults or unreached else 0


if __name__ == "__main__":
    sys.exit(main())
