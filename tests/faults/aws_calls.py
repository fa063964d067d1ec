"""Something goes wrong beside one AWS call: the process dies, the answer is lost, the service refuses. By botocore's
own events, so that everything between a use case and the wire is the code that runs on AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ReadTimeoutError

from tests.faults.crashes import AFTER, BEFORE, Crash

Refusal = Callable[[str], dict[str, Any]]
"""Name of the operation → the parsed answer of a service that did nothing."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens: `before` a call, which then never arrives, or `after` it, when its effect is there.

    Raises, or returns what the service answers instead. A `lasting` one meets every repeat of the same call as well.
    """

    side: str
    happen: Callable[[str], Any]
    is_lasting: bool = False


class Calls:
    """Counts the calls of all clients whose events it was attached to. Only inside `counted` anything goes wrong."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.times = 0
        self._at: int | str = 0
        self._fault: Fault | None = None
        self._met, self._is_counting = "", False

    def attach(self, events: Any) -> None:
        events.register_first("before-call.*.*", self._before)
        events.register("after-call.*.*", self._after)

    @contextmanager
    def counted(self, at: int | str = 0, fault: Fault | None = None) -> Iterator[None]:
        """Inside, calls are noted; the one with this number (from 1), or the first of this name, meets the fault."""
        self.names, self.times, self._met = [], 0, ""
        self._at, self._fault, self._is_counting = at, fault, True
        try:
            yield
        finally:
            self._fault, self._is_counting = None, False

    def _before(self, model: Any, **_: Any) -> Any:
        if self._is_counting:
            self.names.append(f"{model.service_model.service_id} {model.name}")
        return self._meet(BEFORE, model.name)

    def _after(self, model: Any, **_: Any) -> None:
        self._meet(AFTER, model.name)

    def _meet(self, side: str, operation: str) -> Any:
        fault = self._fault
        if fault is None or fault.side != side:
            return None
        is_first = not self.times and self._at in (len(self.names), operation)
        if not is_first and not (fault.is_lasting and operation == self._met):
            if self._met:
                self._fault = None  # the next call of another kind: the trouble is over
            return None
        self._met, self.times = operation, self.times + 1
        if not fault.is_lasting:
            self._fault = None
        return fault.happen(operation)


def _die(operation: str) -> Any:
    raise Crash(operation)


def _time_out(operation: str) -> Any:
    raise ReadTimeoutError(endpoint_url=operation)


def _refuse(status: int, answer: Refusal) -> Callable[[str], Any]:
    """What botocore makes of such an answer: a ClientError."""

    def happen(operation: str) -> Any:
        parsed = {"ResponseMetadata": {"HTTPStatusCode": status}, **answer(operation)}
        return SimpleNamespace(status_code=status), parsed

    return happen


def _error(code: str) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": "made up by a test"}}


def _throttled(operation: str) -> dict[str, Any]:
    return _error("ProvisionedThroughputExceededException")


def _slow_down(operation: str) -> dict[str, Any]:
    return _error("SlowDown")


def _conflicting(operation: str) -> dict[str, Any]:
    if operation != "TransactWriteItems":
        return _error("TransactionConflictException")
    return {**_error("TransactionCanceledException"), "CancellationReasons": [{"Code": "TransactionConflict"}]}


DEATHS = {side: Fault(side, _die) for side in (BEFORE, AFTER)}
TIMEOUT = Fault(AFTER, _time_out)
SLOW_DOWN = Fault(BEFORE, _refuse(503, _slow_down))
THROTTLING = Fault(BEFORE, _refuse(400, _throttled), is_lasting=True)
CONFLICT = Fault(BEFORE, _refuse(400, _conflicting), is_lasting=True)
