"""Whole lives of an upload as their client drives them. Each may be run again from its beginning after a crash."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from dev.s3.refused import Refused
from portway.capabilities import Capabilities
from portway.copying import Turns
from portway.errors import PortwayError, UploadGone, WrongState
from portway.inspecting import MAX_DEATHS
from portway.model import HAS_OBJECT, Status, Upload
from portway.processing import Arrival
from portway.signing import Form
from portway.verdicts import Finding
from tests.fakes.clock import CountingSecrets
from tests.faults.crashes import Crashing, Point, alone
from tests.faults.invariants import Watch
from tests.unit.world import DAY, HOUR, INFECTED, OWNER, WHOLE, Killed, World, declared

ID = "0" * 26
ROUNDS = 40


class Deadly(list[Finding]):
    """What a worker finds that dies of it."""

    def __iter__(self) -> Iterator[Finding]:
        raise Killed


class Life:
    """One upload in a world of its own, whose processes die at these points; its events may all be lost."""

    def __init__(
        self,
        points: frozenset[Point] = frozenset(),
        remembers_completes: bool = False,
        is_heard: bool = True,
        turns: Turns = WHOLE,
    ) -> None:
        self.is_heard = is_heard
        self.script = Crashing(points)
        self.world = World(self.script, remembers_completes=remembers_completes, turns=turns)
        self.watch = Watch(self.world)
        self.script.watch = self.watch
        sessions = self.world.endings.sessions  # those that the script hears of
        self.tokens = Capabilities(self.world.uploads, sessions, self.world.clock, CountingSecrets())

    def create(self) -> Upload:
        return self.world.uploads.create(OWNER, declared(), ID).upload

    def send(self, upload: Upload, *numbers: int) -> None:
        """Parts of an open upload. A client whose parts S3 refuses gives up."""
        if upload.status is Status.OPEN and upload.multipart_id not in self.world.objects.uploads:
            raise UploadGone
        if upload.status is Status.OPEN:
            self.world.put(self.world.uploads.sign_parts(OWNER, ID, numbers or (1, 2, 3), Form.URLS, {}))

    def overwrite(self, upload: Upload, number: int, data: bytes) -> None:
        """A PUT that comes late; S3 may have ended the upload."""
        with suppress(Refused):
            self.world.overwrite(upload, number, data)

    def complete(self) -> None:
        if self.world.uploads.complete(OWNER, ID).status in HAS_OBJECT:
            self.watch.acknowledged.add(ID)

    def report(self) -> None:
        if self.world.uploads.progress(OWNER, ID, [(1, 3)]).upload.status in HAS_OBJECT:
            self.watch.acknowledged.add(ID)

    def deliver(self) -> None:
        """Every event that S3 ever sent, again."""
        for key, version_id in list(self.world.objects.created) if self.is_heard else ():
            with suppress(PortwayError):  # the queue delivers it once more
                self.world.processing.arrived(Arrival(key, version_id))

    def give_up(self) -> None:
        """The event failed five times: it comes from the dead letter queue, as often as it likes."""
        upload = self.world.sessions.uploads[ID]
        with suppress(PortwayError):
            self.world.dead_letters.arrived(Arrival(upload.key, upload.stored.version_id if upload.stored else None))

    def retry(self) -> None:
        """The owner of a failed file asks for another try; if his file did not fail, he is content."""
        with suppress(WrongState):
            self.world.retries.by_owner(OWNER, ID)

    def work(self) -> None:
        """What is due now, by one worker."""
        upload = self.world.sessions.uploads[ID]
        self.world.clock.now = max(self.world.clock.now, upload.due_at or 0)
        with suppress(Killed, PortwayError):
            self.world.processing.resume(upload)

    def recover(self) -> None:
        """Events come again, and sweeps at every due time, until nothing is due any more."""
        for _ in range(ROUNDS):
            self.deliver()
            self.world.sweeper.sweep()
            owed = [each.event.at + 60_001 for each in self.world.sessions.outbox.values() if not each.is_sent]
            due = [each.due_at for each in self.world.sessions.uploads.values() if each.due_at is not None]
            if not owed + due:
                return
            self.world.clock.now = max(self.world.clock.now, min(owed + due))


@dataclass(frozen=True, slots=True)
class Story:
    """What a client does, and how it may end: without crashes first, then with them; how files are copied."""

    run: Callable[[Life], None]
    end: Status
    ends: frozenset[Status]
    turns: Turns = WHOLE


def published(life: Life) -> None:
    life.send(life.create())
    life.complete()
    life.deliver()


def reported(life: Life) -> None:
    life.send(life.world.uploads.create(OWNER, declared(auto_complete=True), ID).upload)
    life.report()
    life.deliver()


def by_token(life: Life) -> None:
    """A phone sends it with a token, which is taken back while the phone completes and given again afterwards."""
    upload = life.create()
    assert life.tokens.holder(life.tokens.give(OWNER, ID).token) == (OWNER, ID)
    life.send(upload)
    life.script.before("sessions.put_manifest", alone(lambda: life.tokens.revoke(OWNER, ID)))
    life.complete()
    life.tokens.give(OWNER, ID)
    life.deliver()


def rejected(life: Life) -> None:
    life.world.objections = [INFECTED]
    published(life)


def undecided(life: Life) -> None:
    """Whoever inspects a second time comes to another verdict."""
    life.script.after("objects.head", lambda: setattr(life.world, "objections", [INFECTED]), 2)
    published(life)


def cancelled(life: Life) -> None:
    life.send(life.create(), 1)
    life.world.uploads.abort(OWNER, ID)


def expired(life: Life) -> None:
    life.send(life.create(), 1)
    life.world.clock.pass_seconds(DAY)
    life.world.sweeper.sweep()


def removed(life: Life) -> None:
    published(life)
    life.world.clock.pass_seconds(HOUR // 2)
    life.world.files.delete(OWNER, ID)


def swapped(life: Life) -> None:
    """A part is sent again with other bytes after it was listed."""
    upload = life.create()
    life.send(upload)
    life.script.after("sessions.put_manifest", lambda: life.overwrite(upload, 1, b"wxyz"))
    life.complete()
    life.deliver()


def swapped_back(life: Life) -> None:
    """And restored before the refused upload is killed, while another completes."""

    def restore() -> None:
        life.overwrite(upload, 1, b"0123")
        alone(life.complete)()

    upload = life.create()
    life.send(upload)
    life.script.after("sessions.put_manifest", lambda: life.overwrite(upload, 1, b"wxyz"))
    life.script.before("objects.abort", restore)
    life.complete()
    life.deliver()


def lost(life: Life) -> None:
    """S3 removes the parts between the listing and the completion."""
    life.send(life.create())
    life.script.after("sessions.put_manifest", life.world.objects.uploads.clear)
    life.complete()


def created_twice(life: Life) -> None:
    life.script.before("objects.start", alone(life.create))
    published(life)


def completed_twice(life: Life) -> None:
    life.send(life.create())
    life.script.before("objects.complete", alone(life.complete))
    life.complete()
    life.deliver()


def cancelled_before(call: str) -> Callable[[Life], None]:
    """Complete and cancel at once: the cancellation comes just before this call."""

    def run(life: Life) -> None:
        def cancel() -> None:
            with suppress(PortwayError):
                life.world.uploads.abort(OWNER, ID)

        life.send(life.create())
        life.script.before(call, alone(cancel))
        life.complete()
        life.deliver()

    return run


def completed_and_expired(life: Life) -> None:
    life.send(life.create())
    life.world.clock.pass_seconds(DAY)
    life.script.before("sessions.put_manifest", alone(lambda: life.world.sweeper.sweep()))
    life.complete()
    life.deliver()


def early_event(life: Life) -> None:
    """The event overtakes the completer's own write."""
    life.script.after("objects.complete", alone(life.deliver))
    published(life)


