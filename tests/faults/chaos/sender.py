"""A client that gets its file through: it asks what S3 holds, sends what is missing or differs, and repeats complete.

It keeps nothing: whoever has the file and the owner's token can go on where another stopped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dev.client import ENDED, declaration
from dev.transfer import Digests, digests
from tests.faults.chaos.wire import GaveUp, Wire

PART_SIZE = 5 << 20
ROUNDS = 6
OURS_NO_MORE = ("completing", "processing", *ENDED)
View = dict[str, Any]


class FileChanged(Exception):
    """The file is not the one that was declared: nothing of it was sent, so that two files are never mixed."""


class Refused(Exception):
    """The API said no, for a reason that repeating does not change."""


@dataclass
class Sender:
    """Brings one file to its end. `resumes` gets, for each part that broke, the seconds from noticing it until the
    bytes that arrived began to flow. `on_part` is called with each part that S3 has taken."""

    wire: Wire
    path: Path
    part_size: int = PART_SIZE
    strategy: str = "multipart"
    resumes: list[float] = field(default_factory=list)
    on_part: Callable[[int], None] = lambda _: None
    now: Callable[[], float] = time.monotonic
    end_seconds: float = 600.0
    flowed_at: float | None = None
    """When the first byte was sent, or complete was asked for because nothing was missing."""

    def send(self, key: str) -> View:
        """Declare the file under this Idempotency-Key and send it. The upload as it ended.

        GaveUp, Refused or FileChanged say clearly that the file did not make it.
        """
        return self.go_on(self.declare(key)["id"])

    def declare(self, key: str) -> View:
        """The upload, created once however often this is called with the same key."""
        found = digests(self.path, self.part_size)
        wanted = {"part_size": self.part_size, "checksum": found.crc, "strategy": self.strategy, "window": 0}
        body = {**declaration(self.path), **wanted}
        return self._ask("POST", "/v1/uploads", body, {"Idempotency-Key": key})

    def find(self) -> str | None:
        """The id of an upload of this file that somebody of the same owner began: an open one, else the newest."""
        for asked in ("status=in_progress&", "status=initiated&", ""):
            for item in self._listed(asked):
                if (item["name"], item["size"]) == (self.path.name, self.path.stat().st_size):
                    return str(item["id"])
        return None

    def go_on(self, upload_id: str) -> View:
        """From wherever the upload stands to its end."""
        for _ in range(ROUNDS):
            view = self._ask("GET", f"/v1/uploads/{upload_id}")
            if view["status"] in OURS_NO_MORE:
                return self._ended(upload_id)
            found = self._same_file(view)
            self._send_parts(view, found, self.wanted(view, found))
            if self._completed(view, found):
                return self._ended(upload_id)
        raise GaveUp(f"upload {upload_id}: not whole after {ROUNDS} rounds")

    def _same_file(self, view: View) -> Digests:
        """The file's checksums in the upload's own parts. FileChanged if size or checksum are not those declared."""
        found = digests(self.path, view["part_size"])
        if (view["size"], view["checksum"]) != (self.path.stat().st_size, found.crc):
            raise FileChanged(f"upload {view['id']} was declared for another content")
        return found

    def wanted(self, view: View, found: Digests) -> list[int]:
        """The parts that S3 does not hold as the file has them."""
        everything = range(1, view["part_count"] + 1)
        if view["missing"] == [[1, view["part_count"]]]:
            return list(everything)
        held = {number for number, row in self._held(view).items() if self._is_right(view, found, row)}
        return [number for number in everything if number not in held]

    def _held(self, view: View) -> dict[int, View]:
        rows: dict[int, View] = {}
        cursor: int | None = 0
        while cursor is not None:
            page = self._ask("GET", f"/v1/uploads/{view['id']}/parts?cursor={cursor}")
            rows |= {row["number"]: row for row in page["parts"]}
            cursor = page["cursor"]
        return rows

    def _is_right(self, view: View, found: Digests, row: Mapping[str, Any]) -> bool:
        number = row["number"]
        length = min(view["part_size"], view["size"] - (number - 1) * view["part_size"])
        return bool(row["size"] == length and row["checksum"] == found.crcs[number - 1])

    def _send_parts(self, view: View, found: Digests, numbers: Sequence[int]) -> None:
        if not numbers:
            return
        for part in self._signed(view, found, numbers):
            self._send_part(view, found, part)
            self._report(view, part["number"])
            self.on_part(part["number"])

    def _signed(self, view: View, found: Digests, numbers: Iterable[int]) -> list[View]:
        chosen = list(numbers)
        checksums = {str(number): found.crcs[number - 1] for number in chosen}
        reply = self.wire.ask("POST", f"/v1/uploads/{view['id']}/parts", {"numbers": chosen, "checksums": checksums})
        parts: list[View] = reply.document["parts"] if reply.status == 200 else []
        return parts  # refused: it is no longer open, the next round sees why

    def _send_part(self, view: View, found: Digests, part: View) -> None:
        """Until S3 has it. S3 is asked after each break: the answer may be all that was lost."""
        broke: float | None = None
        content = self._content(view, part["number"])
        for attempt in range(self.wire.patience.tries):
            began = self.now()
            self.flowed_at = self.flowed_at or began
            sent = self.wire.put(part, content)
            if sent.status in (200, 412):  # 412: a file in one PUT that is there already
                self._note(broke, began)
                return
            if sent.status == 404:
                return  # no such upload any more: the next round sees why
            if sent.status == 400:
                raise FileChanged(f"part {part['number']} of upload {view['id']} is not what was hashed")
            broke = broke or self.now()
            self.wire.troubles += 1
            self.wire.patience.rest(attempt, sent.retry_after)
            if sent.status == 403:
                part = (self._signed(view, found, [part["number"]]) or [part])[0]
            elif self._has_arrived(view, found, part["number"]):
                self._note(broke, self.now())
                return
        raise GaveUp(f"part {part['number']} of upload {view['id']}")

    def _note(self, broke: float | None, flows: float) -> None:
        if broke is not None:
            self.resumes.append(flows - broke)

    def _has_arrived(self, view: View, found: Digests, number: int) -> bool:
        page = self._ask("GET", f"/v1/uploads/{view['id']}/parts?cursor={number - 1}&limit=1")
        return any(row["number"] == number and self._is_right(view, found, row) for row in page["parts"])

    def _content(self, view: View, number: int) -> bytes:
        with self.path.open("rb") as file:
            file.seek((number - 1) * view["part_size"])
            return file.read(view["part_size"])

    def _report(self, view: View, number: int) -> None:
        """A hint to other devices that something is there; nobody minds when it is lost."""
        self.wire.ask("POST", f"/v1/uploads/{view['id']}/progress", {"stored": [[number, number]]})

    def _completed(self, view: View, found: Digests) -> bool:
        """Whether complete was accepted; else the next round finds out what is missing or how it ended."""
        self.flowed_at = self.flowed_at or self.now()
        body = {"checksum": found.crc, "size": view["size"]}
        return self.wire.ask("POST", f"/v1/uploads/{view['id']}/complete", body).status in (200, 202)

    def _ended(self, upload_id: str) -> View:
        until, pause = self.now() + self.end_seconds, 0.5
        while True:
            view = self._ask("GET", f"/v1/uploads/{upload_id}")
            if view["status"] in ENDED:
                return view
            if self.now() > until:
                raise GaveUp(f"upload {upload_id} is still {view['status']}")
            self.wire.patience.sleep(pause)
            pause = min(2 * pause, 8.0)

    def _listed(self, asked: str) -> Iterable[View]:
        cursor: str | None = ""
        while cursor is not None:
            page = self._ask("GET", f"/v1/uploads?{asked}" + (f"cursor={cursor}" if cursor else "limit=50"))
            yield from page["uploads"]
            cursor = page["cursor"]

    def _ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> View:
        reply = self.wire.ask(method, path, body, headers)
        if reply.status >= 300:
            raise Refused(f"{method} {path.partition('?')[0]}: {reply.status} {reply.document.get('code', '')}")
        document: View = reply.document
        return document
