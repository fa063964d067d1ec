"""A scanner that answers by events: files wait for it, whatever comes late, twice, early or never."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from portway.decisions import Action
from portway.errors import Unavailable, WrongState
from portway.inspectors import malware
from portway.model import Status, Upload
from portway.processing import Outcome
from portway.scanning import AwaitedScans, ScanArrival, ScanResults
from portway.scans import Says, ScanRule
from portway.verdicts import Reason
from tests.unit.world import CONTENT, Killed, World, killed, no_answer

WAIT = 1800


class Scanned(World):
    """A world whose scanner answers by events. `asked` holds what it was asked to scan once more."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, str]] = []
        self.is_away = False
        inspection, sessions = self.processing.inspection, self.processing.sessions
        policies = inspection.policies
        category = replace(policies.categories["anything"], scan=ScanRule.REQUIRED)
        inspection = replace(
            inspection,
            inspectors={"malware": malware.inspect},
            policies=replace(policies, categories={**policies.categories, "anything": category}),
            scanner=AwaitedScans(self._ask, WAIT * 1000, self.clock),
        )
        self.processing = replace(self.processing, inspection=inspection, sessions=sessions)
        self.sweeper = replace(self.sweeper, processing=self.processing)
        self.results = ScanResults(self.processing)

    def _ask(self, key: str, version_id: str) -> None:
        if self.is_away:
            raise Unavailable("GuardDuty does not answer")
        self.asked.append((key, version_id))

    def result(self, upload: Upload, says: Says = Says.CLEAN, **changes: Any) -> Outcome:
        """The scanner's event about the object of this upload, as far as it is there."""
        stored = self.record(upload).stored or self.objects.head(upload.key)
        assert stored
        told = ScanArrival(upload.key, stored.version_id, stored.etag, says, "" if says is Says.CLEAN else "Example")
        return self.results.arrived(replace(told, **changes))

    def waiting(self) -> Upload:
        """A file that was taken up and waits for its answer."""
        upload = self.stored()
        assert self.arrive(upload) is Outcome.WAITING
        return self.record(upload)

    def waits(self, seconds: int) -> None:
        self.clock.pass_seconds(seconds)
        self.sweeper.sweep()


@pytest.fixture
def scanned() -> Scanned:
    return Scanned()


def test_a_file_waits_for_its_result(scanned: Scanned) -> None:
    """Nobody holds it, nothing is published, nobody asks; the answer publishes it at once."""
    upload = scanned.waiting()
    assert (upload.status, upload.holder, upload.verdict) == (Status.PROCESSING, None, None)
    assert upload.due_at == upload.history[-1].at + WAIT * 1000
    scanned.waits(WAIT - 1)
    assert scanned.record(upload) == upload
    assert scanned.result(upload) is Outcome.PUBLISHED
    assert (scanned.files_of(upload), scanned.asked) == ([CONTENT], [])


@pytest.mark.parametrize(("says", "reason"), [(Says.INFECTED, Reason.INFECTED), (Says.NOT_SCANNED, Reason.NOT_SCANNED)])
def test_a_bad_result_keeps_the_file_back(scanned: Scanned, says: Says, reason: Reason) -> None:
    """Infected or not scanned: quarantined, and the words of the scanner are for operators."""
    upload = scanned.waiting()
    assert scanned.result(upload, says) is Outcome.QUARANTINED
    record = scanned.record(upload)
    assert record.reason is reason
    assert record.verdict
    assert record.verdict.findings[0].detail == "malware: Example"


def test_a_result_that_never_comes_is_no_scan(scanned: Scanned) -> None:
    """After half an hour the sweeper ends the wait: not scanned, and what comes later changes nothing."""
    upload = scanned.waiting()
    scanned.waits(WAIT)
    record = scanned.record(upload)
    assert (record.status, record.reason) == (Status.QUARANTINED, Reason.NOT_SCANNED)
    assert scanned.result(upload) is Outcome.DUPLICATE
    assert scanned.record(upload) == record
    assert scanned.files_of(upload) == []


