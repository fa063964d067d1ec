"""Every use case on the real stores: how the world gets there, what is done and may die, how its client goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any

from portway import policy
from portway.decisions import Action
from portway.errors import PartsMissing, WrongState
from portway.model import HAS_OBJECT, Principal, Status, Strategy, Upload
from portway.processing import Arrival
from portway.signing import Form
from tests.faults.aws_calls import DEATHS, Fault
from tests.faults.aws_seen import Seen, nothing_seen, recorded, seen
from tests.faults.aws_site import INCOMING, Site
from tests.faults.crashes import AFTER, BEFORE, Crash
from tests.faults.invariants import Watch
from tests.unit.world import AT_ONCE, CONTENT, HOUR, OWNER, declared

IDS = count(1)
OLGA = Principal("staff", "olga", is_operator=True)
ROUNDS = 12


class Life:
    """One upload in an empty table; its id was never used before. `wanted` are fields of its declaration."""

    def __init__(self, site: Site) -> None:
        site.empty()
        self.site, self.here, self.id = site, site.here, f"{next(IDS):026}"
        self.wanted: dict[str, Any] = {"name": "numbers.bin", "content_type": "application/octet-stream"}
        self.arrivals: list[Arrival] = []
        self.watch = Watch(nothing_seen(site))

    def check(self, is_at_rest: bool = False) -> Seen:
        """Every invariant, read back from the real stores."""
        self.watch.world = found = seen(self.site, self.id)
        self.watch.at_rest() if is_at_rest else self.watch()
        upload = found.sessions.uploads.get(self.id)
        if upload:
            versions = found.objects.versions[INCOMING, upload.key]
            assert len(versions) <= 1, f"{len(versions)} versions of one upload"
            assert upload.status is not Status.PUBLISHED or upload.removing_at or CONTENT in found.files_of(upload)
        return found

    def create(self) -> Upload:
        return self.here.uploads.create(OWNER, declared(**self.wanted), self.id).upload

    def sent(self, *numbers: int) -> Upload:
        upload = self.create()
        if upload.status is Status.OPEN:
            self.site.put(upload, numbers)
        return upload

    def complete(self) -> None:
        size = len(CONTENT) if "size" in self.wanted else None  # told at the end
        if self.here.uploads.complete(OWNER, self.id, size=size).status in HAS_OBJECT:
            self.watch.acknowledged.add(self.id)

    def report(self) -> None:
        if self.here.uploads.progress(OWNER, self.id, [(1, 3)]).upload.status in HAS_OBJECT:
            self.watch.acknowledged.add(self.id)

    def deliver(self) -> None:
        """Every event that S3 ever sent about this upload, again."""
        for arrival in self.arrived():
            self.here.processing.arrived(arrival)

    def arrived(self) -> list[Arrival]:
        """What S3 has announced until now."""
        key = policy.incoming_key(OWNER.tenant, self.id)
        for version in self.site.s3.list_object_versions(Bucket=INCOMING, Prefix=key).get("Versions", ()):
            arrival = Arrival(version["Key"], version["VersionId"])
            if arrival not in self.arrivals:
                self.arrivals.append(arrival)
        return self.arrivals

    def sweep(self) -> None:
        self.here.sweeper.sweep()

    def pass_to_due(self) -> bool:
        """Let time pass until the sweeper has something to do; False when it never will again."""
        found = recorded(self.site)
        due = [each.event.at + 60_001 for each in found.outbox.values() if not each.is_sent]
        due += [each.due_at for each in found.uploads.values() if each.due_at is not None]
        self.site.clock.now = max([self.site.clock.now, *([min(due)] if due else [])])
        return bool(due)

    def rest(self) -> None:
        """Sweeps at every due time, until nothing is due."""
        for _ in range(ROUNDS):
            if not self.pass_to_due():
                return
            self.sweep()

    def dies(self, action: Callable[[], object], operation: str, fault: Fault = DEATHS[AFTER]) -> None:
        """The process that does this dies at its first call of this name."""
        with suppress(Crash), self.site.calls.counted(operation, fault):
            action()


Step = Callable[[Life], object]


@dataclass(frozen=True, slots=True)
class UseCase:
    """`goes_on` is what its client does after anything. Undisturbed it ends as `end`; after a crash, too, or as one of
    `others`, and left alone perhaps as one of `left`."""

    prepare: Step
    act: Step
    goes_on: Step
    end: Status
    left: frozenset[Status] = frozenset()
    others: frozenset[Status] = frozenset()


def nothing(life: Life) -> None:
    """No preparation, or a client that does not come back."""


def uploads(life: Life) -> None:
    """Create, send, complete, from wherever it stands; the event comes."""
    life.sent()
    life.complete()
    life.deliver()


def asks(life: Life) -> None:
    """A client who completes where that cannot be."""
    with suppress(WrongState, PartsMissing):
        life.complete()
    life.deliver()


def aged(life: Life) -> None:
    life.create()
    life.site.clock.pass_seconds(13 * HOUR)


def signs(life: Life) -> None:
    life.here.uploads.sign_parts(OWNER, life.id, [1, 2, 3], Form.URLS, {})


def automatic(life: Life) -> None:
    life.wanted["auto_complete"] = True
    life.sent()


def complete(life: Life) -> None:
    life.sent()
    life.complete()


def dies_completing(operation: str) -> Step:
    def prepare(life: Life) -> None:
        life.sent()
        life.dies(life.complete, operation)

    return prepare


def open_ended(life: Life) -> None:
    """Its size is not known."""
    life.wanted["size"] = None
    life.create()


def takes_room(life: Life) -> None:
    lengths = {1: 4, 2: 4, 3: 4}
    life.here.uploads.sign_parts(OWNER, life.id, list(lengths), Form.URLS, {}, lengths)


def streamed(life: Life) -> None:
    open_ended(life)
    takes_room(life)
    life.site.put(life.create())


def streams(life: Life) -> None:
    """What `uploads` does, with room taken for parts before they are sent."""
    if life.create().status is Status.OPEN:
        takes_room(life)
        life.site.put(life.create())
    life.complete()
    life.deliver()


def single(life: Life) -> None:
    """Sent in one PUT, of which the event has not come yet."""
    life.wanted |= {**AT_ONCE, "strategy": Strategy.SINGLE}
    life.sent()


def creates_single(life: Life) -> None:
    life.wanted |= {**AT_ONCE, "strategy": Strategy.SINGLE}
    life.create()


def rejected(life: Life) -> None:
    life.wanted |= {"name": "picture.png", "content_type": "image/png", "category": "pictures"}
    complete(life)


def published(life: Life) -> None:
    complete(life)
    life.deliver()


def in_parts(prepare: Step) -> Step:
    """Its file is a large one."""

    def run(life: Life) -> None:
        life.here = life.site.in_parts
        prepare(life)

    return run


def half_copied(life: Life) -> None:
    """One part of two, in one turn."""
    in_parts(complete)(life)
    life.deliver()


def buried(life: Life) -> None:
    """Its event failed five times."""
    for arrival in life.arrived():
        life.here.dead_letters.arrived(arrival)


def failed(life: Life) -> None:
    """Quarantined for the reason `error`."""
    complete(life)
    buried(life)


def retries(life: Life) -> None:
    life.here.retries.by_owner(OWNER, life.id)


def kept(life: Life) -> None:
    """Quarantined because inspection refused it."""
    rejected(life)
    life.deliver()


def releases(life: Life) -> None:
    life.here.quarantine.decide(OLGA, life.id, Action.RELEASE, "looked at it")


def reads(life: Life) -> None:
    life.here.quarantine.link(OLGA, life.id)


def aborts(life: Life) -> None:
    life.here.uploads.abort(OWNER, life.id)


def deletes(life: Life) -> None:
    life.here.files.delete(OWNER, life.id)


def overdue(prepare: Step) -> Step:
    """Prepared, and left alone until the sweeper's time has come."""

    def run(life: Life) -> None:
        prepare(life)
        life.pass_to_due()

    return run


