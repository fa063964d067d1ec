"""The worlds of the checker: what S3 and the table hold, what was told, and every call's effect on that.

A world is a number; `Worlds` keeps what it stands for. Equal worlds have one number, so that the effect of a call on a
world is worked out once, on the fakes, and looked up ever after; with it the invariants are checked, once for each pair
of a world and the one that came of it. The same holds for recovery: what becomes of a world once faults stop depends on
the world alone, and a recovery that runs into a world that is known to recover is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from dev.s3.refused import Refused
from portway.consequences import Event
from portway.errors import PortwayError
from portway.model import StoredObject, Upload
from portway.policy import published_key
from portway.processing import Arrival
from portway.verdicts import Finding
from tests.fakes.objects import FakeVersion
from tests.faults.invariants import Watch
from tests.faults.model.replay import Effect, Interned, Processes, Raised, Violation
from tests.unit.world import World

ROUNDS = 40
"""Recoveries come to rest in about ten."""
OUTBOX_MS = 60_001
"""The sweeper sends an event again that is older than this."""


Tables = Mapping[str, Mapping[Any, Any]]
"""What a fake keeps, by the name of its attribute."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the fakes hold. Mappings are in a fixed order: equal snapshots behave alike.

    `given` counts the ids that S3 gave away, `now` is the latest clock of anybody who called.
    """

    table: Tables
    s3: Tables
    created: tuple[tuple[str, str], ...]
    given: tuple[tuple[str, int], ...]
    told: tuple[Event, ...]
    acknowledged: frozenset[str]
    now: int

    @property
    def uploads(self) -> Mapping[str, Upload]:
        return self.table["uploads"]


class Client:
    """What clients, and others who know no use case, do to S3. None: nothing can be done yet."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def put(self, upload_id: str, number: int, data: bytes) -> bool | None:
        """A part through its URL, as soon as there can be one. False when S3 refused it."""
        upload = self._stage.sessions.uploads.get(upload_id)
        if upload is None or upload.multipart_id is None:
            return None
        try:
            self._stage.objects.upload_part(upload.key, upload.multipart_id, number, data)
        except Refused:
            return False
        return True

    def put_whole(self, upload_id: str, data: bytes) -> bool | None:
        """The one PUT of a single upload, with what its URL demands. False when S3 refused it."""
        upload = self._stage.sessions.uploads.get(upload_id)
        if upload is None:
            return None
        declared = {upload.checksum_algorithm.value: upload.checksum or ""}
        try:
            self._stage.objects.put(upload.key, data, upload.content_type, declared, if_none_match="*")
        except Refused:
            return False
        return True

    def fly(self, upload_id: str) -> bool | None:
        """A part is on its way: the next abort will not end the upload."""
        upload = self._stage.sessions.uploads.get(upload_id)
        if upload is None or upload.multipart_id not in self._stage.objects.uploads:
            return None
        self._stage.objects.let_part_fly(upload.multipart_id)
        return True

    def lose(self, upload_id: str) -> bool | None:
        """S3's lifecycle rule ends a copy, once there is one."""
        upload, objects = self._stage.sessions.uploads.get(upload_id), self._stage.objects
        if upload is None or upload.copying is None or upload.copying.multipart_id not in objects.uploads:
            return None
        objects.abort(published_key(upload.tenant, upload.id), upload.copying.multipart_id)
        return True

    def intrude(self, upload_id: str, data: bytes) -> bool | None:
        """Somebody with rights of his own writes another version under the key, once there is an object."""
        upload, objects = self._stage.sessions.uploads.get(upload_id), self._stage.objects
        place = (objects.incoming, upload.key if upload else "")
        if upload is None or upload.stored is None or not objects.versions.get(place):
            return None
        stored = StoredObject(self._stage.name("version"), "of another", len(data))
        objects.versions[place] = (*objects.versions[place], FakeVersion(data, stored, "a/b"))
        objects.created.append((upload.key, stored.version_id))
        return True


class Stage(World):
    """The use cases straight on the fakes, whose content is changed like scenery."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client, self.watch = Client(self), Watch(self)
        self.given = {"upload": 0, "version": 0}
        self.objects._next = self.name  # type: ignore[method-assign]  # ids that do not depend on other kinds of ids

    def port(self, name: str, port: Any) -> Any:
        return port

    def name(self, kind: str) -> str:
        self.given[kind] += 1
        return f"{kind}-{self.given[kind]}"

    def load(self, world: Snapshot) -> None:
        for fake, tables in ((self.sessions, world.table), (self.objects, world.s3)):
            for name, table in tables.items():
                kept = getattr(fake, name)
                kept.clear()
                kept.update(table)
        self.objects.created[:], self.announcer.events[:] = world.created, world.told
        self.given, self.clock.now = dict(world.given), world.now
        self.watch.acknowledged, self.watch.last = set(world.acknowledged), dict(world.uploads)

    def snapshot(self) -> Snapshot:
        told = {event.id: event for event in reversed(self.announcer.events)}
        return Snapshot(
            _tables(self.sessions),
            _tables(self.objects),
            tuple(sorted(self.objects.created)),
            tuple(sorted(self.given.items())),
            tuple(told[each] for each in sorted(told)),
            frozenset(self.watch.acknowledged),
            self.clock.now,
        )


def _tables(fake: object) -> Tables:
    return {name: _sorted(name, value) for name, value in vars(fake).items() if isinstance(value, dict)}


def _sorted(name: str, table: Mapping[Any, Any]) -> Mapping[Any, Any]:
    order = _lease if name == "outbox" else str
    return {key: table[key] for key in sorted(table, key=order) if table[key]}  # an empty tuple of versions is none


def _lease(event_id: str) -> str:
    """One upload's events in the order of their making."""
    return event_id.rpartition("#")[2].zfill(9) + event_id