def test_malware_that_is_found_too_late_is_not_released(scanned: Scanned) -> None:
    """The wait was over: the file is not scanned still, and is in quarantine; but nobody can publish it any more."""
    upload = scanned.waiting()
    scanned.waits(WAIT)
    assert scanned.result(upload, Says.INFECTED) is Outcome.LEASED
    with pytest.raises(WrongState, match="malware"):
        decide(scanned, upload, Action.RELEASE)
    assert scanned.result(upload, Says.INFECTED) is Outcome.DUPLICATE
    record = scanned.record(upload)
    assert (record.status, record.reason, record.published) == (Status.QUARANTINED, Reason.NOT_SCANNED, None)


@pytest.mark.parametrize("made", ["sealed", "stored"])
def test_a_result_may_come_before_the_file_is_stored(scanned: Scanned, made: str) -> None:
    """The scanner was faster than our own write, or than the object's event: the answer is kept, and counts."""
    upload = getattr(scanned, made)()
    if made == "sealed":
        done: list[Outcome] = []
        scanned.script.after("objects.complete", lambda: done.append(scanned.result(upload)))
        upload = scanned.endings.finish(upload)
        assert done == [Outcome.LEASED]
    else:
        assert scanned.result(upload) is Outcome.LEASED
    assert scanned.arrive(upload) is Outcome.PUBLISHED


def test_a_result_beside_the_worker_is_not_overlooked(scanned: Scanned) -> None:
    """It comes between the look at the record and the write that says "waiting": the worker finds it and goes on."""
    upload = scanned.stored()
    done: list[Outcome] = []
    scanned.script.before("sessions.save", lambda: done.append(scanned.result(upload)), 2)
    assert scanned.arrive(upload) is Outcome.PUBLISHED
    assert done == [Outcome.LEASED]


def test_a_worker_beside_the_result_is_no_conflict_for_long(scanned: Scanned) -> None:
    """The file begins to wait while its answer is being written: the answer is written again, and goes on with it."""
    upload = scanned.stored()
    done: list[Outcome] = []
    scanned.script.before("sessions.save", lambda: done.append(scanned.arrive(upload)))
    assert scanned.result(upload) is Outcome.PUBLISHED
    assert done == [Outcome.WAITING]


@pytest.mark.parametrize("changes", [{"version_id": "another"}, {"etag": "another"}])
def test_a_result_about_other_bytes_is_ignored(scanned: Scanned, changes: dict[str, Any]) -> None:
    """A clean answer about another version or ETag publishes nothing, also when it came before the file was stored."""
    upload = scanned.waiting()
    assert scanned.result(upload, **changes) is Outcome.LATE_VERSION
    assert scanned.record(upload) == upload
    early = scanned.sealed()
    scanned.script.after("objects.complete", lambda: scanned.result(early, **changes))
    assert scanned.arrive(scanned.endings.finish(early)) is Outcome.WAITING


def test_a_result_that_comes_again_changes_nothing(scanned: Scanned) -> None:
    """Nor does another answer: the first one that the scanner could give stays."""
    upload = scanned.stored()
    assert scanned.result(upload, Says.INFECTED) is Outcome.LEASED
    record = scanned.record(upload)
    for says in Says:
        assert scanned.result(upload, says) is Outcome.DUPLICATE
    assert scanned.record(upload) == record
    assert scanned.arrive(upload) is Outcome.QUARANTINED
    assert scanned.result(upload) is Outcome.DUPLICATE


def _told(scanned: Scanned, upload: Upload, says: Says) -> None:
    """The object's event, then the scanner's; whoever handles one may die of it, and both are delivered again."""
    with suppress(Killed):
        scanned.arrive(upload)
    with suppress(Killed):
        scanned.result(upload, says)


def _moments() -> list[tuple[str, int]]:
    """Every call of the whole way, as its name and the how manieth of that name it is."""
    scanned, seen, found = Scanned(), Counter[str](), list[tuple[str, int]]()
    upload = scanned.stored()
    for name in scanned.script.effects(lambda: _told(scanned, upload, Says.CLEAN)):
        seen[name] += 1
        found.append((name, seen[name]))
    return found