def dies_at(prepare: Step, action: Step, operation: str) -> Step:
    def run(life: Life) -> None:
        prepare(life)
        life.dies(lambda: action(life), operation)

    return run


def silent(life: Life) -> None:
    """Published, and the bus was never reached."""
    complete(life)
    life.dies(life.deliver, "PutEvents", DEATHS[BEFORE])


def swapped(life: Life) -> None:
    """A part is sent again with other bytes after the manifest was sealed."""
    dies_completing("UpdateItem")(life)
    upload = life.create()
    life.site.s3.upload_part(Bucket=INCOMING, Key=upload.key, UploadId=upload.multipart_id, PartNumber=1, Body=b"wxyz")


def lost(life: Life) -> None:
    """S3 removed the parts after the manifest was sealed."""
    dies_completing("UpdateItem")(life)
    upload = life.create()
    life.site.s3.abort_multipart_upload(Bucket=INCOMING, Key=upload.key, UploadId=upload.multipart_id)


def begun(life: Life) -> None:
    life.sent(1)


PUBLISHED, EXPIRED, ABORTED = Status.PUBLISHED, Status.EXPIRED, Status.ABORTED
EXPIRES, PUBLISHES = frozenset({EXPIRED}), frozenset({PUBLISHED})
sealed, made = dies_completing("UpdateItem"), dies_completing("CompleteMultipartUpload")
expiring = dies_at(overdue(begun), Life.sweep, "UpdateItem")


