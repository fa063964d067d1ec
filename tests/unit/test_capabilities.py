"""The token of one upload: given by its owner, good for that upload alone, dead at its end or when it is taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portway.aws.records import dead_until, session_item
from portway.capabilities import ENDED, Capabilities
from portway.errors import Busy, Conflict, NotFound, Refused, Unauthorized, Unavailable, WrongState
from portway.model import Principal, Upload
from portway.ports import SessionStore
from tests.fakes.clock import START, CountingSecrets
from tests.unit.world import (
    COLLEAGUE,
    DAY,
    HOUR,
    LIFETIME,
    OWNER,
    STRANGER,
    World,
    at,
    disturbed,
    no_answer,
    owner_of,
    tapped,
)

SECRET = "S" + "0" * 30 + "1"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def tokens(world: World) -> Capabilities:
    sessions: SessionStore = tapped("sessions", world.sessions, world.script)
    return Capabilities(world.uploads, sessions, world.clock, CountingSecrets())


def opens(tokens: Capabilities, token: str) -> bool:
    try:
        tokens.holder(token)
    except Unauthorized:
        return False
    return True


def test_a_token_acts_for_its_owner_on_its_upload(world: World, tokens: Capabilities) -> None:
    """Whoever holds it is the owner for this one upload, and never an operator, even if an operator gave it."""
    upload = world.create()
    given = tokens.give(replace(OWNER, is_operator=True), upload.id)
    assert given.token == f"{upload.id}.{SECRET}"
    assert tokens.holder(given.token) == (Principal(OWNER.tenant, OWNER.owner, is_operator=False), upload.id)


def test_nothing_of_a_token_is_kept_or_shown(world: World, tokens: Capabilities) -> None:
    """Who reads the table finds a hash; who prints a record finds not even that."""
    upload = world.create()
    given = tokens.give(OWNER, upload.id)
    record = world.record(upload)
    assert record.capability is not None
    assert record.capability.sha256 is not None
    assert SECRET not in str(session_item(record))
    assert record.capability.sha256 in str(session_item(record))
    for shown in (repr(record), repr(given), str(record.capability)):
        assert SECRET not in shown
        assert record.capability.sha256 not in shown


@pytest.mark.parametrize("who", [COLLEAGUE, STRANGER, replace(STRANGER, is_operator=True)])
def test_only_the_owner_gives_and_takes_back(world: World, tokens: Capabilities, who: Principal) -> None:
    """Others learn what they learn from an unknown id, and nothing changes."""
    upload = world.create()
    token = tokens.give(OWNER, upload.id).token
    before = world.record(upload)
    for use in (tokens.give, tokens.revoke):
        with pytest.raises(NotFound):
            use(who, upload.id)
        with pytest.raises(NotFound):
            use(OWNER, "0" * 25 + "9")
    assert world.record(upload) == before
    assert opens(tokens, token)


def test_a_token_lasts_as_long_as_its_upload_can_be_open(world: World, tokens: Capabilities) -> None:
    """To the hard end, through every renewal of the session, and not a millisecond longer."""
    upload = world.create()
    world.clock.pass_seconds(HOUR)
    given = tokens.give(OWNER, upload.id)
    assert given.expires_at == START + LIFETIME.most_ms
    world.clock.now = given.expires_at - 1
    assert opens(tokens, given.token)
    world.clock.now = given.expires_at
    assert not opens(tokens, given.token)


def test_a_shorter_life_is_a_wish(world: World, tokens: Capabilities) -> None:
    """Whole seconds from now on."""
    upload = world.create()
    given = tokens.give(OWNER, upload.id, HOUR)
    assert given.expires_at == START + HOUR * 1000
    world.clock.pass_seconds(HOUR)
    assert not opens(tokens, given.token)


@pytest.mark.parametrize("seconds", [-1, 0, 6 * DAY + 1, 1 << 70])
def test_a_life_out_of_range_is_refused(world: World, tokens: Capabilities, seconds: int) -> None:
    """With the range, which ends at the hard end of the upload; nothing is given."""
    upload = world.create()
    world.clock.pass_seconds(DAY)
    world.sessions.uploads[upload.id] = replace(upload, expires_at=START + 2 * DAY * 1000)
    with pytest.raises(Refused) as refused:
        tokens.give(OWNER, upload.id, seconds)
    (fault,) = refused.value.faults
    assert (fault.field, fault.code, fault.limit, fault.value) == ("seconds", "out_of_range", [1, 6 * DAY], seconds)
    assert world.record(upload).capability is None
    assert tokens.give(OWNER, upload.id, 6 * DAY).expires_at == START + LIFETIME.most_ms


@pytest.mark.parametrize("status", sorted(ENDED))
def test_an_upload_that_ended_gets_no_token(world: World, tokens: Capabilities, status: str) -> None:
    """There would be nothing to do for it."""
    upload = world.create()
    world.sessions.uploads[upload.id] = at(upload, next(each for each in ENDED if each == status))
    with pytest.raises(WrongState) as wrong:
        tokens.give(OWNER, upload.id)
    assert wrong.value.state == status


def test_an_upload_past_its_hard_end_gets_no_token(world: World, tokens: Capabilities) -> None:
    """Its token would be dead already."""
    upload = world.stored()
    world.clock.now = START + LIFETIME.most_ms - 999
    with pytest.raises(WrongState):
        tokens.give(OWNER, upload.id)


def test_a_new_token_ends_the_one_before(world: World, tokens: Capabilities) -> None:
    """There is at most one: who lost his phone gives another."""
    upload = world.create()
    first, second = (tokens.give(OWNER, upload.id).token for _ in range(2))
    assert not opens(tokens, first)
    assert opens(tokens, second)


def test_a_token_that_was_taken_back_opens_nothing(world: World, tokens: Capabilities) -> None:
    """At once, for good, and however often; another can be given later. Without a token nothing is written."""
    upload = world.create()
    assert world.script.effects(lambda: tokens.revoke(OWNER, upload.id)) == ["sessions.get"]
    first = tokens.give(OWNER, upload.id).token
    tokens.revoke(OWNER, upload.id)
    assert not opens(tokens, first)
    assert world.script.effects(lambda: tokens.revoke(OWNER, upload.id)) == ["sessions.get"]
    second = tokens.give(OWNER, upload.id).token
    assert (opens(tokens, first), opens(tokens, second)) == (False, True)


def test_one_token_is_worth_nothing_for_another_upload(world: World, tokens: Capabilities) -> None:
    """Neither its secret behind another id, nor its hash in another record."""
    one, other = world.create(), world.create()
    token = tokens.give(OWNER, one.id).token
    secret = token.partition(".")[2]
    assert not opens(tokens, f"{other.id}.{secret}")
    world.sessions.uploads[other.id] = replace(other, capability=world.record(one).capability)
    assert not opens(tokens, f"{other.id}.{secret}")
    assert opens(tokens, token)


def test_every_wrong_token_costs_the_same(world: World, tokens: Capabilities) -> None:
    """One read and one comparison, whether there is such an upload, such a token, or neither; none for mere words."""
    none, ended, live = (world.create() for _ in range(3))
    tokens.give(OWNER, ended.id)
    tokens.revoke(OWNER, ended.id)
    tokens.give(OWNER, live.id)
    for upload_id in ("9" * 26, none.id, ended.id, live.id):
        assert world.script.effects(lambda token=f"{upload_id}.{'0' * 32}": opens(tokens, token)) == ["sessions.get"]  # type: ignore[misc]
    assert world.script.effects(lambda: opens(tokens, live.id)) == []


def test_a_token_lives_on_while_its_upload_moves(world: World, tokens: Capabilities) -> None:
    """Completed, inspected, published: whoever sent the file may still ask what became of it. TTL knows no token."""
    upload = world.create()
    token = tokens.give(OWNER, upload.id).token
    held = world.record(upload).capability
    world.send(upload)
    stored = world.uploads.complete(OWNER, upload.id)
    world.arrive(stored)
    assert opens(tokens, token)
    assert world.record(upload).capability == held
    assert dead_until(world.record(upload)) is None


def test_two_who_give_at_once_leave_one_token(world: World, tokens: Capabilities) -> None:
    """The later write wins, and its giver holds the token that opens."""
    upload = world.create()
    early: list[str] = []
    world.script.before("sessions.save", lambda: early.append(tokens.give(OWNER, upload.id).token))
    late = tokens.give(OWNER, upload.id).token
    assert [opens(tokens, token) for token in (*early, late)] == [False, True]


def test_taking_back_does_not_miss_a_token_given_at_the_same_time(world: World, tokens: Capabilities) -> None:
    """What was given before the answer came is ended, too."""
    upload = world.create()
    first = tokens.give(OWNER, upload.id).token
    between: list[str] = []
    world.script.before("sessions.save", lambda: between.append(tokens.give(OWNER, upload.id).token))
    tokens.revoke(OWNER, upload.id)
    assert [opens(tokens, token) for token in (first, *between)] == [False, False]


def test_a_write_that_comes_late_gives_no_token_back(world: World, tokens: Capabilities) -> None:
    """A repeated write of the SDK that the network kept for a minute cannot undo what was taken back since."""
    upload = world.create()
    token = tokens.give(OWNER, upload.id).token
    given = world.record(upload)
    tokens.revoke(OWNER, upload.id)
    with pytest.raises(Conflict):
        world.sessions.save(upload, given)
    assert not opens(tokens, token)


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_token_whose_answer_was_lost_is_given_again(world: World, tokens: Capabilities, side: str) -> None:
    """Whoever got no answer asks once more; the token that nobody saw is dead then."""
    upload = world.create()
    getattr(world.script, side)("sessions.save", no_answer)
    with pytest.raises(Unavailable):
        tokens.give(OWNER, upload.id)
    assert opens(tokens, tokens.give(OWNER, upload.id).token)
    assert not opens(tokens, f"{upload.id}.{SECRET}")


def test_tokens_do_not_disturb_the_upload(world: World, tokens: Capabilities) -> None:
    """One is given just before a completer's write: the completer does not have to begin again."""
    quiet, upload = world.sent(), world.sent()
    undisturbed = world.script.effects(lambda: world.uploads.complete(OWNER, quiet.id))
    world.script.before("sessions.save", lambda: tokens.give(OWNER, upload.id), 2)
    calls = world.script.effects(lambda: world.uploads.complete(OWNER, upload.id))
    assert sorted(calls) == sorted([*undisturbed, "sessions.get", "sessions.save"])
    assert world.record(upload).capability is not None


def test_a_record_that_never_stands_still_is_answered_busy(world: World, tokens: Capabilities) -> None:
    """Both requests give up after some rounds, and two disturbances are everyday life."""
    upload = world.create()
    disturbed(world, upload, 2)
    assert opens(tokens, tokens.give(OWNER, upload.id).token)
    for use in (tokens.give, tokens.revoke):
        disturbed(world, upload)
        with pytest.raises(Busy):
            use(OWNER, upload.id)


def test_a_token_signs_and_completes_through_the_use_cases(world: World, tokens: Capabilities) -> None:
    """The principal that it yields is all that sign, report, complete and status ask for."""
    upload: Upload = world.create()
    who, upload_id = tokens.holder(tokens.give(OWNER, upload.id).token)
    assert who == owner_of(upload)
    world.send(upload)
    assert world.uploads.progress(who, upload_id, [(1, 3)]).upload.reported
    assert world.uploads.complete(who, upload_id).id == upload.id
