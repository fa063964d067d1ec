"""All parts of one upload, several at a time: prepared where that is needed, signed ahead, sent, sent again.

Three kinds of generators work together on one plan: one that has parts ready (a stream reads them, bytes in memory are
hashed), one that has them signed before anybody waits for it, and senders. No I/O, no locks: whoever drives them
advances one at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from portway_client import wire
from portway_client.answers import Meaning, meaning
from portway_client.asking import Outage, Patience, granted
from portway_client.attempts import Attempts, EndedElsewhere, Line
from portway_client.control import Control
from portway_client.errors import Conflict
from portway_client.model import Phase, SignedPart
from portway_client.pace import Pace
from portway_client.plan import Plan
from portway_client.steps import Hash, Prepare, Put, Release, Sent, Steps, Together, Until

KEEP_SECONDS = 1.0
"""What is through is remembered once in so long: S3's own list is the truth."""


Keeps = Callable[[Plan], Steps[None]]
"""Remembers how far it came."""


class Sending:
    def __init__(
        self,
        plan: Plan,
        control: Control,
        pace: Pace,
        patience: Patience,
        keeps: Keeps,
        signed: Iterable[SignedPart] = (),
    ) -> None:
        self.plan, self._control, self._pace, self._patience, self._keeps = plan, control, pace, patience, keeps
        self._ready: dict[int, SignedPart] = {part.number: part for part in signed}
        self._known: dict[int, str] = {part.number: part.checksum for part in signed if part.checksum}
        self._unsigned: deque[int] = deque(number for number in plan.todo if number not in self._ready)
        self._left = set(plan.todo)
        self._is_all_there = not plan.is_stream
        self._line = Line(Outage(patience, control))
        self._kept_at = control.now()
        self._at_hand = len(self._known)
        if plan.binds:
            self._unprepared = self._unsigned
            self._unsigned = deque()

    def run(self) -> Steps[None]:
        """Until S3 has every part. Raises EndedElsewhere, and errors of the tree."""
        self._control.enters(Phase.SENDING)
        if len(self._left) == len(self._ready) == 1:
            return (yield from self._sender())  # nobody to share the work with
        senders = min(self._pace.most, len(self._left) or self._pace.most)
        helpers = [self._signer()] + ([self._preparer()] if self.plan.binds else [])
        yield Together([*helpers, *(self._sender() for _ in range(senders))])

    @property
    def _is_done(self) -> bool:
        return self._is_all_there and not self._left

    # a part ahead of those that are sent

    def _preparer(self) -> Steps[None]:
        plan, number = self.plan, 0
        while plan.is_stream or self._unprepared:
            yield Until(lambda: self._has_space)
            number = number + 1 if plan.is_stream else self._unprepared.popleft()
            read = yield Prepare(number)
            if plan.is_stream and read.is_last and read.length == 0 and number > 1:
                break  # the stream ended with the part before
            plan.lengths[number] = read.length
            self._left.add(number)
            self._known[number] = yield Hash(number, plan.algorithm)
            self._at_hand += 1
            self._unsigned.append(number)
            if plan.is_stream and read.is_last:
                break
        self._is_all_there = True
        if plan.is_stream:
            self._control.total, self._control.parts = sum(plan.lengths.values()), len(plan.lengths)

    @property
    def _has_space(self) -> bool:
        """Parts of a stream take memory or disk, those of a large file are read again from the page cache."""
        return self._at_hand <= self.plan.turns_ahead * self._pace.limit

    # signatures before anybody waits for them

    def _signer(self) -> Steps[None]:
        plan = self.plan
        while not self._is_done:
            yield Until(lambda: self._is_done or self._wants_more)
            if self._is_done:
                return
            yield from self._control.goes_on()
            window = self._pace.window(plan.part_size, plan.life_seconds, self._control.now())
            numbers = [self._unsigned.popleft() for _ in range(min(window, len(self._unsigned)))]
            yield from self._sign(numbers)

    @property
    def _wants_more(self) -> bool:
        """A window is asked for when what is signed lasts for the senders' next two turns only."""
        return bool(self._unsigned) and (self.plan.binds or len(self._ready) < 2 * self._pace.limit)

    def _sign(self, numbers: list[int]) -> Steps[None]:
        plan = self.plan
        checksums = {number: self._known[number] for number in numbers} if plan.binds else {}
        lengths = {number: plan.length(number) for number in numbers}
        said = lengths if plan.is_stream else {}
        form = "template" if len(numbers) > 1 else "urls"
        ask = wire.sign(plan.upload_id, numbers, checksums, said, form)
        try:
            reply = yield from granted(ask, self._patience, self._control)
        except Conflict:  # cancelled, expired, or one PUT whose answer was lost: it is there
            raise EndedElsewhere from None
        plan.life_seconds = wire.lifetime(reply.document)
        signed = wire.signed(reply.document, reply.asked_at, lengths, checksums)
        self._ready |= {part.number: part for part in signed}

    # sending

    def _sender(self) -> Steps[None]:
        while True:
            yield Until(lambda: self._is_done or (bool(self._ready) and self._pace.has_room))
            if self._is_done:
                return
            yield from self._control.goes_on()
            if not self._ready or not self._pace.has_room:
                continue
            part = self._ready.pop(next(iter(self._ready)))
            if part.until <= self._control.now():
                self._put_back(part)
                continue
            self._pace.active += 1
            try:
                yield from self._part(part)
            finally:
                self._pace.active -= 1

    def _put_back(self, part: SignedPart) -> None:
        """Its URL is over, so most others are: they are signed anew together."""
        now = self._control.now()
        over = [part.number, *(number for number, ready in self._ready.items() if ready.until <= now)]
        self._ready = {number: ready for number, ready in self._ready.items() if ready.until > now}
        self._unsigned.extendleft(reversed(over))

    def _part(self, part: SignedPart) -> Steps[None]:
        """One part, until S3 has it."""
        attempts = Attempts(part.number, self.plan.upload_id, self._control, self._pace, self._patience, self._line)
        while True:
            if part.until <= self._control.now():
                part = yield from self._signed_anew(part)
            sent: Sent = yield Put(part, self.plan.algorithm)
            what = meaning(sent, self.plan.algorithm)
            if what is Meaning.ARRIVED:
                return (yield from self._arrived(part, sent.checksum or part.checksum))
            yield from attempts.after(what, sent)
            if what in (Meaning.SIGN_AGAIN, Meaning.DAMAGED):
                part = yield from self._signed_anew(part)

    def _signed_anew(self, part: SignedPart) -> Steps[SignedPart]:
        if self.plan.binds:
            self._known[part.number] = yield Hash(part.number, self.plan.algorithm)
        yield from self._sign([part.number])
        return self._ready.pop(part.number)

    def _arrived(self, part: SignedPart, checksum: str | None) -> Steps[None]:
        number, plan = part.number, self.plan
        self._line.got_through()
        plan.checksums[number] = checksum or (yield Hash(number, plan.algorithm))
        self._left.discard(number)
        self._at_hand -= plan.binds
        self._pace.arrived(part.length, self._control.now())
        self._control.parts_done += 1
        yield Release(number)
        now = self._control.now()
        if now - self._kept_at >= KEEP_SECONDS:
            self._kept_at = now
            yield from self._keeps(plan)