USE_CASES: Mapping[str, UseCase] = {
    "create": UseCase(nothing, Life.create, uploads, PUBLISHED, EXPIRES),
    "sign, renewing": UseCase(aged, signs, uploads, PUBLISHED, EXPIRES),
    "report, auto-completing": UseCase(automatic, Life.report, uploads, PUBLISHED, EXPIRES),
    "complete": UseCase(Life.sent, Life.complete, uploads, PUBLISHED, EXPIRES),
    "complete, a part changed": UseCase(swapped, Life.complete, asks, ABORTED, EXPIRES, EXPIRES),
    "complete, S3 lost the parts": UseCase(lost, Life.complete, asks, EXPIRED),
    "event, publish": UseCase(complete, Life.deliver, uploads, PUBLISHED),
    "event before the record": UseCase(made, Life.deliver, uploads, PUBLISHED),
    "event, file rejected": UseCase(rejected, Life.deliver, uploads, Status.QUARANTINED),
    "event, large file": UseCase(in_parts(complete), Life.deliver, uploads, PUBLISHED),
    "sweep, large file half copied": UseCase(overdue(half_copied), Life.sweep, uploads, PUBLISHED),
    "create, one PUT": UseCase(nothing, creates_single, uploads, PUBLISHED, EXPIRES),
    "complete, one PUT": UseCase(single, Life.complete, uploads, PUBLISHED),
    "event, one PUT": UseCase(single, Life.deliver, uploads, PUBLISHED),
    "sign, taking room": UseCase(open_ended, takes_room, streams, PUBLISHED, EXPIRES),
    "complete, size told at the end": UseCase(streamed, Life.complete, streams, PUBLISHED, EXPIRES),
    "retry": UseCase(failed, retries, retries, PUBLISHED, frozenset({Status.QUARANTINED})),
    "desk, release": UseCase(kept, releases, releases, PUBLISHED, frozenset({Status.QUARANTINED})),
    "desk, read": UseCase(kept, reads, reads, Status.QUARANTINED),
    "dead letter": UseCase(complete, buried, uploads, Status.QUARANTINED, PUBLISHES, PUBLISHES),
    "cancel": UseCase(begun, aborts, aborts, ABORTED, EXPIRES),
    "remove": UseCase(published, deletes, deletes, PUBLISHED),
    "sweep CREATING": UseCase(
        overdue(dies_at(nothing, Life.create, "CreateMultipartUpload")), Life.sweep, asks, EXPIRED
    ),
    "sweep OPEN": UseCase(overdue(begun), Life.sweep, asks, EXPIRED),
    "sweep OPEN, one PUT came": UseCase(overdue(single), Life.sweep, uploads, PUBLISHED),
    "sweep OPEN, whole": UseCase(overdue(automatic), Life.sweep, uploads, PUBLISHED),
    "sweep ABORTING": UseCase(overdue(dies_at(begun, aborts, "UpdateItem")), Life.sweep, aborts, ABORTED),
    "sweep EXPIRING": UseCase(overdue(expiring), Life.sweep, asks, EXPIRED),
    "sweep COMPLETING": UseCase(overdue(sealed), Life.sweep, uploads, PUBLISHED),
    "sweep COMPLETING, object there": UseCase(overdue(made), Life.sweep, uploads, PUBLISHED),
    "sweep STORED": UseCase(overdue(complete), Life.sweep, uploads, PUBLISHED),
    "sweep PROCESSING": UseCase(overdue(dies_at(complete, Life.deliver, "CopyObject")), Life.sweep, uploads, PUBLISHED),
    "sweep a removal": UseCase(overdue(dies_at(published, deletes, "UpdateItem")), Life.sweep, deletes, PUBLISHED),
    "sweep, last look": UseCase(overdue(published), Life.sweep, nothing, PUBLISHED),
    "sweep, unsent event": UseCase(overdue(silent), Life.sweep, nothing, PUBLISHED),
}
