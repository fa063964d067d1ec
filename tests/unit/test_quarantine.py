"""The quarantine desk: what operators may decide about a file, what comes of it, and what is written down."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from portway.decisions import MAX_WHY, MOST_KEPT, Action, Decision, explained, noted
from portway.errors import Busy, Gone, NotFound, PortwayError, Refused, Unavailable, WrongState
from portway.model import Principal, Status, Upload
from portway.quarantine import URL_SECONDS
from portway.verdicts import INFECTED, Finding, Inspection, Reason, Severity
from tests.unit.world import CONTENT, HOUR, OWNER, STRANGER, World, disturbed

OLGA, OSCAR = Principal("staff", "olga", is_operator=True), Principal("staff", "oscar", is_operator=True)
ODD = Finding("pdf_action", Severity.REVIEW, "It does something.", "at offset 17")
DECIDING = (Action.RELEASE, Action.REJECT, Action.INSPECT)


@pytest.fixture
def world() -> World:
    return World()


def in_review(world: World, *findings: Finding) -> Upload:
    world.objections = findings or [ODD]
    upload = world.ended()
    world.objections = []
    return upload


def kept_for(world: World, reason: Reason, is_inspected: bool = True) -> Upload:
    """A file in quarantine for this reason."""
    upload = in_review(world)
    assert upload.verdict is not None
    seen = (Inspection("structure", 3, 10),) if is_inspected else ()
    changed = replace(upload, reason=reason, verdict=replace(upload.verdict, reason=reason, inspections=seen))
    world.sessions.uploads[upload.id] = changed
    return changed


def decide(world: World, upload: Upload, action: Action, who: Principal = OLGA, why: str = "looked at it") -> Upload:
    return world.quarantine.decide(who, upload.id, action, why)


def test_a_released_file_is_published_by_the_next_sweep(world: World) -> None:
    """As inspection left it: its findings, risk and facts stay, the reason goes; its event has a lease of its own."""
    upload = in_review(world)
    calls = world.script.effects(lambda: decide(world, upload, Action.RELEASE))
    assert calls == ["sessions.get", "objects.head", "sessions.save"], "the request copies nothing"
    waiting = world.record(upload)
    assert (waiting.status, waiting.lease, waiting.due_at, waiting.reason) == ("PROCESSING", 2, world.clock(), None)
    assert upload.verdict is not None
    assert waiting.verdict == replace(upload.verdict, reason=None)
    seen = len(world.seen)
    world.sweeper.sweep()
    assert len(world.seen) == seen, "nobody inspects it again"
    assert world.record(upload).status is Status.PUBLISHED
    assert world.files_of(upload) == [CONTENT]
    assert world.told() == [f"{upload.id}#QUARANTINED#1", f"{upload.id}#PUBLISHED#3"]
    assert world.used() == (10, 0)


def test_a_rejected_file_stays_in_quarantine_for_that_reason(world: World) -> None:
    """Its owner is told by an event; the bytes are kept until somebody removes them."""
    upload = in_review(world)
    decide(world, upload, Action.REJECT)
    world.sweeper.sweep()
    record = world.record(upload)
    assert (record.status, record.reason, record.word) == ("QUARANTINED", Reason.REJECTED, "failed")
    assert world.files_of(upload) == []
    assert world.objects.head(upload.key) is not None
    assert [event.detail["reason"] for event in world.announcer.events[-2:]] == ["in_review", "rejected"]


def test_another_inspection_forgets_the_verdict(world: World) -> None:
    """What is found now counts."""
    upload = in_review(world)
    assert decide(world, upload, Action.INSPECT).verdict is None
    world.sweeper.sweep()
    assert world.record(upload).status is Status.PUBLISHED


def test_every_decision_says_who_when_why_and_about_what(world: World) -> None:
    """In the order in which they were made, with what the file had been kept for."""
    upload = in_review(world)
    decide(world, upload, Action.REJECT, why="  not\nsigned\u202e ")
    world.sweeper.sweep()
    world.clock.pass_seconds(9)
    decide(world, upload, Action.RELEASE, OSCAR, "signed now")
    first, second = world.record(upload).decisions
    assert first == Decision(upload.history[-1].at, "olga", Action.REJECT, "not signed", 1, Reason.IN_REVIEW)
    assert second == Decision(world.clock(), "oscar", Action.RELEASE, "signed now", 3, Reason.REJECTED)


@pytest.mark.parametrize("why", ["", " ", "\n\t\x00", "\u202e", "x" * (MAX_WHY + 1)])
def test_nobody_decides_without_words(world: World, why: str) -> None:
    """From 1 to 1,000 characters that can be read; nothing is written otherwise."""
    upload = in_review(world)
    for act in (world.quarantine.decide, lambda who, upload_id, _, why: world.quarantine.remove(who, upload_id, why)):
        with pytest.raises(Refused) as refused:
            act(OLGA, upload.id, Action.RELEASE, why)
        assert refused.value.faults[0].field == "why"
    assert world.record(upload) == upload


def test_words_are_kept_in_every_language() -> None:
    """Only controls go, and what turns text around; a full thousand is fine."""
    assert explained("رأيته\tبنفسي — 見ました 👩\u200d🏫") == "رأيته بنفسي — 見ました 👩\u200d🏫"
    assert explained("x" * MAX_WHY) == "x" * MAX_WHY


@pytest.mark.parametrize("action", DECIDING)
def test_the_same_decision_again_is_fine(world: World, action: Action) -> None:
    """The answer was lost: nothing is written twice, before it was carried out and afterwards."""
    upload = in_review(world)
    first = decide(world, upload, action)
    assert decide(world, upload, action) == first
    world.sweeper.sweep()
    ended = world.record(upload)
    assert decide(world, upload, action) == ended
    assert len(ended.decisions) == 1


def test_a_file_that_came_back_is_decided_about_anew(world: World) -> None:
    """The same operator in the same words: after another inspection that is another decision."""
    upload = in_review(world)
    world.objections = [ODD]
    for _ in range(2):
        decide(world, upload, Action.INSPECT)
        world.sweeper.sweep()
    assert [each.lease for each in world.record(upload).decisions] == [1, 3]


@pytest.mark.parametrize("first", DECIDING)
@pytest.mark.parametrize("second", DECIDING)
def test_of_two_operators_one_decides(world: World, first: Action, second: Action) -> None:
    """Whoever comes second, by however little, is told what was decided and by whom."""
    upload = in_review(world)
    world.script.before("sessions.save", lambda: decide(world, upload, first, OSCAR))
    with pytest.raises(WrongState, match=f"oscar has decided to {first}"):
        decide(world, upload, second)
    assert [each.operator for each in world.record(upload).decisions] == ["oscar"]


def test_one_operator_decides_once_however_often_he_asks(world: World) -> None:
    """Two windows, two decisions at once: the second is refused, too."""
    upload = in_review(world)
    world.script.before("sessions.save", lambda: decide(world, upload, Action.REJECT))
    with pytest.raises(WrongState, match="olga has decided to reject"):
        decide(world, upload, Action.RELEASE)


@pytest.mark.parametrize(
    ("action", "reason", "is_inspected", "advice"),
    [
        (Action.RELEASE, Reason.IN_REVIEW, True, None),
        (Action.RELEASE, Reason.NOT_SCANNED, True, None),
        (Action.RELEASE, Reason.REJECTED, True, None),
        (Action.RELEASE, Reason.ERROR, True, None),
        (Action.RELEASE, Reason.ERROR, False, "inspected again"),
        (Action.RELEASE, Reason.INFECTED, True, "inspected again"),
        (Action.REJECT, Reason.IN_REVIEW, True, None),
        (Action.REJECT, Reason.NOT_SCANNED, True, None),
        (Action.REJECT, Reason.ERROR, False, None),
        (Action.REJECT, Reason.REJECTED, True, "rejected already"),
        (Action.REJECT, Reason.INFECTED, True, "removed"),
        *((Action.INSPECT, reason, False, None) for reason in (Reason.INFECTED, Reason.REJECTED, Reason.ERROR)),
    ],
)
def test_what_may_be_decided_depends_on_why_it_is_kept(
    world: World, action: Action, reason: Reason, is_inspected: bool, advice: str | None
) -> None:
    """Nobody releases malware, or what nobody looked into; the refusal says what can be done instead."""
    upload = kept_for(world, reason, is_inspected)
    if advice is None:
        assert decide(world, upload, action).status is Status.PROCESSING
        return
    with pytest.raises(WrongState, match=advice):
        decide(world, upload, action)
    assert world.record(upload) == upload


def test_malware_is_not_released_whatever_it_is_called(world: World) -> None:
    """Also where a policy sends what a scanner found to review."""
    upload = in_review(world, Finding(INFECTED, Severity.REVIEW, "Malware."))
    assert upload.reason is Reason.IN_REVIEW
    with pytest.raises(WrongState, match="malware"):
        decide(world, upload, Action.RELEASE)


def test_a_file_that_is_not_there_is_not_released(world: World) -> None:
    """Somebody removed it behind our back: the desk says so instead of promising; without an answer it says nothing."""
    upload = in_review(world)
    assert upload.stored is not None
    world.script.before("objects.head", _fail)
    with pytest.raises(Unavailable):
        decide(world, upload, Action.RELEASE)
    world.objects.delete(upload.key, upload.stored.version_id)
    with pytest.raises(WrongState, match="no longer there"):
        decide(world, upload, Action.RELEASE)
    assert world.record(upload) == upload


def _fail() -> None:
    raise Unavailable


@pytest.mark.parametrize("stage", ["create", "sent", "sealed", "stored", "ended"])
def test_only_what_is_in_quarantine_is_decided_about(world: World, stage: str) -> None:
    """What is on its way, or published, is not: neither shown nor released."""
    upload = getattr(world, stage)()
    for action in DECIDING:
        with pytest.raises(WrongState):
            decide(world, upload, action)
    with pytest.raises(WrongState):
        world.quarantine.link(OLGA, upload.id)
    assert world.record(upload) == upload


def test_nobody_but_an_operator_has_a_desk(world: World) -> None:
    """For owners and strangers, and for ids that never were, it is all unknown."""
    upload = in_review(world)
    for who, upload_id in ((OWNER, upload.id), (STRANGER, upload.id), (OLGA, "0" * 26), (OLGA, "x")):
        with pytest.raises(NotFound):
            world.quarantine.story(who, upload_id)
        with pytest.raises(NotFound):
            world.quarantine.decide(who, upload_id, Action.RELEASE, "mine")
        with pytest.raises(NotFound):
            world.quarantine.link(who, upload_id)
        with pytest.raises(NotFound):
            world.quarantine.remove(who, upload_id, "mine")
    assert world.record(upload) == upload


def test_a_link_reads_the_quarantined_version_as_mere_bytes(world: World) -> None:
    """For two minutes, as an attachment of no type, under a name that nothing opens; all of it signed."""
    upload = in_review(world)
    link = world.quarantine.link(OLGA, upload.id)
    place, query = urlsplit(link.url), dict(parse_qsl(urlsplit(link.url).query))
    assert upload.stored is not None
    assert (place.netloc.partition(".")[0], place.path) == (world.objects.incoming, f"/{upload.key}")
    assert query["versionId"] == upload.stored.version_id
    assert query["response-content-type"] == "application/octet-stream"
    assert query["response-cache-control"] == "no-store"
    assert query["response-content-disposition"].startswith('attachment; filename="song.mp3.quarantined"')
    assert query["X-Amz-Expires"] == str(URL_SECONDS)
    assert link.expires_at == world.clock() + URL_SECONDS * 1000


def test_who_reads_a_file_is_written_down_before(world: World) -> None:
    """Once for each operator and each stay in quarantine; a table that does not answer gives out no URL."""
    upload = in_review(world)
    world.script.before("sessions.save", _fail)
    with pytest.raises(Unavailable):
        world.quarantine.link(OLGA, upload.id)
    for who in (OLGA, OSCAR, OLGA):
        world.quarantine.link(who, upload.id)
    decisions = world.record(upload).decisions
    assert [(each.operator, each.action, each.why) for each in decisions] == [
        ("olga", Action.READ, ""),
        ("oscar", Action.READ, ""),
    ]
    assert decide(world, upload, Action.RELEASE).decisions[:2] == decisions


def test_two_who_read_at_once_are_both_written_down(world: World) -> None:
    """The second write does not undo the first."""
    upload = in_review(world)
    world.script.before("sessions.save", lambda: world.quarantine.link(OSCAR, upload.id))
    world.quarantine.link(OLGA, upload.id)
    assert [each.operator for each in world.record(upload).decisions] == ["oscar", "olga"]


@pytest.mark.parametrize("is_published", [False, True])
def test_an_operator_removes_a_file_and_says_why(world: World, is_published: bool) -> None:
    """Published or in quarantine, every version; asking again is fine, and decides nothing more."""
    upload = world.ended() if is_published else in_review(world)
    for _ in range(2):
        assert world.quarantine.remove(OLGA, upload.id, "the owner asked us").removed_at
    record = world.record(upload)
    assert [(each.operator, each.action, each.why) for each in record.decisions] == [
        ("olga", Action.REMOVE, "the owner asked us")
    ]
    assert (world.files_of(upload), world.objects.head(upload.key), world.used()) == ([], None, (0, 0))
    assert world.announcer.events[-1].type == "file.deleted"
    for action in DECIDING:
        with pytest.raises(Gone):
            decide(world, upload, action)
    with pytest.raises(Gone):
        world.quarantine.link(OLGA, upload.id)


@pytest.mark.parametrize("action", DECIDING)
def test_a_removal_and_a_decision_at_once_are_one_or_the_other(world: World, action: Action) -> None:
    """Whoever writes second learns what the first one did."""
    upload = in_review(world)
    world.script.before("sessions.save", lambda: world.files.delete(OWNER, upload.id))
    with pytest.raises(Gone):
        decide(world, upload, action)
    other = in_review(world)
    world.script.before("sessions.save", lambda: decide(world, other, action))
    with pytest.raises(WrongState):
        world.files.delete(OWNER, other.id)


def test_the_last_look_at_the_first_end_harms_no_release(world: World) -> None:
    """It comes an hour later; if the release comes just then, the look writes nothing and the file is published."""
    upload = in_review(world)
    world.clock.pass_seconds(HOUR)
    world.script.before("objects.open_uploads", lambda: decide(world, upload, Action.RELEASE))
    world.sweeper.sweep()
    world.sweeper.sweep()
    assert world.record(upload).status is Status.PUBLISHED


def test_a_record_that_everybody_writes_to_is_busy(world: World) -> None:
    """After a few rounds it is the operator's turn to ask again."""
    upload = in_review(world)
    disturbed(world, upload)
    with pytest.raises(Busy):
        decide(world, upload, Action.RELEASE)


