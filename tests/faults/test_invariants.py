"""The watch sees what it is for: each invariant, broken by hand, is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from portway.decisions import Action, Decision
from portway.model import Capability, ChecksumAlgorithm, CopyRef, Principal, Status, Step, StoredObject
from portway.policy import published_key
from portway.ports import Cut, Headers
from portway.quotas import Account, Quota, Quotas, Room
from portway.verdicts import Reason
from tests.fakes.objects import FakeVersion
from tests.faults.crashes import AFTER, BEFORE, Crash, Crashing
from tests.faults.desk_lives import ODD
from tests.faults.lives import ID, Life, published


def change(life: Life, **changes: object) -> None:
    uploads = life.world.sessions.uploads
    uploads[ID] = replace(uploads[ID], **changes)  # type: ignore[arg-type]


def show(life: Life, data: bytes) -> None:
    """Put other bytes under the published key."""
    place = (life.world.objects.published, published_key("acme", ID))
    life.world.objects.versions[place] = (FakeVersion(data, StoredObject("v", "etag", len(data)), "a/b"),)


def send_to_an_orphan(life: Life) -> None:
    upload = life.world.sessions.uploads[ID]
    orphan = life.world.objects.start(upload.key, "a/b", upload.checksum_algorithm, ID)
    life.world.objects.upload_part(upload.key, orphan, 1, b"more")


def copy_unseen(life: Life) -> None:
    """A copy of the file was begun, and nobody wrote down which."""
    upload = life.world.sessions.uploads[ID]
    assert upload.stored is not None
    to_key, stored = published_key("acme", ID), upload.stored
    orphan = life.world.copies.begin(to_key, Headers("a/b", "inline", ""), upload.checksum_algorithm)
    life.world.copies.copy(upload.key, stored, to_key, orphan, [Cut(1, 0, 4)])


def copy_before_a_verdict(life: Life) -> None:
    change(life, verdict=None, published=None)
    life.world.objects.versions.pop((life.world.objects.published, published_key("acme", ID)))
    copy_unseen(life)


def publish_twice(life: Life) -> None:
    change(life, copying=CopyRef("upload-9", 4))
    place = (life.world.objects.published, published_key("acme", ID))
    life.world.objects.versions[place] *= 2


def give_back(life: Life, capability: Capability | None) -> None:
    """A token was taken back, and seen to be."""
    change(life, capability=Capability(2))
    life.watch()
    change(life, capability=capability)


def break_promise(life: Life) -> None:
    life.watch.acknowledged.add(ID)
    change(life, status=Status.ABORTED)


def pass_the_limit(life: Life) -> None:
    rules = life.world.rules
    none = replace(rules.policies, quotas=Quotas(Room(Quota(1, 1), Quota(1, 1))))
    life.world.rules = replace(rules, policies=none)


def leave_an_upload(life: Life) -> None:
    life.world.objects.start("in/x", "a/b", ChecksumAlgorithm.CRC32, "x")


def verdict_of_another_version(life: Life) -> None:
    verdict = life.world.sessions.uploads[ID].verdict
    assert verdict is not None
    change(life, verdict=replace(verdict, version_id="another"))


def rejected_verdict(life: Life) -> None:
    verdict = life.world.sessions.uploads[ID].verdict
    assert verdict is not None
    change(life, verdict=replace(verdict, reason=Reason.REJECTED))


REJECTED = (Decision(1, "olga", Action.REJECT, "no use", 1, Reason.IN_REVIEW),)


def decided(life: Life, decisions: tuple[Decision, ...]) -> None:
    change(life, decisions=REJECTED)
    life.watch()
    change(life, decisions=decisions)


def found_odd(life: Life) -> None:
    verdict = life.world.sessions.uploads[ID].verdict
    assert verdict is not None
    change(life, verdict=replace(verdict, findings=(ODD,)))


BREACHES: dict[str, tuple[str, Callable[[Life], object]]] = {
    "the object is gone": ("I1", lambda life: life.world.objects.versions.clear()),
    "the checksum is another": ("I1", lambda life: change(life, checksum="AAAAAAAAAAA=")),
    "a promise is broken": ("I2", break_promise),
    "other bytes are published": ("I3", lambda life: show(life, b"other")),
    "published without a verdict": ("I3", lambda life: change(life, verdict=None)),
    "published against the verdict": ("I3", rejected_verdict),
    "another version was inspected": ("I3", verdict_of_another_version),
    "removed, but readable": ("I3", lambda life: change(life, removing_at=1, removed_at=1)),
    "copied before a verdict": ("I3: copied", copy_before_a_verdict),
    "a large file is published twice": ("I3: a large file", publish_twice),
    "a copy that nobody named has parts": ("I8", copy_unseen),
    "ended, but there is an object": ("I4", lambda life: change(life, status=Status.EXPIRED)),
    "quota is lost": ("I5", lambda life: life.world.sessions.counters.clear()),
    "the limit is passed": ("I5", pass_the_limit),
    "quota is given twice": (
        "I5",
        lambda life: life.world.sessions.counters.update({Account("acme", "owner"): Quota(-10, 0)}),
    ),
    "the tenant's account is forgotten": ("I5", lambda life: life.world.sessions.counters.pop(Account("acme"))),
    "points are made up": ("I5", lambda life: life.world.sessions.risks.update({(Principal("acme", "owner"), 1): 20})),
    "removed, but still held": ("I5", lambda life: change(life, removing_at=1, removed_at=1)),
    "another try without a lease of its own": (
        "I6",
        lambda life: change(life, status=Status.PROCESSING, reason=None, due_at=None),
    ),
    "nothing is owed": ("I6", lambda life: life.world.sessions.outbox.clear()),
    "the way was forbidden": (
        "I7",
        lambda life: change(life, history=(Step(Status.OPEN, 1), Step(Status.PUBLISHED, 2))),
    ),
    "the lease went back": ("I7", lambda life: change(life, lease=0)),
    "two hold one lease": ("I7", lambda life: change(life, holder="another")),
    "an orphan has parts": ("I8", send_to_an_orphan),
    "a token came back": ("I9", lambda life: give_back(life, Capability(1, "a" * 64, 9))),
    "a token was forgotten": ("I9", lambda life: give_back(life, None)),
    "another token under the same number": ("I9", lambda life: give_back(life, Capability(2, "a" * 64, 9))),
    "a decision is forgotten": ("I10", lambda life: decided(life, ())),
    "two decided in one turn": ("I10", lambda life: decided(life, (*REJECTED, *REJECTED))),
    "published against inspection": ("I10", found_odd),
    "still due": ("L1", lambda life: change(life, due_at=1)),
    "an upload is left over": ("L2", leave_an_upload),
    "nobody heard": ("L3", lambda life: life.world.announcer.events.pop()),
    "nobody heard that it was created": ("I6", lambda life: life.world.announcer.events.pop(0)),
}


NEED_THE_INCOMING_COPY = {
    "the object is gone",
    "the checksum is another",
    "other bytes are published",
    "copied before a verdict",
    "a copy that nobody named has parts",
    "ended, but there is an object",
}
"""Seen while it is there: within the hour after the end."""


@pytest.mark.parametrize("breach", BREACHES)
def test_a_broken_invariant_is_named(breach: str) -> None:
    """A proof that cannot fail proves nothing: this one fails, and says where."""
    invariant, break_it = BREACHES[breach]
    life = Life()
    published(life)
    look: Callable[[], None] = life.watch
    if breach not in NEED_THE_INCOMING_COPY:
        life.recover()
        look = life.watch.at_rest
    look()
    break_it(life)
    with pytest.raises(AssertionError, match=invariant if ":" in invariant else f"{invariant}: "):
        look()


@pytest.mark.parametrize(("side", "happened"), [(BEFORE, []), (AFTER, ["done"])])
def test_a_crash_is_before_or_after_the_call(side: str, happened: list[str]) -> None:
    """Before it, nothing happened; after it, everything, and nobody heard. The process after it lives."""
    script, done = Crashing({(2, side)}), list[str]()
    script("port.first", lambda: None)
    with pytest.raises(Crash):
        script("port.second", lambda: done.append("done"))
    assert done == happened
    script("port.second", lambda: done.append("again"))
    assert done == [*happened, "again"]


def test_a_crash_is_no_exception() -> None:
    """No `except Exception` of the product can swallow it."""
    assert not issubclass(Crash, Exception)