class Worlds:
    """All worlds that were met. `answers` is what inspectors may say, `overdue_lies` that the index may be stale."""

    def __init__(
        self, stage: Stage, processes: Processes, answers: Sequence[tuple[Finding, ...]], overdue_lies: bool
    ) -> None:
        self.stage, self.processes, self.answers, self.overdue_lies = stage, processes, answers, overdue_lies
        self.snapshots: list[Snapshot] = []
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._parts = Interned[Any]()
        self._applied: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}
        self._recovers: dict[tuple[bool, int], set[int]] = {}

    def number(self, world: Snapshot) -> int:
        key = tuple(self._key(getattr(world, name)) for name in Snapshot.__slots__)
        number = self._numbers.setdefault(key, len(self.snapshots))
        if number == len(self.snapshots):
            self.snapshots.append(world)
        return number

    def _key(self, value: Any) -> Any:
        """Two values have the same key if they are equal. What is in tables is kept once."""
        if isinstance(value, dict):
            return tuple((name, self._table_key(table)) for name, table in value.items())
        if isinstance(value, tuple):
            return tuple(map(self._parts.number, value))
        return value

    def _table_key(self, table: dict[Any, Any]) -> Any:
        for each in table:
            table[each] = self._parts.one(table[each])
        return tuple((each, self._parts.number(table[each])) for each in table)

    def apply(self, world: int, effect: int) -> tuple[tuple[int, int], ...]:
        """What may come of a call: (world, number of the answer) each; nothing while a client has to wait."""
        known = self._applied.get((world, effect))
        if known is None:
            call = self.processes.effects.values[effect]
            outcomes = [(after, self.processes.results.number(answer)) for after, answer in self._call(world, call)]
            known = self._applied[world, effect] = tuple(outcomes)
        return known

    def _call(self, world: int, call: Effect) -> Iterator[tuple[int, Any]]:
        if call.port == "inspector":
            yield from ((world, answer) for answer in self.answers)
            return
        stage = self.stage
        stage.load(self.snapshots[world])
        stage.clock.now = max(stage.clock.now, call.now)
        try:
            answer = getattr(getattr(stage, call.port), call.method)(*call.args)
        except PortwayError as error:
            answer = Raised(error)
        if call.port == "client" and answer is None:
            return
        yield world if call.is_read else self._looked_at(world), answer
        if self.overdue_lies and call.method == "overdue":
            yield world, tuple(stage.sessions.uploads)

    def _looked_at(self, before: int) -> int:
        after = self.number(self.stage.snapshot())
        if after != before:
            with _broken():
                self.stage.watch()
        return after

    def acknowledged(self, world: int, upload_id: str) -> int:
        """The same world, in which a client was told that this upload is complete."""
        self.stage.load(self.snapshots[world])
        self.stage.watch.acknowledged.add(upload_id)
        return self._looked_at(world)

    def check_recovery(self, world: int) -> None:
        """Once faults stop, everything comes to a good end: with events and without, whatever inspectors say."""
        for hears in (True, False):
            for answer in range(len(self.answers)):
                self._recover(world, hears, answer)

    def _recover(self, world: int, hears: bool, answer: int) -> None:
        good, path = self._recovers.setdefault((hears, answer), set()), list[int]()
        self.stage.objections = self.answers[answer]
        while world not in good:
            path.append(world)
            self.stage.load(self.snapshots[world])
            with _broken():
                is_at_rest = self._round(hears) or len(path) > ROUNDS
                if is_at_rest:
                    self.stage.watch.at_rest()
            if is_at_rest:
                break
            world = self.number(self.stage.snapshot())
        good.update(path)

    def _round(self, hears: bool) -> bool:
        """Deliver every event again, sweep twice, and go on to the next due time. True when nothing is due any more."""
        stage = self.stage
        stage.ids.made = 1_000_000
        for key, version_id in list(stage.objects.created) if hears else ():
            with suppress(PortwayError):  # the queue delivers it once more
                stage.processing.arrived(Arrival(key, version_id))
        stage.watch()
        for _ in range(2):
            stage.sweeper.sweep()
        stage.watch()
        due = [each.event.at + OUTBOX_MS for each in stage.sessions.outbox.values() if not each.is_sent]
        due += [each.due_at for each in stage.sessions.uploads.values() if each.due_at is not None]
        if due:
            stage.clock.now = max(stage.clock.now, min(due))
        return not due


@contextmanager
def _broken() -> Iterator[None]:
    try:
        yield
    except (AssertionError, ValueError) as broken:  # the watch's, or a mistake in a use case
        raise Violation(str(broken)) from None


Prelude = Callable[[Stage], object]
"""What happened before the scenario begins, without faults."""
