"""The part of a phone that sends files while the app is gone: `nsurlsessiond`, or whatever runs an Android job.

`python -m tests.stack.transfer_daemon`, a process of its own. It is told by lines of JSON on stdin, and tells by lines
of JSON on stdout how each task ended. All that it knows of an upload is what is in a task:

    {"task": {"name": "7", "url": "https://…", "headers": {…}, "file": "…/7.part"}}
    {"radio": ["answer lost", "cut"]}       what happens to the next requests, whichever they are; "503 SlowDown" is an
                                            answer in S3's place
    {"network": 0}                          so many more requests go out, then tasks wait; null for a network without
                                            end

    {"name": "7", "status": 200, "code": ""}

As the systems do it, it repeats a request whose connection broke, with the same URL, and tells any status that it gets.
Status 0: there was no answer, `code` says why.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

AT_ONCE = 3
TRIES = 5


class Daemon:
    """`radio` holds the troubles to come; `network` says how many more requests go out, None for any number."""

    def __init__(self) -> None:
        self._radio: deque[str] = deque()
        self._network: int | None = None
        self._changed = threading.Condition()
        self._mouth = threading.Lock()
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def hear(self, told: dict[str, Any]) -> None:
        if "task" in told:
            self._pool.submit(self._do, told["task"])
        if "radio" in told:
            self._radio.extend(told["radio"])
        if "network" in told:
            self._admit(told["network"])

    def end(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._admit(None)

    def _admit(self, requests: int | None) -> None:
        with self._changed:
            self._network = requests
            self._changed.notify_all()

    def _await_network(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._network != 0)
            self._network = self._network and self._network - 1

    def _do(self, task: dict[str, Any]) -> None:
        status, code = 0, "no answer"
        for _ in range(TRIES):
            self._await_network()
            try:
                status, code = self._put(task)
                break
            except FileNotFoundError:
                code = "no file"
                break
            except (OSError, http.client.HTTPException):
                continue
        with self._mouth:
            sys.stdout.write(json.dumps({"name": task["name"], "status": status, "code": code}) + "\n")
            sys.stdout.flush()

    def _put(self, task: dict[str, Any]) -> tuple[int, str]:
        """One request. OSError or HTTPException when the connection broke."""
        body, trouble = Path(task["file"]).read_bytes(), self._trouble()
        if trouble[:3].isdecimal():
            return int(trouble[:3]), trouble[4:]
        place = urlsplit(task["url"])
        with closing(http.client.HTTPConnection(place.netloc, timeout=30)) as link:
            link.putrequest("PUT", f"{place.path}?{place.query}", skip_accept_encoding=True)
            for name, value in {**task["headers"], "content-length": str(len(body))}.items():
                link.putheader(name, value)
            link.endheaders(body[: len(body) // 2] if trouble == "cut" else body)
            if trouble == "cut":
                raise ConnectionResetError
            answer = link.getresponse()
            text = answer.read()
        if trouble:
            raise ConnectionResetError
        return answer.status, _code(text)

    def _trouble(self) -> str:
        try:
            return self._radio.popleft()
        except IndexError:
            return ""


def _code(text: bytes) -> str:
    """The code of S3's error document; empty for anything else."""
    try:
        return ElementTree.fromstring(text).findtext("Code") or ""
    except ElementTree.ParseError:
        return ""


def main() -> None:
    daemon = Daemon()
    for line in sys.stdin:
        daemon.hear(json.loads(line))
    daemon.end()


if __name__ == "__main__":
    main()