@pytest.mark.parametrize("says", [Says.CLEAN, Says.INFECTED])
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_death_beside_any_call_loses_no_result(says: Says, side: str) -> None:
    """Whoever dies wherever: the file ends as it was scanned, a clean one published, an infected one never."""
    moments = _moments()
    assert len(moments) > 10
    for name, nth in moments:
        scanned = Scanned()
        upload = scanned.stored()
        getattr(scanned.script, side)(name, killed, nth)
        _told(scanned, upload, says)
        for _ in range(3):
            scanned.waits(400)
            _told(scanned, upload, says)
        record = scanned.record(upload)
        ended = (record.status, record.reason, set(scanned.files_of(upload)))
        good = (Status.PUBLISHED, None, {CONTENT})
        assert ended == (good if says is Says.CLEAN else (Status.QUARANTINED, Reason.INFECTED, set())), (name, nth)


def test_a_result_about_nothing_of_ours_is_an_alarm(scanned: Scanned) -> None:
    """An unknown key, or another tenant's: no record changes."""
    upload = scanned.waiting()
    assert scanned.result(upload, key="in/0123456789abcdef/" + "0" * 26) is Outcome.UNKNOWN_KEY


def test_a_failed_scan_is_asked_for_again(scanned: Scanned) -> None:
    """The scanner failed: it is asked once more with each attempt, and a later answer counts."""
    upload = scanned.waiting()
    stored = upload.stored
    assert stored
    with pytest.raises(Unavailable):
        scanned.result(upload, Says.ERROR)
    assert scanned.asked == [(upload.key, stored.version_id)]
    assert scanned.result(upload, Says.ERROR) is Outcome.DUPLICATE
    scanned.waits(60)
    assert len(scanned.asked) == 2
    assert scanned.result(upload) is Outcome.PUBLISHED


def test_a_scan_that_fails_for_ever_ends(scanned: Scanned) -> None:
    """Also while nobody can even be asked: kept back as an error, and never published."""
    upload = scanned.waiting()
    with pytest.raises(Unavailable):
        scanned.result(upload, Says.ERROR)
    for _ in range(malware.MOST_FAILURES):
        scanned.waits(60)
    assert scanned.record(upload).reason is Reason.ERROR


def test_another_inspection_uses_what_is_known(scanned: Scanned) -> None:
    """Of a version that was found clean nobody has to ask again, whatever else had kept it back."""
    upload = scanned.waiting()
    scanned.script.before("objects.publish", no_answer)
    with pytest.raises(Unavailable):
        scanned.result(upload)
    clean = scanned.record(upload)
    scanned.sessions.uploads[upload.id] = clean.moved(Status.QUARANTINED, scanned.clock(), reason=Reason.IN_REVIEW)
    again(scanned, upload)
    assert (scanned.record(upload).status, scanned.asked) == (Status.PUBLISHED, [])


@pytest.mark.parametrize("says", [None, Says.NOT_SCANNED, Says.INFECTED])
def test_another_inspection_asks_for_another_scan(scanned: Scanned, says: Says | None) -> None:
    """Where no answer came, or one that may have been a false alarm: the same version is scanned, and waits, again."""
    upload = scanned.waiting()
    if says:
        scanned.result(upload, says)
    scanned.waits(WAIT)
    again(scanned, upload)
    record = scanned.record(upload)
    assert (record.status, len(scanned.asked)) == (Status.PROCESSING, 1)
    assert record.due_at == scanned.clock() + WAIT * 1000
    assert scanned.result(upload) is Outcome.PUBLISHED


def test_where_nobody_can_be_asked_the_file_waits_all_the_same(scanned: Scanned) -> None:
    """The request for another scan fails: tried again, and the wait ends as it would have."""
    upload = scanned.waiting()
    scanned.waits(WAIT)
    scanned.is_away = True
    again(scanned, upload)
    assert scanned.record(upload).status is Status.PROCESSING
    scanned.waits(WAIT)
    assert scanned.record(upload).reason is Reason.NOT_SCANNED


def again(scanned: Scanned, upload: Upload) -> None:
    """An operator has it inspected again."""
    decide(scanned, upload, Action.INSPECT)
    scanned.sweeper.sweep()


def decide(scanned: Scanned, upload: Upload, action: Action) -> None:
    operator = replace(upload.principal, is_operator=True)
    scanned.quarantine.decide(operator, upload.id, action, "again")
