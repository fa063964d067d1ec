"""A small client of the native API, for the demo and for tests. It knows the wire contract and nothing else."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from portway import media_types
from portway.names import cleaned, extension, name_faults

ENDED = {"completed", "failed", "expired", "cancelled"}


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the API: status, headers (names in lower case), and the JSON document if there is one."""

    status: int
    headers: Mapping[str, str]
    document: Any


class Refused(Exception):
    """The API said no. `reply` holds the problem document; the message is fit for a person."""

    def __init__(self, reply: Reply) -> None:
        problem = reply.document if isinstance(reply.document, dict) else {}
        words = problem.get("detail") or problem.get("message") or "no explanation"
        super().__init__(f"{reply.status} {problem.get('code', '')}: {words}".replace(" : ", ": "))
        self.reply = reply


class Api:
    """The native API at `url`, as the principal of `token` (None for nobody)."""

    def __init__(self, url: str, token: str | None, seconds: float = 60.0) -> None:
        self._place, self._token, self._seconds = urlsplit(url), token, seconds

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        """One request. `body` is sent as JSON, unless it is bytes. Whatever comes back is returned."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        sent = {"content-type": "application/json"} if data is not None else {}
        if self._token:
            sent["authorization"] = f"Bearer {self._token}"
        with contextlib.closing(http.client.HTTPConnection(self._place.netloc, timeout=self._seconds)) as link:
            link.request(method, path, data, {**sent, **(headers or {})})
            answer = link.getresponse()
            text = answer.read()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Reply(answer.status, found, json.loads(text) if "json" in found.get("content-type", "") else text)

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Any:
        """The document of a successful call. Raises Refused."""
        reply = self.call(method, path, body, headers)
        if reply.status >= 300:
            raise Refused(reply)
        return reply.document

    def await_end(self, upload_id: str, seconds: float = 600.0) -> dict[str, Any]:
        """The upload once nothing more will happen to it. TimeoutError after so many seconds."""
        until, pause = time.monotonic() + seconds, 0.02
        while True:
            view: dict[str, Any] = self.ask("GET", f"/v1/uploads/{upload_id}")
            if view["status"] in ENDED:
                return view
            if time.monotonic() > until:
                raise TimeoutError(f"upload {upload_id} is still {view['status']} after {seconds:.0f} s")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)


def sendable_name(path: Path) -> str:
    """The base name of a file as the API takes it; cleaned only if it would be refused as it is."""
    name = os.fsencode(path.name).decode("utf-8", "replace")
    return cleaned(name) if name_faults(name) else name


def declaration(path: Path) -> dict[str, Any]:
    """What `POST /v1/uploads` wants to know about a file; its type by the server's own table, not by this machine's."""
    name = sendable_name(path)
    kind = media_types.EXTENSIONS.get(f".{extension(name)}", media_types.UNKNOWN)
    return {"name": name, "size": path.stat().st_size, "content_type": kind}


def fetch(url: str, seconds: float = 60.0) -> Iterator[bytes]:
    """The bytes behind a signed URL, in pieces. Refused if there are none."""
    place = urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection(place.netloc, timeout=seconds)) as link:
        link.request("GET", url.removeprefix(f"{place.scheme}://{place.netloc}"))
        answer = link.getresponse()
        if answer.status != 200:
            message = answer.read(500).decode("utf-8", "replace")
            raise Refused(Reply(answer.status, {}, {"message": message}))
        while chunk := answer.read(1 << 20):
            yield chunk
