"""How one part fares: what is done about each way in which it did not arrive, and when it is enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portway_client.answers import Meaning, said_by_s3
from portway_client.asking import LONGEST_WAIT, Outage, Patience, rested, retry_after
from portway_client.control import Control
from portway_client.errors import ChecksumMismatch, PartRefused, PortwayError, Unavailable, Untrusted
from portway_client.pace import Pace
from portway_client.steps import Sent, Steps
from portway_client.transport import NoAnswer

MOST_TRIES = 4
"""Times `retries` that one part may fail, also while others come through."""
MOST_REFUSALS = 3
"""Fresh URLs in a row that S3 may refuse."""


class EndedElsewhere(Exception):
    """S3 knows nothing of the upload any more: its status says what became of it."""


@dataclass
class Line:
    """What all parts of an upload know of the way to S3."""

    outage: Outage
    successes: int = 0

    def got_through(self) -> None:
        self.successes += 1
        self.outage.over()


class Attempts:
    """Those of one part. A row of failures ends when any part of the upload gets through."""

    def __init__(
        self, number: int, upload_id: str, control: Control, pace: Pace, patience: Patience, line: Line
    ) -> None:
        self._number, self._upload_id, self._control, self._pace = number, upload_id, control, pace
        self._patience, self._line = patience, line
        self._successes = line.successes
        self._in_a_row = self._at_all = self._refusals = 0

    def after(self, what: Meaning, sent: Sent) -> Steps[None]:
        """Whatever has to be done before it is sent again. Raises when it is not, EndedElsewhere too."""
        yield from AFTER[what](self, sent)

    def _halted(self, _: Sent) -> Steps[None]:
        yield from self._control.goes_on()

    def _offline(self, sent: Sent) -> Steps[None]:
        yield from self._line.outage.wait(str(sent.answer))

    def _untrusted(self, sent: Sent) -> Steps[None]:
        yield from self._raised(Untrusted, f"{sent.answer}.")

    def _gone(self, _: Sent) -> Steps[None]:
        yield from ()
        raise EndedElsewhere

    def _sign_again(self, sent: Sent) -> Steps[None]:
        self._refusals += 1
        if self._refusals > MOST_REFUSALS:
            yield from self._raised(PartRefused, f"S3 refuses it with every new URL: {said_by_s3(sent)}.")

    def _damaged(self, _: Sent) -> Steps[None]:
        if self._is_one_too_many():
            yield from self._raised(ChecksumMismatch, "It never arrives as it was sent.")

    def _too_much(self, sent: Sent) -> Steps[None]:
        self._pace.too_much(self._control.now())
        yield from self._again(sent)

    def _again(self, sent: Sent) -> Steps[None]:
        if self._is_one_too_many():
            yield from self._raised(Unavailable, f"It does not get through: {said_by_s3(sent)}.")
        asked = 0.0 if isinstance(sent.answer, NoAnswer) else min(retry_after(sent.answer.headers), LONGEST_WAIT)
        pause = self._patience.pause(self._in_a_row, asked)
        yield from rested(self._control, pause, "a part has to be sent again")

    def _is_one_too_many(self) -> bool:
        self._in_a_row = 1 if self._line.successes > self._successes else self._in_a_row + 1
        self._successes, self._refusals = self._line.successes, 0
        self._at_all += 1
        retries = self._patience.retries
        return self._in_a_row > retries or self._at_all > MOST_TRIES * max(retries, 1)

    def _raised(self, kind: type[PortwayError], words: str) -> Steps[None]:
        yield from ()
        raise kind(f"Part {self._number}: {words}", upload_id=self._upload_id)


AFTER: Mapping[Meaning, Callable[[Attempts, Sent], Steps[None]]] = {
    Meaning.HALTED: Attempts._halted,
    Meaning.OFFLINE: Attempts._offline,
    Meaning.UNTRUSTED: Attempts._untrusted,
    Meaning.GONE: Attempts._gone,
    Meaning.SIGN_AGAIN: Attempts._sign_again,
    Meaning.DAMAGED: Attempts._damaged,
    Meaning.TOO_MUCH: Attempts._too_much,
    Meaning.AGAIN: Attempts._again,
}
