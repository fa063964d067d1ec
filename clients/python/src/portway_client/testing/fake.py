"""`FakePortway`: Portway and S3 in memory, behind the client's own seam for the network."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from portway_client.testing.answers import Refused, RefusedByS3, gateway, problem, s3_error
from portway_client.testing.api import Api, Asked, query_of
from portway_client.testing.bucket import Bucket
from portway_client.testing.clock import SimulatedClock
from portway_client.testing.faults import API, S3, Faults, Rule, Script, Seen, Strike
from portway_client.testing.records import FakeFile, FakeUpload, file_of
from portway_client.testing.rules import Limits
from portway_client.testing.signing import Signer
from portway_client.testing.world import Inspector, World, nothing
from portway_client.transport import Halt, NoAnswer, Opened, Request, Response, Trouble

PIECE = 64 * 1024


class FakePortway:
    """Hand it to a client as its transport; it answers as Portway and S3 do, and keeps what it was sent.

        fake = FakePortway()
        client = Client(fake.url, token=fake.token, transport=fake, state=NoState())
        client.upload(b"hello", name="greeting.txt")
        assert fake.files["greeting.txt"].content == b"hello"

    inspector         says what is found in a file; by default nothing ever is
    limits            sizes of parts and files, lives of URLs and uploads; the true ones by default
    clock             whose time everything here lives in
    bytes_per_second  how fast bodies come in, on that clock; None: at once
    complete_seconds, inspect_seconds   what these take, on that clock

    `faults` may be set to a `storm(seed)`; `strike` breaks single requests; `requests` is the log of all. It may be
    used by several threads and clients at a time.
    """

    url = "https://portway.test"

    def __init__(
        self,
        *,
        inspector: Inspector = nothing,
        limits: Limits | None = None,
        clock: SimulatedClock | None = None,
        bytes_per_second: float | None = None,
        complete_seconds: float = 0.0,
        inspect_seconds: float = 0.0,
    ) -> None:
        self.clock, self.limits = clock or SimulatedClock(), limits or Limits()
        signer = Signer("https://s3.test", self.clock, self.limits.url_seconds)
        self.world = World(self.clock, signer, self.limits, inspector, complete_seconds, inspect_seconds)
        self.token = "token-of-owner"
        self.tokens = {self.token: "owner"}
        """Who is who; take one away and its holder gets 401."""
        self.faults: Faults = lambda _: None
        self.requests: list[Seen] = []
        self.on_request: Callable[[Seen], object] = lambda _: None
        """Called before each request is answered: the place to do something at the worst moment."""
        self._bytes_per_second, self._offline_until, self._given = bytes_per_second, 0.0, count(1)
        self._script, self._lock = Script(), threading.RLock()
        self._api, self._bucket = Api(self.world), Bucket(self.world)

    def __repr__(self) -> str:
        return f"FakePortway({len(self.uploads)} uploads, {len(self.requests)} requests)"

    @property
    def uploads(self) -> Mapping[str, FakeUpload]:
        """By id, as they are by now, in the order in which they were created."""
        with self._lock:
            return {upload_id: self.world.settled(upload) for upload_id, upload in self.world.uploads.items()}

    @property
    def files(self) -> Mapping[str, FakeFile]:
        """Published files by name; of those with one name the last."""
        found = (u for u in self.uploads.values() if u.state == "PUBLISHED" and u.removed_at is None)
        return {upload.name: file_of(upload) for upload in found}

    @property
    def puts(self) -> Counter[tuple[str, int]]:
        """How often S3 has taken a part, by upload id and number; number 0 is a whole object."""
        taken = (s for s in self.requests if s.place == S3 and s.method == "PUT" and s.outcome == 200)
        return Counter((seen.path.rpartition("/")[2], seen.part) for seen in taken)

    def strike(self, strike: Strike, **fits: Any) -> Rule:
        """Break the next request that fits: `method`, `path` (a regular expression), `part`, `place` ("api" or "s3").

        `times` of them, after the first `after`. The rule is returned; `times=0` set on it ends it.
        """
        rule = Rule(strike, **fits)
        with self._lock:
            self._script.rules.append(rule)
        return rule

    def offline(self, seconds: float = float("inf")) -> None:
        """No connection can be made for so long on the clock; 0 ends it."""
        self._offline_until = self.clock.now() + seconds

    def token_of(self, owner: str) -> str:
        """Another token, of the same owner or of somebody else."""
        token = f"token-of-{owner}-{next(self._given)}"
        self.tokens[token] = owner
        return token

    def send(self, request: Request, halt: Halt | None = None) -> Response:
        """See `Transport`."""
        seen, strike = self._seen(request)
        try:
            response = self._struck(request, halt, seen, strike)
        except NoAnswer as none:
            seen.outcome = none.trouble
            raise
        seen.outcome = response.status
        return response

    @contextmanager
    def open(self, request: Request, halt: Halt | None = None) -> Iterator[Opened]:
        """See `Transport`. What loses an answer lets half of it through."""
        seen, strike = self._seen(request)
        lost = strike if strike and strike.is_done and strike.trouble else None
        try:
            response = self._struck(request, halt, seen, None if lost else strike)
            seen.outcome = response.status
            yield Opened(response.status, response.headers, self._pieces(response, halt, seen, lost))
        except NoAnswer as none:
            seen.outcome = none.trouble
            raise

    def close(self) -> None:
        """See `Transport`."""

    def _pieces(self, response: Response, halt: Halt | None, seen: Seen, lost: Strike | None) -> Iterator[bytes]:
        end = len(response.body) // 2 if lost else len(response.body)
        for start in range(0, end, PIECE):
            _go_on(halt)
            piece = response.body[start : min(start + PIECE, end)]
            self._pass(len(piece))
            yield piece
        if lost:
            raise self._trouble(lost, seen, 60.0)

    def _seen(self, request: Request) -> tuple[Seen, Strike | None]:
        """The request, written down, and what is going to be done to it."""
        place = API if request.url.startswith(self.url) else S3
        part = int(query_of(request.url).get("partNumber", 0)) if place == S3 else 0
        length = len(request.body) if isinstance(request.body, bytes) else request.body.length
        seen = Seen(place, request.method, urlsplit(request.url).path, part, length, self.clock.now())
        with self._lock:
            self.requests.append(seen)
            strike = self._script(seen) or self.faults(seen)
        if self.clock.now() < self._offline_until:
            strike = Strike("offline", trouble=Trouble.CONNECT)
        seen.strike = strike.name if strike else ""
        self.on_request(seen)
        return seen, strike

    def _struck(self, request: Request, halt: Halt | None, seen: Seen, strike: Strike | None) -> Response:
        _go_on(halt)
        if strike is None:
            return self._answer(request, halt, seen, corrupts=False)
        self.clock.advance(strike.seconds or 0.0)
        response = self._answer(request, halt, seen, corrupts=strike.corrupts) if strike.is_done else None
        if strike.trouble:
            raise self._trouble(strike, seen, request.seconds)
        if response is not None and not strike.status:
            return response
        return _instead(seen.place, strike)

    def _trouble(self, strike: Strike, seen: Seen, patience: float) -> NoAnswer:
        if strike.seconds is None:
            self.clock.advance(patience)
        assert strike.trouble is not None
        return NoAnswer(strike.trouble, f"{strike.name}: {seen.method} {seen.path}")

    def _answer(self, request: Request, halt: Halt | None, seen: Seen, *, corrupts: bool) -> Response:
        answer = self._api_answer if seen.place == API else self._s3_answer
        try:
            return answer(request, halt, corrupts)
        except Refused as refused:
            return problem(refused)
        except RefusedByS3 as refused:
            return s3_error(refused.status, refused.code, str(refused))

    def _api_answer(self, request: Request, halt: Halt | None, _: bool) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        owner = self.tokens.get(headers.get("authorization", "").removeprefix("Bearer "))
        if owner is None:
            return gateway(401)
        body = self._body(request, halt)
        with self._lock:
            return self._api.answer(request.method, request.url, Asked(owner, query_of(request.url), headers, body))

    def _s3_answer(self, request: Request, halt: Halt | None, corrupts: bool) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        length = request.body.length if not isinstance(request.body, bytes) else len(request.body)
        headers |= {"content-length": str(length)} if request.method == "PUT" else {}
        with self._lock:
            upload, number = self._bucket.admit(request.method, request.url, headers)
        if request.method == "GET":
            with self._lock:
                response = self._bucket.get(upload, headers)
            return Response(response.status, response.headers, _flipped(response.body) if corrupts else response.body)
        content = self._body(request, halt)
        with self._lock:
            return self._bucket.put(upload, number, headers, _flipped(content) if corrupts else content)

    def _body(self, request: Request, halt: Halt | None) -> bytes:
        if isinstance(request.body, bytes):
            return request.body
        content = bytearray()
        for piece in request.body.pieces():
            _go_on(halt)
            content += piece
            self._pass(len(piece))
        return bytes(content)

    def _pass(self, length: int) -> None:
        """Bytes take their time."""
        if self._bytes_per_second:
            self.clock.advance(length / self._bytes_per_second)


def _go_on(halt: Halt | None) -> None:
    if halt and halt.is_set:
        raise NoAnswer(Trouble.HALTED, "halted")


def _flipped(content: bytes) -> bytes:
    """With one bit in its middle the other way round."""
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] if content else content


def _instead(place: str, strike: Strike) -> Response:
    """The answer that comes instead of the true one."""
    if place == S3:
        return s3_error(strike.status, strike.code, strike.name, strike.retry_after)
    if strike.at_gateway:
        return gateway(strike.status, strike.retry_after)
    return problem(Refused(strike.status, strike.code, strike.name), strike.retry_after)
