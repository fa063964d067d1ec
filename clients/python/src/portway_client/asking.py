"""One question to the API until there is an answer that means something: pauses, budgets, tokens, errors by name."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from portway_client.control import Control
from portway_client.errors import (
    Conflict,
    Fault,
    Forbidden,
    InvalidRequest,
    NotFound,
    Offline,
    QuotaExceeded,
    RateLimited,
    Refusal,
    Unauthorized,
    Unavailable,
    Untrusted,
)
from portway_client.steps import Ask, NewToken, Reply, Steps, Until
from portway_client.transport import NoAnswer, Trouble

RETRIED = {429, 500, 502, 503, 504}
LONGEST_WAIT = 120.0
"""Seconds: who asks us to wait for longer is not waited for."""

BY_CODE: Mapping[str, type[Refusal]] = {"quota_exceeded": QuotaExceeded}
BY_STATUS: Mapping[int, type[Refusal]] = {
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    429: RateLimited,
}


@dataclass(frozen=True, slots=True)
class Patience:
    """Full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"): a random pause of at most `first` seconds,
    twice as much each time, never above `most`. `retries` in a row, then it is given up."""

    retries: int = 3
    first: float = 1.0
    most: float = 10.0
    offline_seconds: float | None = 3600.0
    chance: Callable[[], float] = field(default=random.random)

    @property
    def hurried(self) -> Patience:
        """For last words: somebody waits for us to end."""
        return replace(self, retries=min(self.retries, 1), offline_seconds=0.0)

    def pause(self, attempt: int, asked: float = 0.0) -> float:
        """Seconds before try `attempt` + 1, not less than the server asked for; attempts count from 1."""
        longest: float = min(self.most, self.first * 2 ** min(attempt - 1, 30))
        return asked + self.chance() * longest


class Outage:
    """How long there has been no network. One for a row of tries."""

    def __init__(self, patience: Patience, control: Control) -> None:
        self._patience, self._control = patience, control
        self._since: float | None = None
        self._tries = 0

    def over(self) -> None:
        self._since, self._tries = None, 0

    def wait(self, words: str) -> Steps[None]:
        """A pause. Raises Offline when there were too many."""
        now, longest = self._control.now(), self._patience.offline_seconds
        self._since = now if self._since is None else self._since
        if longest is not None and now - self._since >= longest:
            raise Offline(f"No connection for {longest:.0f} seconds: {words}.", upload_id=self._control.upload_id)
        self._tries += 1
        yield from rested(self._control, self._patience.pause(self._tries), "no network, waiting for it")


def rested(control: Control, seconds: float, words: str) -> Steps[None]:
    """A pause that a cancellation ends."""
    with control.waiting(words):
        yield Until(lambda: control.is_stopped, seconds)
    control.check()


def asked(ask: Ask, patience: Patience, control: Control) -> Steps[Reply]:
    """The first answer that repeating would not change. Raises Unavailable, Offline, Untrusted, RateLimited."""
    outage, attempt, has_renewed = Outage(patience, control), 0, False
    while True:
        control.check()
        reply: Reply | NoAnswer = yield ask
        if isinstance(reply, NoAnswer):
            if (yield from _unreached(reply, outage, control)):
                continue
        elif reply.status == 401 and not has_renewed:
            has_renewed = True
            if (yield NewToken()):
                continue
            return reply
        elif reply.status not in RETRIED:
            return reply
        outage.over()
        attempt += 1
        yield from _again(reply, attempt, patience, control)


def _unreached(none: NoAnswer, outage: Outage, control: Control) -> Steps[bool]:
    """Whether there is nothing to count: nobody was there to answer, or we did not wait for it."""
    if none.trouble is Trouble.CERTIFICATE:
        raise Untrusted(f"{none}.", upload_id=control.upload_id)
    if none.trouble is Trouble.HALTED:
        yield from control.goes_on()
    elif none.trouble is Trouble.CONNECT:
        yield from outage.wait(str(none))
    return none.trouble in (Trouble.HALTED, Trouble.CONNECT)


def _again(reply: Reply | NoAnswer, attempt: int, patience: Patience, control: Control) -> Steps[None]:
    """The pause before the next try. Raises when there were enough."""
    wanted = 0.0 if isinstance(reply, NoAnswer) else retry_after(reply.headers)
    if attempt > patience.retries or wanted > LONGEST_WAIT:
        if isinstance(reply, Reply) and reply.status == 429:
            raise refusal(reply, control.upload_id)
        words = str(reply) if isinstance(reply, NoAnswer) else f"the API answers {reply.status}"
        raise Unavailable(f"No good answer after {attempt} tries: {words}.", upload_id=control.upload_id)
    yield from rested(control, patience.pause(attempt, wanted), "the server asked for a pause, or did not answer")


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds; 0 when nothing is said, or a date is."""
    text = headers.get("retry-after", "")
    return float(text) if text.isdecimal() else 0.0


def refusal(reply: Reply, upload_id: str | None = None) -> Refusal:
    """The error that a refused request stands for. The gateway's own answers have no code: the status decides."""
    said = reply.document
    code = said.get("code")
    kind = BY_CODE.get(str(code)) or BY_STATUS.get(reply.status, InvalidRequest)
    words = said.get("message")
    detail = said.get("detail") or f"The API answered {reply.status}{f', {words}' if words else ''}."
    faults = [Fault(**{name: fault.get(name) for name in Fault.__slots__}) for fault in said.get("errors", ())]
    retryable = bool(said.get("retryable", reply.status in RETRIED))
    return kind(detail, status=reply.status, errors=faults, retryable=retryable, code=code, upload_id=upload_id)


def granted(ask: Ask, patience: Patience, control: Control) -> Steps[Reply]:
    """The answer to a request that has to succeed. Raises Refusal, and what `asked` raises."""
    reply = yield from asked(ask, patience, control)
    if reply.status >= 300:
        raise refusal(reply, control.upload_id)
    return reply


def answered(ask: Ask, patience: Patience, control: Control) -> Steps[Mapping[str, Any]]:
    """Its document."""
    return (yield from granted(ask, patience, control)).document
