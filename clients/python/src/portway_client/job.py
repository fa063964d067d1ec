"""One upload, and what it is done with: what all parts of the flow share."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from portway_client.asking import Patience
from portway_client.control import Control
from portway_client.model import Declaration, SignedPart
from portway_client.pace import Pace
from portway_client.plan import Plan
from portway_client.sending import Sending
from portway_client.sources import Source
from portway_client.state import Remembered
from portway_client.steps import Ask, Keep, Steps

TOLD_BY_S3 = "crc64nvme"
"""The algorithm that S3 computes for every part by itself, and answers."""

FILE_TURNS, EVERYTHING = 4, 1 << 30
"""How far ahead parts are hashed: those of a file soon before they are sent, bytes at hand as soon as anybody likes."""


@dataclass
class Job:
    """`remembered` is None where nothing is to be remembered. `waits`: until it is published, at most `timeout`
    seconds after everything was sent."""

    source: Source
    control: Control
    pace: Pace
    patience: Patience
    algorithm: str
    said: Declaration | None = None
    key: str = ""
    remembered: Remembered | None = None
    known: Remembered | None = None
    """What an earlier upload of the same file, that was killed, left behind."""
    create: Ask | None = None
    """What declared the upload, from when it was first sent: it may have arrived without an answer."""
    waits: bool = True
    timeout: float | None = None

    def planned(self, upload_id: str, size: int | None, part_size: int, algorithm: str) -> Plan:
        """All parts are to be sent, as far as anybody knows."""
        self.control.upload_id, self.control.total = upload_id, size
        self.source.cut(part_size)
        count = None if size is None else max(1, -(-size // part_size))
        self.control.parts = count
        numbers = deque(range(1, (count or 0) + 1))
        turns = EVERYTHING if self.source.is_at_hand else FILE_TURNS if self.source.is_repeatable else 1
        return Plan(upload_id, algorithm, part_size, size, numbers, self.binds(algorithm), turns, size is None)

    def binds(self, algorithm: str) -> bool:
        """Whether checksums are known before signing: where the bytes are at hand, and where S3 would not tell its own
        for a part that came without one (docs/decisions/0024)."""
        return self.source.is_at_hand or not self.source.is_repeatable or algorithm != TOLD_BY_S3

    def sending(self, plan: Plan, signed: Iterable[SignedPart] = ()) -> Sending:
        return Sending(plan, self.control, self.pace, self.patience, self.keeps, tuple(signed))

    def keeps(self, plan: Plan) -> Steps[None]:
        """Remembers how far it came."""
        yield from self.keeps_that(
            upload_id=plan.upload_id,
            part_size=plan.part_size,
            checksum_algorithm=plan.algorithm,
            checksums=dict(plan.checksums),
        )

    def keeps_that(self, **news: object) -> Steps[None]:
        if self.remembered:
            self.remembered = replace(self.remembered, **news)  # type: ignore[arg-type]
            yield Keep(self.remembered)

    def forgets(self) -> Steps[None]:
        if self.remembered:
            yield Keep(self.remembered, is_over=True)
