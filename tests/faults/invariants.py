"""What must hold in every moment (I1 to I10), and once everything has come to rest (L1 to L3): docs/faults.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Protocol

from dev.s3 import checksums
from portway import crc, decisions
from portway.consequences import EVENT_TYPES, REMOVED, accounts, risk_change
from portway.decisions import Action
from portway.declaration import Rules
from portway.model import HAS_OBJECT, MOVES, RETAINED, TERMINAL, Principal, Status, Upload
from portway.policy import published_key
from portway.ports import Clock
from portway.quotas import NOTHING, Account, Quota
from portway.verdicts import reason_of
from tests.fakes.announcer import FakeAnnouncer
from tests.fakes.objects import FakeObjects, FakeVersion
from tests.fakes.sessions import FakeSessions

MOVING = (Action.RELEASE, Action.REJECT, Action.INSPECT)
GONE = (Status.ABORTED, Status.EXPIRED)
WITHOUT = (Status.CREATING, Status.OPEN, Status.ABORTING, Status.EXPIRING, *GONE)


class Watched(Protocol):
    """What can be looked at: a world in memory, or what was read back from real stores."""

    @property
    def objects(self) -> FakeObjects: ...
    @property
    def sessions(self) -> FakeSessions: ...
    @property
    def announcer(self) -> FakeAnnouncer: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def rules(self) -> Rules: ...
    def files_of(self, upload: Upload) -> list[bytes]: ...


class Watch:
    """Looks at a world again and again. `acknowledged` holds the uploads that somebody was told are complete."""

    def __init__(self, world: Watched) -> None:
        self.world, self.acknowledged = world, set[str]()
        self.last: dict[str, Upload] = {}

    def __call__(self) -> None:
        """AssertionError names every invariant that is broken now."""
        uploads = self.world.sessions.uploads
        broken = [*self._counted(), *self._suspected(), *(line for each in uploads.values() for line in self._of(each))]
        self.last = dict(uploads)
        assert not broken, broken

    def _of(self, upload: Upload) -> Iterator[str]:
        yield from self._stored(upload)
        yield from self._published(upload)
        yield from self._copied(upload)
        yield from self._moved(upload)
        yield from self._given(upload)
        yield from self._decided(upload)
        yield from self._told(upload)
        yield from self._held(upload)
        if upload.id in self.acknowledged and upload.status not in HAS_OBJECT:
            yield f"I2: told complete, but {upload.status}"

    def _stored(self, upload: Upload) -> Iterator[str]:
        here = self.world.objects.versions.get((self.world.objects.incoming, upload.key), ())
        if sum(len(version.data) for version in here) > upload.size:
            yield "I8: S3 holds more than was declared"
        if here and upload.status in WITHOUT and not _may_come(upload):
            yield f"I4: an object, but {upload.status}"
        if here and upload.removed_at and not _may_come(upload):
            yield "I5: the bytes are given back, but still held"
        if upload.status not in HAS_OBJECT or upload.removing_at or self._may_be_dropped(upload):
            return
        version = self._version(upload)
        if version is None:
            yield f"I1: {upload.status}, but no object"
        elif not _is_as_sealed(self.world, upload, version):
            yield "I1: the object is not what was sealed"

    def _may_be_dropped(self, upload: Upload) -> bool:
        """The incoming copy of a published file is kept until its last look, an hour or more after its end."""
        return upload.status is Status.PUBLISHED and upload.history[-1].at + upload.settle_ms <= self.world.clock()

    def _published(self, upload: Upload) -> Iterator[str]:
        shown = self.world.files_of(upload)
        if not shown:
            return
        verdict, version = upload.verdict, self._version(upload)
        if upload.removed_at or upload.status not in (Status.PROCESSING, Status.PUBLISHED):
            yield f"I3: a published object, but {upload.status}, removed at {upload.removed_at}"
        if verdict is None or not verdict.is_clean or upload.stored is None:
            yield "I3: published without a clean verdict"
        elif verdict.version_id != upload.stored.version_id:
            yield "I3: the verdict is about another version"
        if version and any(data != version.data for data in shown):
            yield "I3: published bytes are not the inspected ones"

    def _copied(self, upload: Upload) -> Iterator[str]:
        """A large file: begun for a clean verdict, copied into the upload of the record only, published once."""
        objects, to_key = self.world.objects, published_key(upload.tenant, upload.id)
        for multipart_id in objects.open_uploads(to_key):
            if upload.verdict is None or not upload.verdict.is_clean:
                yield "I3: copied without a clean verdict"
            parts = objects.uploads[multipart_id].parts.values()
            named = upload.copying and upload.copying.multipart_id
            if sum(len(part.data) for part in parts) > (upload.size if multipart_id == named else 0):
                yield "I8: S3 holds more of a copy than its file has"
        if upload.copying and len(self.world.files_of(upload)) > 1:
            yield "I3: a large file was published twice"

    def _moved(self, upload: Upload) -> Iterator[str]:
        path = [step.status for step in upload.history]
        if any(after not in MOVES[before] for before, after in pairwise(path)) or path[-1] is not upload.status:
            yield f"I7: no such way: {path}"
        if upload.is_single and {Status.CREATING, Status.COMPLETING} & set(path):
            yield f"I7: a single upload has nothing to create or complete: {path}"
        if not upload.is_single and (Status.OPEN, Status.STORED) in pairwise(path):
            yield f"I7: stored without a manifest: {path}"
        last = self.last.get(upload.id)
        if last and (upload.history[: len(last.history)] != last.history or upload.lease < last.lease):
            yield f"I7: from {last.status} lease {last.lease} back to {upload.status} lease {upload.lease}"
        if last and upload.holder not in (None, last.holder) and upload.lease <= last.lease:
            yield f"I7: {upload.holder} took over from {last.holder} under the same lease {upload.lease}"

    def _given(self, upload: Upload) -> Iterator[str]:
        """Tokens are counted up, and what was counted stays."""
        last = self.last.get(upload.id)
        was, now = last and last.capability, upload.capability
        if was and now != was and (now is None or now.number <= was.number):
            yield f"I9: token {was.number} was followed by {now and now.number}"

    def _decided(self, upload: Upload) -> Iterator[str]:
        """No decision is undone or doubled, and what inspection kept back is published on an operator's word only."""
        last, verdict = self.last.get(upload.id), upload.verdict
        if last and upload.decisions[: len(last.decisions)] != last.decisions:
            yield f"I10: {last.decisions} became {upload.decisions}"
        leases = [each.lease for each in upload.decisions if each.action in MOVING]
        if leases != sorted(set(leases)):
            yield f"I10: two decisions in one turn: {upload.decisions}"
        said = decisions.last(upload.decisions)
        is_released = said is not None and said.action in (Action.RELEASE, Action.REMOVE)
        if upload.status is Status.PUBLISHED and verdict and reason_of(verdict.findings) and not is_released:
            yield "I10: published without a word of an operator"

    def _told(self, upload: Upload) -> Iterator[str]:
        kept = [each.event.id for each in self.world.sessions.outbox.values() if each.event.upload_id == upload.id]
        heard = {event.id for event in self.world.announcer.events if event.upload_id == upload.id}
        created = f"{upload.id}#{Status.CREATING}#0"
        if upload.status is not Status.CREATING and created not in {*kept, *heard}:
            yield f"I6: {upload.status}, and nobody heard or will hear that it was created"
        if not heard <= {*kept, created}:
            yield "I6: an event was sent that nobody owes"
        kept = [each for each in kept if each != created]
        states, leases = [each.split("#")[1] for each in kept], [int(each.split("#")[2]) for each in kept]
        owed = [str(step.status) for step in upload.history[1:] if step.status in EVENT_TYPES]
        if sorted(states) != sorted([*owed, *[REMOVED] * bool(upload.removed_at)]):
            yield f"I6: {upload.history} owes one event of each state that is told, there are {kept}"
        leases = [lease for state, lease in zip(states, leases, strict=True) if state in TERMINAL]
        ladder = leases if upload.is_terminal else [*leases, upload.lease]
        if ladder != sorted(set(ladder)) or ladder[-1:] != [upload.lease]:
            yield f"I6: each end has a lease of its own, this one {upload.lease}; there are {kept}"

    def _held(self, upload: Upload) -> Iterator[str]:
        for multipart_id in self.world.objects.open_uploads(upload.key):
            parts = self.world.objects.uploads[multipart_id].parts.values()
            if sum(len(part.data) for part in parts) > (upload.size if multipart_id == upload.multipart_id else 0):
                yield "I8: S3 holds more than was declared"

    def _counted(self) -> Iterator[str]:
        wanted: dict[Account, Quota] = {}
        for upload in self.world.sessions.uploads.values():
            is_open = not upload.is_terminal
            is_held = is_open or (upload.status in RETAINED and not upload.removed_at)
            for account in accounts(upload):
                sum_ = wanted.get(account, NOTHING)
                wanted[account] = Quota(sum_.size + upload.size * is_held, sum_.uploads + is_open)
        for account in wanted | self.world.sessions.counters:
            counted, expected = self.world.sessions.counters.get(account, NOTHING), wanted.get(account, NOTHING)
            if counted != expected:
                yield f"I5: {counted} are counted for the {account.scope}, {expected} are held"
            room = self.world.rules.policies.quotas.of(account.tenant)
            limit = room.tenant if account.owner is None else room.owner
            if counted.size > limit.size or counted.uploads > limit.uploads:
                yield f"I5: {counted} are counted for the {account.scope}, {limit} is the limit"

    def _suspected(self) -> Iterator[str]:
        wanted, judged_again = Counter[tuple[Principal, int]](), False
        for upload in self.world.sessions.uploads.values():
            judged_again |= any(step.status in TERMINAL for step in upload.history[:-1])
            if earned := risk_change(replace(upload, status=Status.OPEN), upload):
                wanted[upload.principal, earned.day] += earned.points
        if wanted != self.world.sessions.risks and not judged_again:  # a record knows its last end only
            yield f"I5: points are {self.world.sessions.risks}, earned were {wanted}"

    def _version(self, upload: Upload) -> FakeVersion | None:
        version_id = upload.stored.version_id if upload.stored else ""
        return self.world.objects.version(self.world.objects.incoming, upload.key, version_id)

    def at_rest(self) -> None:
        """Nothing is due, every upload has ended, S3 holds no open upload, and every event was heard."""
        self()
        world = self.world
        heard = {event.id for event in world.announcer.events}
        broken = [
            f"L1: {each.status}, due at {each.due_at}" for each in world.sessions.uploads.values() if _moves(each)
        ]
        broken += [f"L2: {multipart_id} is still open" for multipart_id in world.objects.uploads]
        broken += [
            f"L2: an object of {each.id}, {each.status}"
            for each in world.sessions.uploads.values()
            if _left(world, each)
        ]
        broken += [f"L3: {each} was not heard" for each in world.sessions.outbox if each not in heard]
        broken += [f"L3: {key} is not marked" for key, each in world.sessions.outbox.items() if not each.is_sent]
        assert not broken, broken


