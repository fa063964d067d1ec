"""A phone: what stays when an app is killed (files, Keychain, the system's transfers), and an app that does as
docs/clients/mobile.md says.

`Phone` is the device and its system. `App` is the app: it has no memory, so that making a new one is what a kill and a
relaunch are. In front (`in_front`) it has the JWT of its owner; woken by the system (`woken`) it has the token of the
upload, which it keeps in the Keychain.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from dev.client import Api, Reply, declaration
from dev.config import ROOT
from dev.transfer import digests

PART = 5 << 20
OVER = {"completing", "processing", "completed"}
ENDED = {"failed", "expired", "cancelled"}
STORED = (200, 412)
"""412: a file in one PUT that is there already, since the answer to the first was lost."""
State = dict[str, Any]


class FileChanged(Exception):
    """The picture is not the one that was declared. Nothing else of it is sent."""


class Refused(Exception):
    """S3 says no to a part whose URL is fresh, twice: something is wrong that new URLs do not mend."""


class Killed(Exception):
    """The app is gone in the middle of what it did."""


@dataclass
class Phone:
    """`clock` is the device's own, in seconds, and may be wrong. `keychain` is what no backup and no other app sees."""

    folder: Path
    clock: Callable[[], float]
    keychain: dict[str, str] = field(default_factory=dict)
    under_way: set[str] = field(default_factory=set)
    """Names of tasks that the system has: an app can ask it for them (URLSession.allTasks)."""
    daemon: subprocess.Popen[str] = field(init=False)

    def __enter__(self) -> Phone:
        self.folder.mkdir()
        self.daemon = subprocess.Popen(
            [sys.executable, "-m", "tests.stack.transfer_daemon"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.daemon.communicate(timeout=15)

    def tell(self, **what: Any) -> None:
        """A line for the system's daemon."""
        assert self.daemon.stdin is not None
        self.daemon.stdin.write(json.dumps(what) + "\n")
        self.daemon.stdin.flush()

    def hand_over(self, task: State) -> None:
        self.under_way.add(task["name"])
        self.tell(task=task)

    def event(self) -> State:
        """The end of one task."""
        assert self.daemon.stdout is not None
        event: State = json.loads(self.daemon.stdout.readline())
        self.under_way.discard(event["name"])
        return event

    def events(self) -> list[State]:
        """What the system has to tell once none of its tasks is under way any more: the moment of the wake-up."""
        found = []
        while self.under_way:
            found.append(self.event())
        return found


@dataclass
class App:
    """`api` gives a client for a credential, the JWT of the person is `jwt` (None while nobody is there to sign in).

    `asked` has every request to the API. `dies_before` names a step at which the app is killed.
    """

    phone: Phone
    api: Callable[[str | None], Api]
    jwt: str | None = None
    dies_before: str = ""
    asked: list[str] = field(default_factory=list)

    @property
    def upload_id(self) -> str:
        return str(self._kept()["id"])

    def share(self, path: Path) -> State:
        """The person picks a file. What makes this upload unlike any other is on disk before anybody is asked."""
        self._keep({"key": f"{path.name} {self.phone.clock()}", "path": str(path), "parts": {}})
        return self.in_front()

    def in_front(self) -> State:
        """The person opens the app: whatever is missing is done, from wherever the last kill left it."""
        kept = self._kept()
        if "id" not in kept:
            self._step("create")
            kept |= self._created(kept)
            self._step("keep id")
            self._keep(kept)
        if "token" not in self.phone.keychain:
            self._step("token")
            given = self._ask(self.jwt, "POST", f"/v1/uploads/{kept['id']}/token")
            self._step("keep token")
            self.phone.keychain["token"] = given.document["token"]
        return self.settle()

    def woken(self, events: Sequence[State] = ()) -> State:
        """The system relaunches the app in the background, to say how its transfers ended."""
        kept = self._kept()
        for event in events:
            self._note(kept, event)
        self._keep(kept)
        return self.settle()

    def settle(self) -> State:
        """The one routine: ask what is missing, hand that over, report when nothing is. What the API said last."""
        kept = self._kept()
        view = self._by_token("GET", "")
        if "status" not in view or view["status"] in OVER | ENDED:
            return self._over(view)
        numbers = [number for first, last in view["missing"] for number in range(first, last + 1)]
        wanted = [number for number in numbers if str(number) not in self.phone.under_way]
        if wanted:
            self._send(kept, wanted)
        if numbers:
            return view
        return self._over(self._by_token("POST", "/progress", {"stored": [[1, kept["part_count"]]]}))

    def _created(self, kept: State) -> State:
        path = Path(kept["path"])
        found = digests(path, PART)
        chosen = {"part_size": PART, "checksum": found.crc, "auto_complete": True, "window": 0}
        body = {**declaration(path), **chosen}
        made = self._ask(self.jwt, "POST", "/v1/uploads", body, {"Idempotency-Key": kept["key"]}).document
        return {"id": made["id"], "part_count": made["part_count"], "crcs": found.crcs}

    def _send(self, kept: State, numbers: list[int]) -> None:
        """Files first, then the URLs, so that these are as fresh as can be when the system gets them."""
        for number in numbers:
            self._cut(kept, number)
        checksums = {str(number): kept["crcs"][number - 1] for number in numbers}
        signed = self._by_token("POST", "/parts", {"numbers": numbers, "checksums": checksums})
        ends = self.phone.clock() + _seconds(signed["server_time"], signed["expires_at"])
        for part in signed["parts"]:
            name = str(part["number"])
            kept["parts"].setdefault(name, {"refused": 0})["ends"] = ends
            self._keep(kept)
            self._step("hand over")
            task = {"name": name, "url": part["url"], "headers": part["headers"], "file": str(self.part(name))}
            self.phone.hand_over(task)

    def _note(self, kept: State, event: State) -> None:
        """What one transfer's end means. Only this is particular to a part; the rest is in `settle`."""
        part = kept["parts"][event["name"]]
        if event["status"] in STORED:
            self.part(event["name"]).unlink(missing_ok=True)
        elif event["status"] in (400, 403) and self.phone.clock() < part["ends"]:
            part["refused"] += 1
            if part["refused"] > 1:
                raise Refused(event["code"])

    def part(self, name: str) -> Path:
        """The file that holds a part for the system."""
        return self.phone.folder / f"{name}.part"

    def _cut(self, kept: State, number: int) -> None:
        """The file of a part, anew. FileChanged when the original is not what it was."""
        path, place = Path(kept["path"]), self.part(str(number))
        with path.open("rb") as file:
            file.seek((number - 1) * PART)
            place.write_bytes(file.read(PART))
        if digests(place, PART).crcs[0] != kept["crcs"][number - 1]:
            place.unlink()
            raise FileChanged(path.name)

    def _over(self, view: State) -> State:
        """No part files and no token are left once nothing of this upload has to be sent any more."""
        if view.get("status") in OVER | ENDED:
            for file in self.phone.folder.glob("*.part"):
                file.unlink()
            self.phone.keychain.clear()
        return view

    def _by_token(self, method: str, path: str, body: Any = None) -> State:
        """A document for the holder of the token. After 401 the token is gone: only the person can give another."""
        reply = self._ask(self.phone.keychain.get("token"), method, f"/v1/capability{path}", body)
        if reply.status == 401:
            self.phone.keychain.clear()
        document: State = reply.document
        return document if reply.status < 300 else {"code": document["code"]}

    def _ask(self, token: str | None, method: str, path: str, body: Any = None, headers: Any = None) -> Reply:
        self.asked.append(f"{method} {path}")
        return self.api(token).call(method, path, body, headers)

    def _step(self, name: str) -> None:
        if name == self.dies_before:
            raise Killed(name)

    @property
    def _record(self) -> Path:
        """No token and no URL is ever in here: it may be backed up."""
        return self.phone.folder / "upload.json"

    def _keep(self, kept: State) -> None:
        self._record.write_text(json.dumps(kept))

    def _kept(self) -> State:
        found: State = json.loads(self._record.read_text())
        return found


def _seconds(first: str, second: str) -> float:
    """From one time of the server to another."""
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()