def test_a_record_holds_so_many_decisions(world: World) -> None:
    """The latest ones; an item of the table cannot grow without end."""
    decision = Decision(1, "olga", Action.INSPECT, "again", 1, None)
    many = [replace(decision, lease=lease) for lease in range(MOST_KEPT + 5)]
    kept: tuple[Decision, ...] = ()
    for each in many:
        kept = noted(kept, each)
    assert kept == tuple(many[5:])


def test_a_mismatch_counts_once_against_its_owner(world: World) -> None:
    """Whatever operators decide later is no new file; their rejection counts as any other."""
    doubt = Finding("content_mismatch", Severity.WARNING, "Not what it says.")
    upload = in_review(world, ODD, doubt)
    points = sum(world.sessions.risks.values())
    decide(world, upload, Action.REJECT)
    world.sweeper.sweep()
    rejected = sum(world.sessions.risks.values())
    decide(world, upload, Action.RELEASE)
    world.sweeper.sweep()
    assert world.record(upload).status is Status.PUBLISHED
    assert (points, rejected, sum(world.sessions.risks.values())) == (2, 7, 7)


def test_an_owner_is_sent_to_the_operators(world: World) -> None:
    """A file in review is not his to have inspected again."""
    upload = in_review(world)
    with pytest.raises(PortwayError, match="Only an operator"):
        world.retries.by_owner(OWNER, upload.id)