def _moves(upload: Upload) -> bool:
    """Also what has a last day for which nothing is due any more."""
    is_forgotten = upload.retained_until is not None and not upload.removed_at
    return upload.due_at is not None or not upload.is_terminal or is_forgotten


def _may_come(upload: Upload) -> bool:
    """Whether an object may be there although its upload is not, or no longer, about one: a URL was still good."""
    waits = upload.status in (Status.OPEN, Status.ABORTING, Status.EXPIRING)
    return upload.is_single and (waits or upload.due_at is not None)


def _left(world: Watched, upload: Upload) -> bool:
    here = world.objects.versions.get((world.objects.incoming, upload.key), ())
    return bool(here) and (upload.status in GONE or upload.removed_at is not None)


def _is_as_sealed(world: Watched, upload: Upload, version: FakeVersion) -> bool:
    """Length, checksum and content are those of the manifest, and of the declaration."""
    algorithm = upload.checksum_algorithm
    if upload.is_single:
        assert upload.stored is not None
        return version.stored.checksum == upload.checksum == upload.stored.checksum and len(version.data) == upload.size
    assert upload.manifest is not None
    parts = world.sessions.get_manifest(upload.id, upload.manifest)
    whole = crc.combine(algorithm, [(part.checksum or "", part.size) for part in parts])
    found = checksums.b64(checksums.digest(algorithm, version.data))
    return found == whole and upload.checksum in (None, whole) and len(version.data) == upload.size
