"""Stands between the S3 endpoint and EventBridge: lets events pass, or keeps them for a test to release as it likes."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Entry = dict[str, Any]
BATCH = 10
"""Entries of one PutEvents, at most."""


class Shuffler:
    """An EventBridge endpoint that knows PutEvents only. `target` is the real one, to be set before the first event."""

    def __init__(self) -> None:
        self.target = ""
        self._kept: list[Entry] = []
        self._keeps = False
        self._headers: dict[str, str] = {}
        self._changed = threading.Condition()

    def keep(self) -> None:
        """From now on events wait here."""
        with self._changed:
            self._keeps = True

    def let_pass(self) -> None:
        """From now on events go through; those that still wait are forgotten."""
        with self._changed:
            self._keeps, self._kept = False, []

    def waiting(self, count: int, seconds: float = 30.0) -> list[Entry]:
        """The events that wait, once there are `count` of them, ordered by their keys. Fails after `seconds`."""
        with self._changed:
            came = self._changed.wait_for(lambda: len(self._kept) >= count, seconds)
            assert came, f"{len(self._kept)} of {count} events came"
            return sorted(self._kept, key=lambda entry: str(json.loads(entry["Detail"])["object"]["key"]))

    def send(self, entries: list[Entry]) -> None:
        """Bring these events to EventBridge, in this order."""
        for first in range(0, len(entries), BATCH):
            body = json.dumps({"Entries": entries[first : first + BATCH]}).encode()
            with urllib.request.urlopen(urllib.request.Request(self.target, body, self._headers), timeout=30) as answer:
                assert json.load(answer)["FailedEntryCount"] == 0

    def put_events(self, headers: dict[str, str], entries: list[Entry]) -> None:
        """What the S3 endpoint sends."""
        with self._changed:
            self._headers = headers
            if self._keeps:
                self._kept += entries
                self._changed.notify_all()
                return
        self.send(entries)


@contextmanager
def shuffler() -> Iterator[tuple[Shuffler, str]]:
    """A running shuffler and its URL."""
    made = Shuffler()
    with listening(made) as url:
        yield made, url


@contextmanager
def listening(made: Shuffler) -> Iterator[str]:
    """The URL at which `made` hears of events, while the context is open."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            entries = json.loads(self.rfile.read(int(self.headers["content-length"])))["Entries"]
            passed_on = {name: self.headers[name] for name in ("Content-Type", "X-Amz-Target", "Authorization")}
            made.put_events(passed_on, entries)
            body = json.dumps({"FailedEntryCount": 0, "Entries": [{"EventId": "kept"} for _ in entries]}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
