"""Receives what Seawall decides: verifies it, acts once, and answers.

    pip install standardwebhooks
    python receiver.py --listen 127.0.0.1:9100 --secret-file hook.secret --store acted.db

Write your own calls into `act`. Everything else can stay as it is.
"""

import argparse
import json
import sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

BODY_BYTES_MAX = 1_000_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS acted (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS in_force (action TEXT PRIMARY KEY, verb TEXT NOT NULL,
                                     subject TEXT NOT NULL, until TEXT);
"""


def act(store: sqlite3.Connection, kind: str, data: dict) -> bool:
    """Does what is asked; False if it is nothing that we know how to do.

    It is called in the transaction that keeps the webhook's id. Where your platform lives
    in another system, make its calls repeatable by `data["action"]`: after a crash between
    the call and the commit the same comes again.
    """
    subject = data["subject"].get("post") or data["subject"].get("account")
    if kind == "seawall.action.undo":
        # restore, reinstate, unrestrict, uncover, unlabel: what the action had done.
        store.execute("DELETE FROM in_force WHERE action = ?", [data["action"]])
        return True
    if kind == "seawall.notice":
        # Here: show the account each of data["notices"]. Nothing else is to be done.
        return True
    if kind != "seawall.action.do":
        return False
    if data["verb"] not in ("remove", "suspend", "restrict", "interstitial", "label"):
        return False
    row = [data["action"], data["verb"], subject, data["until"]]
    store.execute("INSERT OR REPLACE INTO in_force VALUES (?, ?, ?, ?)", row)
    # Here: show the account data["notice"], in its language, and data["appeal"]["url"].
    # Both are None while an order forbids that, until data["notice_withheld_until"].
    return True


class Receiver(BaseHTTPRequestHandler):
    webhook: Webhook
    store: sqlite3.Connection
    timeout = 30

    def do_POST(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        if length > BODY_BYTES_MAX:
            return self.answer(413)
        body = self.rfile.read(length)
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            self.webhook.verify(body, headers)
        except WebhookVerificationError:
            return self.answer(401)
        try:
            self.answer(self.once(headers["webhook-id"], json.loads(body)))
        except sqlite3.Error:
            self.answer(503)  # Nothing was done: it is sent again.

    def once(self, webhook_id: str, told: dict) -> int:
        with self.store:  # One transaction: both are kept, or neither is.
            new = self.store.execute("INSERT OR IGNORE INTO acted VALUES (?)", [webhook_id])
            if new.rowcount == 1 and not act(self.store, told["type"], told["data"]):
                self.store.rollback()
                return 422  # Nothing we know: it waits in GET /v1/delivery?state=refused.
        return 204  # Acted now, or had acted before.

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Ids and content stay out of the log."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", default="127.0.0.1:9100")
    parser.add_argument("--secret-file", required=True)
    parser.add_argument("--store", default="acted.db")
    given = parser.parse_args()
    Receiver.webhook = Webhook(Path(given.secret_file).read_text().strip())
    Receiver.store = sqlite3.connect(given.store)
    Receiver.store.execute("PRAGMA synchronous = FULL")
    Receiver.store.executescript(SCHEMA)
    host, port = given.listen.rsplit(":", 1)
    server = HTTPServer((host, int(port)), Receiver)
    print(f"receiving at http://{host}:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