def slow_worker(life: Life) -> None:
    """His lease ends before he copies, and the sweeper takes over."""

    def take_over() -> None:
        life.world.clock.pass_seconds(HOUR)
        life.world.sweeper.sweep()

    life.script.before("objects.publish", alone(take_over))
    published(life)


def given_up(life: Life) -> None:
    """Its event failed five times before anybody took a lease."""
    life.send(life.create())
    life.complete()
    life.give_up()


def given_up_clean(life: Life) -> None:
    """Its worker found it clean and died beside the copy; then its event became a dead letter."""

    def end() -> None:
        life.world.clock.pass_seconds(HOUR)
        life.give_up()

    life.script.before("objects.publish", alone(end))
    published(life)


def retried(life: Life) -> None:
    given_up(life)
    life.retry()


def retried_and_rejected(life: Life) -> None:
    given_up(life)
    life.world.objections = [INFECTED]
    life.retry()


def retried_late(life: Life) -> None:
    """Just when the last look at the first end is under way; the dead letter comes again, too."""
    given_up(life)
    life.world.clock.pass_seconds(HOUR)
    life.script.before("objects.open_uploads", alone(life.retry))
    life.world.sweeper.sweep()
    life.give_up()


def retried_after_deaths(life: Life) -> None:
    """Five workers died of it, which made it fail; the next one lives."""
    life.send(life.create())
    life.complete()
    life.world.objections = Deadly()
    try:
        for _ in range(MAX_DEATHS + 1):
            life.work()
    finally:
        life.world.objections = ()
    life.retry()


