"""One upload step by step, as a client takes it, on the wire and with nothing remembered between steps."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from bench.asking import Asked, Links
from bench.stack import FILE, Stack

Part = Mapping[str, Any]
T = TypeVar("T")
Watch = Callable[[str, Callable[[], Any]], Any]
"""Runs a call of this name, and may time it."""


def unwatched(_: str, call: Callable[[], T]) -> T:
    return call()


@dataclass(frozen=True)
class Steps:
    """For one owner. Any number of threads may use it; each keeps its own connections. All raise asking.Refused."""

    links: Links
    s3: Links
    token: str
    watch: Watch = unwatched

    @classmethod
    def of(cls, stack: Stack, owner: int = 0, watch: Watch = unwatched) -> Steps:
        return cls(stack.links, stack.s3, stack.token(owner), watch)

    def create(self, size: int, part_size: int) -> Mapping[str, Any]:
        """The upload, with no part signed yet."""
        declared = {**FILE, "size": size, "part_size": part_size, "window": 0}
        found: Mapping[str, Any] = self._ask("create", "POST", "", declared)
        return found

    def sign(self, upload: Mapping[str, Any], numbers: Sequence[int]) -> Sequence[Part]:
        found: Sequence[Part] = self._ask("sign", "POST", f"/{upload['id']}/parts", {"numbers": list(numbers)})["parts"]
        return found

    def put(self, part: Part, data: bytes | memoryview) -> None:
        """Its own bytes of `data`, from the start."""
        place, body = urlsplit(part["url"]), memoryview(data)[: part["length"]]
        asked = Asked("PUT", f"{place.path}?{place.query}", body, part["headers"])
        self.watch("PUT", lambda: self.s3.ask(asked))

    def report(self, upload: Mapping[str, Any], first: int, last: int) -> None:
        self._ask("report", "POST", f"/{upload['id']}/progress", {"stored": [[first, last]]})

    def complete(self, upload: Mapping[str, Any]) -> None:
        self._ask("complete", "POST", f"/{upload['id']}/complete", {"size": upload["size"]})

    def status(self, upload: Mapping[str, Any]) -> str:
        return str(self._ask("status", "GET", f"/{upload['id']}")["status"])

    def _ask(self, name: str, method: str, path: str, body: Any = None) -> Any:
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        if name == "create":
            headers["idempotency-key"] = str(uuid.uuid4())
        data = None if body is None else json.dumps(body).encode()
        asked = Asked(method, f"/v1/uploads{path}", data, headers)
        return json.loads(self.watch(name, lambda: self.links.ask(asked)))
