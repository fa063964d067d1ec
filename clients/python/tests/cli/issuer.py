"""A login server in memory: OpenID discovery, device authorization, tokens. Time is the test's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from portway_client.cli.oauth import DEVICE_GRANT
from portway_client.transport import Halt, NoAnswer, Opened, Request, Response, Trouble

ISSUER = "https://login.test"


@dataclass
class Clock:
    """Seconds since 1970. Sleeping is how it goes on."""

    at: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


@dataclass
class Issuer:
    """`script` is what the token endpoint answers to polls, one after the other: an error code, a status, a trouble;
    when it is over, a token. `refresh_tokens` are those that are still good."""

    clock: Clock
    script: list[str | int | Trouble] = field(default_factory=list)
    says_it_is: str = ISSUER
    offers_devices: bool = True
    refresh_tokens: set[str] = field(default_factory=set)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    tokens: int = 0

    def send(self, request: Request, halt: Halt | None = None) -> Response:
        path = urlsplit(request.url).path
        body = request.body if isinstance(request.body, bytes) else b""
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.asked.append((path, form))
        if path == "/.well-known/openid-configuration":
            return _json(200, self._discovery())
        if path == "/device":
            return _json(200, self._code())
        return self._token(form)

    @contextmanager
    def open(self, request: Request, halt: Halt | None = None) -> Iterator[Opened]:
        raise AssertionError("nothing is that large")
        yield

    def close(self) -> None:
        return None

    def _discovery(self) -> dict[str, str]:
        found = {"issuer": self.says_it_is, "token_endpoint": f"{ISSUER}/token"}
        return found | ({"device_authorization_endpoint": f"{ISSUER}/device"} if self.offers_devices else {})

    def _code(self) -> dict[str, Any]:
        return {
            "device_code": "a-device-code",
            "user_code": "WDJB-MJHT",
            "verification_uri": f"{ISSUER}/activate",
            "expires_in": 600,
            "interval": 2,
        }

    def _token(self, form: dict[str, str]) -> Response:
        if form["grant_type"] == DEVICE_GRANT and self.script:
            step = self.script.pop(0)
            if isinstance(step, Trouble):
                raise NoAnswer(step, "nothing came")
            return _json(400, {"error": step}) if isinstance(step, str) else _json(step, {})
        if form["grant_type"] == "refresh_token":
            if form["refresh_token"] not in self.refresh_tokens:
                return _json(400, {"error": "invalid_grant"})
            self.refresh_tokens.discard(form["refresh_token"])
        self.tokens += 1
        refresh = f"refresh-{self.tokens}"
        self.refresh_tokens.add(refresh)
        return _json(200, {"access_token": f"token-{self.tokens}", "expires_in": 3600, "refresh_token": refresh})


def _json(status: int, document: dict[str, Any]) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(document).encode())
