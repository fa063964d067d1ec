"""Rates in the use cases: asked before anything that costs, and a refusal leaves no trace."""

from __future__ import annotations

from copy import deepcopy

import pytest

from portway.errors import NotFound, RateLimited, Refused
from portway.model import Principal
from portway.rates import Metered, Rate
from portway.signing import MAX_TEMPLATE, Form
from tests.unit.world import COLLEAGUE, OWNER, World, no_answer


@pytest.fixture
def world() -> World:
    """An owner may create two uploads at once, then one a second, and have five parts signed, then ten a second."""
    made = World()
    made.rates.rates = {Metered.CREATE: Rate(1, 2), Metered.SIGN: Rate(10, 5)}
    return made


def sign(world: World, upload_id: str, *numbers: int, who: Principal = OWNER) -> None:
    world.uploads.sign_parts(who, upload_id, numbers, Form.URLS, {})


def test_who_creates_too_fast_costs_one_call_and_leaves_nothing(world: World) -> None:
    """Neither record, nor quota, nor S3 is touched; a second later it works."""
    for _ in range(2):
        world.create()
    before = deepcopy((world.sessions.uploads, world.sessions.counters, world.objects.uploads))
    first = len(world.script.calls)
    with pytest.raises(RateLimited) as refused:
        world.create()
    assert (refused.value.what, refused.value.retry_after_ms) == ("create", 1000)
    assert world.script.calls[first:] == ["limiter.take"]
    assert (world.sessions.uploads, world.sessions.counters, world.objects.uploads) == before
    world.clock.pass_seconds(1)
    world.create()


def test_what_is_wrong_anyway_takes_no_token(world: World) -> None:
    """A request that the rules refuse asks nobody, so a mistake does not slow its owner down."""
    for _ in range(5):
        with pytest.raises(Refused):
            world.create(name="")
    assert world.script.calls == []
    assert world.create()


def test_each_signed_part_is_a_token(world: World) -> None:
    """Three parts and two fill a burst of five, and nothing was read for the request that was refused."""
    upload = world.create()
    sign(world, upload.id, 1, 2, 3)
    sign(world, upload.id, 1, 2)
    first = len(world.script.calls)
    with pytest.raises(RateLimited) as refused:
        sign(world, upload.id, 1, 2, 3)
    assert (refused.value.what, refused.value.retry_after_ms) == ("sign", 300)
    assert world.script.calls[first:] == ["limiter.take"]


def test_guessing_ids_is_metered_too(world: World) -> None:
    """Whoever tries ids of others is slowed down like everybody, before any of them is looked up."""
    upload = world.create()
    for _ in range(5):
        with pytest.raises(NotFound):
            sign(world, upload.id, 1, who=COLLEAGUE)
    with pytest.raises(RateLimited):
        sign(world, upload.id, 1, who=COLLEAGUE)
    sign(world, upload.id, 1)


def test_asking_for_nothing_or_too_much_is_a_fault_and_no_way_around(world: World) -> None:
    """No parts count as one; more than an answer can hold count as that many, and are named as the fault they are."""
    world.rates.rates = {Metered.CREATE: Rate(1, 2), Metered.SIGN: Rate(10, MAX_TEMPLATE + 1)}
    upload = world.create()
    for numbers in ((), range(1, 3 * MAX_TEMPLATE)):
        with pytest.raises(Refused):
            sign(world, upload.id, *numbers)
    with pytest.raises(RateLimited):
        sign(world, upload.id, 1)


def test_create_is_not_repeated_when_the_limiter_gives_no_answer(world: World) -> None:
    """The store's silence is passed on; nothing was created."""
    world.script.before("limiter.take", no_answer)
    with pytest.raises(Exception, match="no answer"):
        world.create()
    assert world.sessions.uploads == {}
