"""A scanning service for Portway (docs/scanning.md): it believes a signed question only, reads the file, and answers.

`PORTWAY_SECRET=… python server.py` listens on 127.0.0.1:8080; TLS is for whatever stands in front of it.
"""

from __future__ import annotations

import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO
from urllib.request import urlopen

MOST_QUESTION, MOST_FILE, SECONDS = 64 << 10, 64 << 20, 300
TEST_FILE = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"


def is_portways(secret: str, timestamp: str, signature: str, body: bytes, now: float) -> bool:
    """Whether whoever knows the secret asked exactly this, within the last five minutes."""
    if not timestamp.isdecimal() or abs(now - int(timestamp)) > SECONDS:
        return False
    expected = "v1=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + body, "sha256").hexdigest()
    return hmac.compare_digest(expected.encode(), signature.encode())


def scan(file: IO[bytes]) -> dict[str, str]:
    """Your scanner stands here. What it did not look into whole is `not_scanned`, never `clean`."""
    data = file.read(MOST_FILE + 1)
    if len(data) > MOST_FILE:
        return {"verdict": "not_scanned", "name": f"more than {MOST_FILE} bytes"}
    return {"verdict": "infected", "name": "Eicar-Test"} if TEST_FILE in data else {"verdict": "clean"}


class Scanner(BaseHTTPRequestHandler):
    secret: str

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("content-length", 0)), MOST_QUESTION))
        timestamp, signature = (self.headers.get(f"x-portway-{name}", "") for name in ("timestamp", "signature"))
        if not is_portways(self.secret, timestamp, signature, body, time.time()):
            self.send_error(403)
            return
        with urlopen(json.loads(body)["url"], timeout=60) as file:
            answer = json.dumps(scan(file)).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """The log of requests is for whoever stands in front; a URL of a file belongs into none."""


if __name__ == "__main__":
    Scanner.secret = os.environ["PORTWAY_SECRET"]
    ThreadingHTTPServer(("127.0.0.1", 8080), Scanner).serve_forever()
