"""One run of the smoke test: who asks, what was made on the way, and the requests that no client would make."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Unpack

from dev.smoke.site import Site
from portway_client import Client, NoState, PortwayError, Transfer
from portway_client.asking import retry_after
from portway_client.engine import About, Settings
from portway_client.transport import Request, Response, Transport

SECONDS = 120.0
"""That a file may be inspected: a cold function, its queue, and a turn of the sweeper."""
OFFLINE_SECONDS = 20.0
CREATES = 5
"""So often an upload is asked for again when there have been too many."""
NEWEST = 50
"""So many of the visitor's uploads are looked at for what this run made."""


class Wrong(Exception):
    """Something that must not be. The words say what, and what it should have been."""


class NotAsked(Exception):
    """The check makes no sense here; the words say what it would need."""


@dataclass
class Visit:
    """`rejecting` is a category of the policy that takes pictures, and refuses what is none."""

    site: Site
    token: str
    transport: Transport
    category: str | None = None
    rejecting: str = "images"
    settings: Settings = field(default_factory=lambda: Settings())
    pause: Callable[[float], None] = time.sleep
    mark: str = field(default_factory=lambda: f"portway-smoke-{secrets.token_hex(4)}")
    """How the name of every upload begins: another run does not touch them."""
    made: list[str] = field(default_factory=list)
    """Ids of uploads that were created by hand."""
    begun: list[Transfer] = field(default_factory=list)
    """Those of clients."""
    has_begun: bool = False
    """Something may have been made."""

    def client(self, **settings: Unpack[Settings]) -> Client:
        """All share one network, which is closed when everything is over."""
        own = Settings(transport=self.transport, state=NoState(), offline_seconds=OFFLINE_SECONDS)
        own.update(self.settings)
        own.update(settings)
        return Client(self.site.api, self.token, **own)

    def start(self, client: Client, content: bytes, end: str = ".bin", **about: Unpack[About]) -> Transfer:
        """An upload in the background; its name ends with `end`."""
        self.has_begun = True
        told = About(content_type="application/octet-stream", timeout=SECONDS, category=self.category)
        told.update(about)
        told["name"] = f"{self.mark}{end}"
        transfer = client.start(content, **told)
        self.begun.append(transfer)
        return transfer

    def everything(self) -> list[str]:
        """Ids of all that was made, also of what was answered to nobody any more. No client is at it then."""
        for each in self.begun:
            each.detach()
            with contextlib.suppress(PortwayError, TimeoutError):
                each.wait(OFFLINE_SECONDS)
        known = self.made + [each.upload_id for each in self.begun if each.upload_id]
        newest = islice(self.client().uploads(), NEWEST)
        return list(dict.fromkeys([*known, *(each.id for each in newest if each.name.startswith(self.mark))]))

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> Response:
        """One request to the API as the visitor; `token` is sent instead of his, an empty one not at all."""
        sent = self.token if token is None else token
        headers = {"authorization": f"Bearer {sent}"} if sent else {}
        data = json.dumps(body).encode() if body is not None else b""
        kind = {"content-type": "application/json"} if data else {}
        return self.transport.send(Request(method, self.site.api + path, {**headers, **kind}, data, seconds=30))

    def declare(self, size: int) -> tuple[str, Mapping[str, Any]]:
        """An upload of one part: its id, and the part with its URL. Raises Wrong."""
        self.has_begun = True
        about = {"name": f"{self.mark}.bin", "size": size, "content_type": "application/octet-stream"}
        chosen = {"category": self.category} if self.category else {}
        answer = self._created({**about, **chosen, "window": 1, "strategy": "multipart"})
        if answer.status != 201:
            raise Wrong(f"create is answered with {said(answer)}")
        document = json.loads(answer.body)
        self.made.append(document["id"])
        part: Mapping[str, Any] = document["signed"]["parts"][0]
        return document["id"], part

    def _created(self, about: Mapping[str, Any]) -> Response:
        """Asked again after the wait that a 429 names: each run's refused file slows its owner down, for two days."""
        answer = self.ask("POST", "/v1/uploads", about)
        for _ in range(CREATES):
            if answer.status != 429:
                break
            self.pause(retry_after(answer.headers) or 1.0)
            answer = self.ask("POST", "/v1/uploads", about)
        return answer

    def put(self, part: Mapping[str, Any], content: bytes) -> Response:
        return self.transport.send(Request("PUT", part["url"], part["headers"], content, seconds=30))


def said(answer: Response) -> str:
    """Status and code of an answer of the API or of S3; never its body, which may repeat a URL."""
    text = answer.body[:4096].decode("utf-8", "replace")
    found = re.search(r'<Code>(\w+)</Code>|"code": ?"(\w+)"', text)
    return f"{answer.status} {found[1] or found[2]}" if found else str(answer.status)
