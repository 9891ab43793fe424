"""Asks a running server and compares each answer with its OpenAPI document.

The comparison is schemathesis': no 5xx, and only statuses, content types and bodies that the
document tells. What does not fit is kept, and told at the end. Left out: what is asked
(walk.py, scan.py).
"""

import collections

import requests
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Seconds that one answer may take.
PATIENCE = 30
# What a fault tells of an answer, in characters.
TOLD_MAX = 600


class Asker:
    """Asks as several callers, and keeps count of who got what."""

    def __init__(self, address, callers):
        self.base = f"http://{address}"
        self.callers = callers
        # Loaded as what it says: by its address schemathesis would leave its own operation out.
        document = requests.get(f"{self.base}/openapi.json", timeout=PATIENCE).json()
        self.document = document
        self.schema = schemathesis.openapi.from_dict(document)
        operations = [found.ok() for found in self.schema.get_all_operations()]
        self.operations = {operation.label: operation for operation in operations}
        self.reached = collections.defaultdict(collections.Counter)
        self.statuses = collections.Counter()
        self.faults = {}
        # Writes that were asked twice under one idempotency key.
        self.repeated = set()
        self.asked = 0

    def headers(self, caller):
        """What a caller is known by; nothing for the public."""
        return dict(self.callers.get(caller, {}))

    def send(self, caller, case):
        """Sends a case as a caller and compares the answer; gives the answer."""
        label = case.operation.label
        answer = case.call(base_url=self.base, headers=self.headers(caller), timeout=PATIENCE)
        self.asked += 1
        self.statuses[answer.status_code] += 1
        if 200 <= answer.status_code < 300:
            self.reached[label][caller] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except (Exception, BaseExceptionGroup) as fault:  # or a body that cannot even be read
            kinds = [type(one).__name__ for one in getattr(fault, "exceptions", [fault])]
            key = (label, answer.status_code, *sorted(set(kinds)))
            self.faults.setdefault(key, f"{caller}: {told(fault)[:TOLD_MAX]}")
        return answer

    def takes_key(self, label):
        """Whether a write is done once under an idempotency key."""
        path, method = self.operations[label].path, self.operations[label].method.lower()
        stated = self.document["paths"][path][method].get("parameters", [])
        return any(parameter["name"] == "idempotency-key" for parameter in stated)

    def unrepeated(self):
        """The writes that take an idempotency key and were not asked twice under one."""
        return sorted(label for label in self.operations
                      if self.takes_key(label) and label not in self.repeated)

    def unreached(self):
        """The operations that nobody got a 2xx from."""
        return sorted(set(self.operations) - set(self.reached))


def told(fault):
    """A fault in words: what is wrong, without the whole answer."""
    return "; ".join(str(one) for one in getattr(fault, "exceptions", [fault]))
