"""The list of operators: all tenants for them, nothing for anybody else, and a bounded amount of reading."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portway.errors import NotFound, Refused
from portway.model import Principal, Word
from portway.operators import LOOKS, PAGE, Asked, Operators
from portway.rates import Risk
from portway.verdicts import Reason
from tests.fakes.uploads import an_upload
from tests.unit.world import COLLEAGUE, INFECTED, OWNER, STRANGER, World, owner_of, tapped

OPERATOR = Principal("staff", "olga", is_operator=True)


@pytest.fixture
def world() -> World:
    return World()


def seen(world: World, asked: Asked, who: Principal = OPERATOR) -> list[str]:
    return [upload.id for upload in operators(world).uploads(who, asked, None).page.uploads]


def operators(world: World) -> Operators:
    """Over the world's ports, behind its tap."""
    limiter = tapped("limiter", world.rates, world.script)
    return Operators(tapped("sessions", world.sessions, world.script), limiter, world.clock)


def test_operators_see_every_tenant(world: World) -> None:
    """Newest first, whoever sent it; by tenant, by owner in it, and by status."""
    uploads = []
    for who in (OWNER, COLLEAGUE, STRANGER):
        uploads.append(world.create(who))
        world.clock.pass_seconds(1)
    mine, colleagues, strangers = (upload.id for upload in uploads)
    world.uploads.abort(owner_of(uploads[1]), colleagues)
    assert seen(world, Asked()) == [strangers, colleagues, mine]
    assert seen(world, Asked(tenant=OWNER.tenant)) == [colleagues, mine]
    assert seen(world, Asked(tenant=OWNER.tenant, owner=OWNER.owner)) == [mine]
    assert seen(world, Asked(word=Word.CANCELLED)) == [colleagues]
    assert seen(world, Asked(OWNER.tenant, OWNER.owner, Word.CANCELLED)) == []


@pytest.mark.parametrize("who", [OWNER, COLLEAGUE, STRANGER])
def test_nobody_else_sees_anything(world: World, who: Principal) -> None:
    """Not even one's own uploads come this way, and nothing is read."""
    world.create(OWNER)
    first = len(world.script.calls)
    with pytest.raises(NotFound):
        operators(world).uploads(who, Asked(), None)
    assert world.script.calls[first:] == []


def test_an_owner_is_known_within_a_tenant_only(world: World) -> None:
    """Two tenants may have an owner of the same name: asking without the tenant is a mistake."""
    with pytest.raises(Refused) as refused:
        seen(world, Asked(owner="owner"))
    assert [fault.field for fault in refused.value.faults] == ["owner"]


def test_a_request_goes_on_until_something_fits_but_not_for_ever(world: World) -> None:
    """Up to a thousand records are looked at; then the answer is empty and its cursor leads on."""
    sessions, count = world.sessions, PAGE * LOOKS + 50
    for number in range(count):
        upload = an_upload(number, Principal("acme", "ann"), size=0)
        sessions.uploads[upload.id] = upload
    oldest = sessions.uploads[an_upload(0).id]
    sessions.uploads[oldest.id] = replace(oldest, tenant="globex")
    first = operators(world).uploads(OPERATOR, Asked(tenant="globex"), None).page
    assert (first.uploads, world.script.calls) == ((), ["sessions.list_all"] * LOOKS)
    assert first.cursor
    second = operators(world).uploads(OPERATOR, Asked(tenant="globex"), first.cursor).page
    assert ([upload.tenant for upload in second.uploads], second.cursor) == (["globex"], None)


@pytest.mark.parametrize("asked", [Asked(), Asked(tenant="acme"), Asked(tenant="acme", owner="owner")])
def test_the_desks_list_is_what_is_kept_for_a_reason(world: World, asked: Asked) -> None:
    """However many uploads there are, only files in quarantine are looked at; what was removed is not among them."""
    failed, removed = world.failed(), world.failed()
    world.files.delete(OWNER, removed.id)
    world.objections = [INFECTED]
    rejected = world.ended()
    first = len(world.script.calls)
    assert seen(world, replace(asked, reason=Reason.ERROR)) == [failed.id]
    assert seen(world, replace(asked, reason=Reason.REJECTED)) == [rejected.id]
    assert seen(world, replace(asked, reason=Reason.IN_REVIEW)) == []
    assert seen(world, replace(asked, reason=Reason.ERROR, word=Word.COMPLETED)) == []
    assert seen(world, replace(asked, reason=Reason.PARTS_CHANGED)) == []
    looked = [call for call in world.script.calls[first:] if call.startswith("sessions.")]
    assert (looked.count("sessions.list_kept"), looked.count("sessions.list_all")) == (
        (0, 0) if asked.owner else (4, 1)
    )


def test_the_risk_of_each_owner_is_read_once_a_page(world: World) -> None:
    """Whoever sent a bad file is told from his colleague, in one call more, however many uploads the page has."""
    world.objections = [INFECTED]
    world.ended()
    world.objections = ()
    for who in (OWNER, COLLEAGUE, COLLEAGUE):
        world.create(who)
    first = len(world.script.calls)
    found = operators(world).uploads(OPERATOR, Asked(), None)
    assert world.script.calls[first:] == ["sessions.list_all", "limiter.risks"]
    assert found.risks == {OWNER: Risk(today=5), COLLEAGUE: Risk()}
    assert len(found.page.uploads) == 4