def retried_and_removed(life: Life) -> None:
    """The owner changes his mind: one of the two wins."""
    given_up(life)
    life.script.before("sessions.save", alone(life.retry))
    with suppress(WrongState):
        life.world.files.delete(OWNER, ID)


KEPT = frozenset({Status.PUBLISHED, Status.QUARANTINED, Status.EXPIRED})
OPEN_END = frozenset({Status.PUBLISHED, Status.EXPIRED})
STORIES: Mapping[str, Story] = {
    "published": Story(published, Status.PUBLISHED, OPEN_END),
    "reported": Story(reported, Status.PUBLISHED, OPEN_END),
    "by token": Story(by_token, Status.PUBLISHED, OPEN_END),
    "rejected": Story(rejected, Status.QUARANTINED, frozenset({Status.QUARANTINED, Status.EXPIRED})),
    "undecided": Story(undecided, Status.PUBLISHED, OPEN_END | {Status.QUARANTINED}),
    "cancelled": Story(cancelled, Status.ABORTED, frozenset({Status.ABORTED, Status.EXPIRED})),
    "expired": Story(expired, Status.EXPIRED, frozenset({Status.EXPIRED})),
    "removed": Story(removed, Status.PUBLISHED, OPEN_END),
    "swapped": Story(swapped, Status.ABORTED, OPEN_END | {Status.ABORTED}),
    "swapped back": Story(swapped_back, Status.PUBLISHED, OPEN_END | {Status.ABORTED}),
    "lost": Story(lost, Status.EXPIRED, OPEN_END),
    "created twice": Story(created_twice, Status.PUBLISHED, OPEN_END),
    "completed twice": Story(completed_twice, Status.PUBLISHED, OPEN_END),
    "cancelled in time": Story(cancelled_before("sessions.put_manifest"), Status.ABORTED, OPEN_END | {Status.ABORTED}),
    "cancelled too late": Story(cancelled_before("objects.complete"), Status.PUBLISHED, OPEN_END | {Status.ABORTED}),
    "completed and expired": Story(completed_and_expired, Status.EXPIRED, OPEN_END),
    "early event": Story(early_event, Status.PUBLISHED, OPEN_END),
    "slow worker": Story(slow_worker, Status.PUBLISHED, OPEN_END),
    "given up": Story(given_up, Status.QUARANTINED, KEPT),
    "given up clean": Story(given_up_clean, Status.PUBLISHED, OPEN_END),
    "retried": Story(retried, Status.PUBLISHED, KEPT),
    "retried and rejected": Story(retried_and_rejected, Status.QUARANTINED, KEPT),
    "retried late": Story(retried_late, Status.PUBLISHED, KEPT),
    "retried after deaths": Story(retried_after_deaths, Status.PUBLISHED, KEPT),
    "retried and removed": Story(retried_and_removed, Status.PUBLISHED, KEPT),
}
