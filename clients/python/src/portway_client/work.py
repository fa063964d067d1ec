"""One step of an upload, done: the only place where the flow meets the network, the file and the disk. Blocking, and
called by several threads; threads and asyncio use the same."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, wait
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from portway_client import checksums
from portway_client.control import Control
from portway_client.errors import Cancelled, PortwayError, Unauthorized
from portway_client.sources import Read, Source
from portway_client.state import StateStore
from portway_client.steps import (
    Ask,
    Compare,
    Fetch,
    Hash,
    Keep,
    NewToken,
    Prepare,
    Put,
    Release,
    Reply,
    Sent,
    Step,
    Verify,
)
from portway_client.transport import Body, Halt, NoAnswer, Request, Transport, Trouble

Token = str | Callable[[], str] | None
PUT_SECONDS = 60.0
SPELLED = "/?&=%-._~"
"""Of a path and its query; everything else that somebody may take for an id is escaped."""
LOOK_SECONDS = 0.1
"""How often it is looked whether anybody still wants a stream that is silent."""


class Tokens:
    """The bearer token, as it is now. Thread-safe."""

    def __init__(self, token: Token) -> None:
        self._given, self._lock = token, threading.Lock()
        self._current = _clean(token) if isinstance(token, str) else None

    @property
    def current(self) -> str | None:
        with self._lock:
            if self._current is None and callable(self._given):
                self._current = self._asked(self._given)
            return self._current

    def renewed(self, refused: str | None) -> bool:
        """Whether there is another one than the one that was refused; several threads may ask for it at a time."""
        with self._lock:
            if self._current == refused and callable(self._given):
                self._current = self._asked(self._given)
            return self._current != refused

    def _asked(self, function: Callable[[], str]) -> str:
        try:
            return _clean(function())
        except PortwayError:
            raise
        except Exception as error:
            raise Unauthorized(f"The function that gives the token failed: {error}.") from error


def _clean(token: str) -> str:
    """Without the end of line that files and pasted tokens have. Raises Unauthorized for what no header can hold."""
    found = token.strip()
    if not found.isascii() or not found.isprintable():
        raise Unauthorized("The token holds characters that no token has.")
    return found


class Api:
    """The API at `base_url`, as the principal of a token."""

    def __init__(self, base_url: str, tokens: Tokens, transport: Transport) -> None:
        self.base_url, self.tokens, self.transport = base_url.rstrip("/"), tokens, transport

    def ask(self, ask: Ask, halt: Halt | None = None) -> Reply | NoAnswer:
        """One request, once. An answer whose JSON is not whole is none."""
        body = b"" if ask.body is None else json.dumps(ask.body, separators=(",", ":")).encode()
        headers = {"accept": "application/json", **ask.headers}
        if body:
            headers["content-type"] = "application/json"
        if token := self.tokens.current:
            headers["authorization"] = f"Bearer {token}"
        url = self.base_url + quote(ask.path, safe=SPELLED)
        try:
            answer = self.transport.send(Request(ask.method, url, headers, body), halt)
        except NoAnswer as none:
            return none
        try:
            return Reply(answer.status, answer.headers, _document(answer.body))
        except ValueError:
            return NoAnswer(Trouble.BROKEN, "the answer is not whole")


def _document(body: bytes) -> Mapping[str, Any]:
    """ValueError when there is half of one. Whatever is no JSON object at all has nothing to say."""
    if not body.startswith(b"{"):
        return {}
    document: Mapping[str, Any] = json.loads(body)
    return document


class Hands:
    """Does the steps of one upload."""

    def __init__(self, api: Api, source: Source, state: StateStore, control: Control) -> None:
        self._api, self._source, self._state, self._control = api, source, state, control
        self._refused: str | None = None
        self._ways: Mapping[type[Step], Callable[[Any], Any]] = {
            Ask: self._ask,
            Put: self._put,
            Fetch: self._fetched,
            Hash: self._hashed,
            Compare: self._compared,
            Keep: self._keep,
            Prepare: self._prepared,
            Release: lambda step: source.release(step.number),
            Verify: lambda _: source.verify(),
            NewToken: lambda _: api.tokens.renewed(self._refused),
        }

    def do(self, step: Step) -> Any:
        """What came of it; steps.py says what that is for each. Raises FileChanged, Unreadable, Unauthorized."""
        return self._ways[type(step)](step)

    def _ask(self, step: Ask) -> Reply | NoAnswer:
        token = self._api.tokens.current
        began = self._control.now()
        reply = self._api.ask(step, self._control.halt)
        if isinstance(reply, NoAnswer):
            return reply
        if reply.status == 401:
            self._refused = token
        return replace(reply, asked_at=began)

    def _put(self, step: Put) -> Sent:
        part, control = step.part, self._control
        update = None if part.checksum else checksums.update(step.algorithm)
        body = Watched(self._source.part(part.number), update, control)
        request = Request("PUT", part.url, part.headers, body, PUT_SECONDS)
        began = control.now()
        try:
            answer = self._api.transport.send(request, control.halt)
        except NoAnswer as none:
            control.count(-body.sent)
            return Sent(none, None, control.now() - began)
        except BaseException:
            control.count(-body.sent)
            raise
        if answer.status != 200:
            control.count(-body.sent)
        whole = body.sent == body.length
        checksum = part.checksum or (checksums.encode(step.algorithm, body.value) if whole else None)
        return Sent(answer, checksum, control.now() - began)

    def _fetched(self, step: Fetch) -> int | NoAnswer:
        request = Request("GET", step.url, {"range": f"bytes={step.offset}-"} if step.offset else {})
        try:
            with self._api.transport.open(request, self._control.halt) as answer:
                if answer.status != (206 if step.offset else 200):
                    return answer.status
                for piece in answer.pieces:
                    step.sink.write(piece)
                    self._control.count(len(piece))
                return answer.status
        except NoAnswer as none:
            return none

    def _prepared(self, step: Prepare) -> Read:
        """A pipe may be silent for ever: it is read in a thread that nobody waits for once the upload is stopped."""
        if self._source.is_repeatable:
            return self._source.read(step.number)
        end, control = Future[Read](), self._control
        threading.Thread(target=_settled, args=(end, self._source, step.number), daemon=True).start()
        while not wait([end], LOOK_SECONDS).done:
            if control.is_stopped or (control.halt.is_set and not control.is_paused):
                raise Cancelled("Nobody waits for the stream any more.", upload_id=control.upload_id)
        return end.result()

    def _hashed(self, step: Hash) -> str:
        update, value = checksums.update(step.algorithm), 0
        for piece in self._source.part(step.number).pieces():
            value = update(piece, value)
        return checksums.encode(step.algorithm, value)

    def _compared(self, step: Compare) -> str | None:
        """By checksum; where S3 does not tell it, by MD5."""
        update, value, part = checksums.update(step.algorithm), 0, step.part
        md5 = None if part.checksum else hashlib.md5(usedforsecurity=False)
        for piece in self._source.part(part.number).pieces():
            value = update(piece, value)
            if md5:
                md5.update(piece)
        checksum = checksums.encode(step.algorithm, value)
        is_same = part.etag == md5.hexdigest() if md5 else part.checksum == checksum
        return checksum if is_same else None

    def _keep(self, step: Keep) -> None:
        if step.is_over:
            self._state.remove(step.remembered.endpoint, step.remembered.path)
        else:
            self._state.save(step.remembered)


def _settled(end: Future[Read], source: Source, number: int) -> None:
    try:
        end.set_result(source.read(number))
    except BaseException as error:
        end.set_exception(error)


class Watched:
    """A body that is counted, and hashed where that is wanted, while it is read. Each reading begins anew."""

    def __init__(self, body: Body, update: checksums.Update | None, control: Control) -> None:
        self._body, self._update, self._control = body, update, control
        self.length = body.length
        self.sent = self.value = 0

    def pieces(self) -> Iterator[memoryview | bytes]:
        self._control.count(-self.sent)
        self.sent = self.value = 0
        for piece in self._body.pieces():
            if self._update:
                self.value = self._update(piece, self.value)
            yield piece
            self.sent += len(piece)
            self._control.count(len(piece))
