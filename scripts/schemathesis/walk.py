"""A walk through the whole API with real ids: every operation answers it with a 2xx.

Each step builds on what the steps before it made: somebody is invited before their link is
used, a file is sent before it is looked at. The world that it begins with is made by the test
crates/server/tests/served/scanned.rs. Left out: wrong requests (scan.py).
"""

import base64
import time
import uuid

import requests

LONG = "2027-03-01T00:00:00Z"
ORDER_ENDS = "2026-06-08T00:00:00Z"
DAY = {"from": "2026-05-20T00:00:00Z", "to": "2026-05-21T00:00:00Z"}
STORY = {"from": "2026-01-01T00:00:00Z", "to": "2026-06-01T00:00:00Z"}
# The header that a write is done once under.
KEY = "idempotency-key"
# Seconds that a delivery may take.
DELIVERY = 20


class Walk:
    """The steps, in order. What they learn stays in `known`, for the scan."""

    def __init__(self, asker, world):
        self.asker = asker
        self.world = world
        self.known = {}
        self.cookie = ""

    def ask(self, caller, label, path=None, query=None, body=None, kind="application/json"):
        """Asks, and gives the body of the 2xx that must come."""
        operation = self.asker.operations[label]
        given = {} if body is None else {"body": body, "media_type": kind}
        headers = {KEY: str(uuid.uuid4())} if self.asker.takes_key(label) else {}
        parts = {"path_parameters": path or {}, "query": query or {}, "headers": headers}
        answer = self.asker.send(caller, operation.Case(**parts, **given))
        if not 200 <= answer.status_code < 300:
            raise SystemExit(f"{caller}: {label}: {answer.status_code}: {answer.text}")
        if headers:
            self.again(caller, operation, parts, given, answer)
        self.cookie = answer.headers.get("set-cookie", [""])[0].split(";")[0]
        is_json = answer.headers.get("content-type", [""])[0].startswith("application/json")
        return answer.json() if is_json else answer.content

    def again(self, caller, operation, parts, given, answer):
        """The same under the same key is answered the same; another under it is refused."""
        same = self.asker.send(caller, operation.Case(**parts, **given))
        told = (same.status_code, same.content, same.headers.get("idempotency-replayed"))
        if told != (answer.status_code, answer.content, ["true"]):
            raise SystemExit(f"{caller}: {operation.label}: again: {told} for {answer.content}")
        self.asker.repeated.add(operation.label)
        if caller == "anybody":
            return  # Strangers' keys are told apart by what they ask.
        other = {"body": {"another": 1}, "media_type": "application/json"}
        refused = self.asker.send(caller, operation.Case(**parts, **other))
        if refused.status_code != 409:
            raise SystemExit(f"{caller}: {operation.label}: another: {refused.status_code}")

    def all(self):
        """Every step; gives what was learned."""
        self.plain()
        self.people()
        self.keys()
        self.knowledge()
        self.rules()
        self.cases()
        self.appeals()
        self.media()
        self.live()
        self.sessions()
        return self.known

    def still_known(self, callers):
        """What the scan asked has let nobody out: else the rest of it asked as nobody."""
        for caller in callers:
            label = "GET /v1/cases" if caller == "key" else "GET /v1/session"
            self.ask(caller, label)

    def plain(self):
        for label in ["GET /livez", "GET /readyz", "GET /openapi.json"]:
            self.ask("anybody", label)
        self.ask("anybody", "GET /problems/{code}", path={"code": "stale"})
        for caller in ["admin", "key"]:
            self.ask(caller, "GET /metrics")
        for caller in ["reviewer", "senior", "analyst", "policy_author", "auditor", "admin", "key"]:
            self.ask(caller, "GET /v1/measures", query=DAY)
            self.ask(caller, "GET /v1/measures/tide", query={**DAY, "by": "hour"})
        for caller in ["reviewer", "senior", "analyst", "key"]:
            wave = self.ask(caller, "GET /v1/waves", query=STORY)["waves"][0]["wave"]
            self.ask(caller, "GET /v1/waves/{wave}", path={"wave": wave})
        self.known["wave"] = [wave]
        event = {
            "type": "post.created", "id": "walk-1", "at": "2026-05-20T11:00:00Z",
            "account": "walker", "post": {"id": "p-walk", "text": "of kettles"},
        }
        self.ask("key", "POST /v1/events", body=event, query={"wait": "verdict"})
        report = {"id": "walk-2", "at": "2026-05-20T11:10:00Z", "subject": {"post": "p-walk"}}
        self.ask("key", "POST /v1/reports", body=report)
        for caller in ["reviewer", "senior", "analyst", "key"]:
            self.ask(caller, "GET /v1/reports", query={"limit": 5})
        self.ask("admin", "GET /v1/doctor")

    def people(self):
        listed = self.ask("auditor", "GET /v1/people")["people"]
        spare = {"login": "walker", "shown_name": "Walker", "roles": ["reviewer"]}
        invited = self.ask("admin", "POST /v1/people", body=spare)
        password = self.world["password"]
        used = {"token": invited["token"], "password": password}
        self.ask("anybody", "POST /v1/links/use", body=used)
        listed = self.ask("admin", "GET /v1/people")["people"]
        row = next(row for row in listed if row["login"] == "walker")
        person = {"person": row["person"]}
        # Whoever made the link does not answer for the key that came of it.
        answers = {"public_key": row["public_key"]}
        self.ask("second", "POST /v1/people/{person}/admission", path=person, body=answers)
        listed = self.ask("admin", "GET /v1/people")["people"]
        row = next(row for row in listed if row["login"] == "walker")
        change = {"version": row["version"], "shown_name": "Walker again"}
        self.ask("admin", "PATCH /v1/people/{person}", path=person, body=change)
        self.ask("admin", "POST /v1/people/{person}/reset", path=person)
        self.known["person"] = [str(row["person"])]

    def keys(self):
        made = {"name": "walk", "scopes": ["journal:read"], "expires_at": LONG}
        self.ask("admin", "POST /v1/keys", body=made)
        keys = self.ask("auditor", "GET /v1/keys")["keys"]
        key = {"key": keys[-1]["key"]}
        self.ask("admin", "POST /v1/keys/{key}/rotation", path=key, body={})
        self.ask("admin", "DELETE /v1/keys/{key}", path=key)
        self.known["key"] = [str(key["key"])]
        for caller in ["auditor", "analyst", "key"]:
            self.ask(caller, "GET /v1/journal", query={"limit": 50})

    def knowledge(self):
        listed = {"banks": "senior", "terms": "policy_author", "policies": "policy_author",
                  "rules": "policy_author", "protected": "senior", "removed": "senior"}
        for resource, caller in listed.items():
            page = self.ask(caller, f"GET /v1/{resource}")
            for row in page["entries"][:1]:
                name = "policy" if resource == "policies" else "entry"
                path = {name: row["entry"]}
                self.ask(caller, f"GET /v1/{resource}/{{{name}}}", path=path)
        picture = self.world["sha256"]
        hashes = {"bank": "markerclips", "class": "support", "source": "walk",
                  "hashes": [{"sha256": picture}]}
        added = self.ask("senior", "POST /v1/banks", body=hashes)["entries"]
        self.ask("second", "POST /v1/banks/confirmations", body={"entries": [added]})
        other = {**hashes, "bank": "others", "hashes": [{"sha256": "ab" * 32}]}
        gone = self.ask("senior", "POST /v1/banks", body=other)["entries"]
        self.ask("senior", "POST /v1/banks/withdrawals", body={"entries": [gone]})
        terms = {"list": "walk", "source": "walk", "terms": [{"term": "teaspoon"}]}
        waiting = self.ask("key", "POST /v1/terms", body=terms)["entries"]
        self.ask("policy_author", "POST /v1/terms/confirmations", body={"entries": [waiting]})
        self.ask("policy_author", "POST /v1/terms/withdrawals", body={"entries": [waiting]})
        read = self.ask("policy_author", "GET /v1/policies/{policy}", path={"policy": "manners"})
        kept = ["id", "title_ar", "title_en", "text_ar", "text_en", "reference",
                "terrorist_content", "unattended_restrict_hours", "appeal_days"]
        after = {name: read[name] for name in kept}
        after |= {"after_version": read["version"], "source": "walk", "appeal_days": 31}
        waiting = self.ask("key", "POST /v1/policies", body=after)["entries"]
        self.ask("policy_author", "POST /v1/policies/confirmations", body={"entries": [waiting]})
        shield = {"account": "desk", "ground": "press", "source": "walk"}
        added = self.ask("senior", "POST /v1/protected", body=shield)["entries"]
        self.ask("senior", "GET /v1/protected/{entry}", path={"entry": added})
        self.ask("senior", "POST /v1/protected/withdrawals", body={"entries": [added]})
        removed = self.ask("senior", "GET /v1/removed")["entries"][0]["entry"]
        self.ask("senior", "POST /v1/removed/withdrawals", body={"entries": [removed]})
        self.known["entry"] = [f"k{number}" for number in range(1, 12)]
        self.known["policy"] = ["manners", "k1"]

    def rules(self):
        current = self.ask("policy_author", "GET /v1/rules/{entry}", path={"entry": "current"})
        files = {"files": current["texts"]}
        self.ask("policy_author", "POST /v1/rules/check", body=files)
        event = {"v": 1, "type": "post.created", "id": "t1", "at": "2026-05-20T09:00:00Z",
                 "account": "lid", "post": {"id": "p-t1", "text": "boil as one"}}
        self.ask("policy_author", "POST /v1/rules/run", body={**files, "events": [event]})
        text = current["texts"]["main.sml"] + "\n# Once more.\n"
        body = {"files": {"main.sml": text}, "replaces": current["entry"], "source": "walk"}
        waiting = self.ask("key", "POST /v1/rules", body=body)["entries"]
        self.ask("policy_author", "POST /v1/rules/confirmations", body={"entries": [waiting]})
        self.ask("policy_author", "POST /v1/rules/withdrawals", body={"entries": [waiting]})

    def cases(self):
        for caller in ["reviewer", "senior", "analyst", "key"]:
            listed = self.ask(caller, "GET /v1/cases")["cases"]
            for row in listed[:2]:
                self.ask(caller, "GET /v1/cases/{case}", path={"case": row["case"]})
        path = {"case": "c4"}
        case = self.ask("reviewer", "GET /v1/cases/{case}", path=path)
        order = {"order": "N-1", "until": ORDER_ENDS}
        self.ask("senior", "PUT /v1/cases/{case}/withholding", path=path, body=order)
        self.ask("senior", "DELETE /v1/cases/{case}/withholding", path=path)
        ruling = {"ruling": "remove", "saw": "content", "version": case["version"]}
        ruled = self.ask("reviewer", "POST /v1/cases/{case}/rulings", path=path, body=ruling)
        decision = {"decision": ruled["decision"]}
        for caller in ["reviewer", "senior", "analyst", "auditor", "key"]:
            self.ask(caller, "GET /v1/decisions")
            self.ask(caller, "GET /v1/decisions/{decision}", path=decision)
        # The platform refuses what is done to this post, so its letter is a dead one.
        letter = {"instruction": self.settled(ruled["actions"][0])}
        self.ask("admin", "POST /v1/delivery/{instruction}/replay", path=letter)
        self.settled(ruled["actions"][0])
        self.ask("admin", "POST /v1/delivery/reopen")
        moot = {"why": "moot"}
        self.ask("senior", "POST /v1/delivery/{instruction}/release", path=letter, body=moot)
        label = "POST /v1/decisions/{decision}/overturn"
        self.ask("senior", label, path=decision, body={})
        self.ask("key", "POST /v1/reconcile", body={"suspended": ["spout"], "removed": ["p-spout"]})
        for caller in ["senior", "admin", "key"]:
            self.ask(caller, "GET /v1/reconcile")
        self.known["case"] = ["c1", "c2", "c3", "c4"]
        self.known["decision"] = [ruled["decision"]]
        self.known["instruction"] = [letter["instruction"]]

    def settled(self, action):
        """The instruction of an action, once the platform has refused it."""
        ended = time.monotonic() + DELIVERY
        while time.monotonic() < ended:
            for row in self.ask("admin", "GET /v1/delivery")["instructions"]:
                if row["id"] == action and row["state"] == "refused":
                    return action
            time.sleep(0.1)
        raise SystemExit(f"the platform was not asked about {action}")

    def appeals(self):
        link = self.world["appeal"]
        form = {"path": {"action": link["action"]}, "query": {"token": link["token"]}}
        self.ask("anybody", "GET /v1/appeals/form/{action}", **form)
        body = {"action": link["action"], "token": link["token"], "text": "it was news"}
        made = self.ask("anybody", "POST /v1/appeals", body=body)
        self.ask("senior", "GET /v1/appeals", query={"state": "open"})
        path = {"appeal": made["appeal"]}
        ruling = {"ruling": "overturn"}
        self.ask("senior", "POST /v1/appeals/{appeal}/rulings", path=path, body=ruling)
        self.known["appeal"] = [made["appeal"]]
        self.known["action"] = [link["action"]]

    def media(self):
        picture = base64.b64decode(self.world["picture"])
        path = {"sha256": self.world["sha256"]}
        event = {
            "type": "post.created", "id": "walk-3", "at": "2026-05-20T12:00:00Z",
            "account": "walker-2",
            "post": {"id": "p-file", "text": "look",
                     "media": [{"id": "m-file", "sha256": self.world["sha256"]}]},
        }
        told = self.ask("key", "POST /v1/events", body=event, query={"wait": "verdict"})
        case = told["verdicts"][0]["case"]
        kind = "application/octet-stream"
        fetched = {"url": self.world["file_url"], "case": case}
        self.ask("reviewer", "POST /v1/media/{sha256}/fetch", path=path, body=fetched)
        self.ask("key", "PUT /v1/media/{sha256}", path=path, body=picture, kind=kind)
        label = "GET /v1/media/{sha256}/thumbnail"
        self.ask("reviewer", label, path=path, query={"case": case})
        label = "POST /v1/media/{sha256}/grants"
        grant = self.ask("reviewer", label, path=path, body={"case": case})["grant"]
        self.ask("reviewer", "GET /v1/media/{sha256}", path=path, query={"grant": grant})
        label = "POST /v1/media/{sha256}/mark"
        self.ask("reviewer", label, path=path, body={"case": case})
        # The holder of the configured route.
        self.ask("senior", "GET /v1/media/{sha256}/handover", path=path)
        self.ask("senior", "DELETE /v1/media/{sha256}/mark", path=path)
        self.known["sha256"] = [self.world["sha256"]]

    def live(self):
        """The stream does not end: its head and its first bytes are looked at."""
        url = f"{self.asker.base}/v1/live"
        headers = {**self.asker.headers("analyst"), "last-event-id": "0"}
        with requests.get(url, headers=headers, stream=True, timeout=20) as answer:
            kind = answer.headers["content-type"].split(";")[0]
            assert (answer.status_code, kind) == (200, "text/event-stream"), answer.status_code
            assert next(answer.iter_content(16)), "nothing was told"
        self.asker.reached["GET /v1/live"]["analyst"] += 1

    def sessions(self):
        password = {"password": self.world["password"]}
        login = {"login": self.world["logins"]["spare"], **password}
        session = self.ask("anybody", "POST /v1/session", body=login)
        assert session["csrf_token"]
        for caller in ["reviewer", "senior", "analyst", "policy_author", "auditor", "admin"]:
            self.ask(caller, "GET /v1/session")
            self.ask(caller, "POST /v1/session/step-up", body=password)
        rows = self.ask("spare", "GET /v1/sessions")["sessions"]
        other = next(row for row in rows if not row["is_this"])
        path = {"session": other["session"]}
        self.ask("spare", "DELETE /v1/sessions/{session}", path=path)
        self.known["session"] = [str(other["session"])]
        change = {**password, "next": "ten kettles on a shelf"}
        # The session goes on under another cookie.
        answer = self.ask("spare", "PUT /v1/session/password", body=change)
        self.asker.callers["spare"] = {"cookie": self.cookie, "x-csrf-token": answer["csrf_token"]}
        self.ask("spare", "DELETE /v1/session")
