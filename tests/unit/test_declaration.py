"""What a client declares, everything that may be wrong with it, and how long a session lives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from portway.declaration import Lifetime, declaration_faults, first_record, renewed
from portway.model import ChecksumAlgorithm, Status, Step
from portway.policy import incoming_key
from tests.fakes.clock import START
from tests.fakes.uploads import an_upload
from tests.unit.world import DAY, HOUR, LIFETIME, OWNER, World, declared

HOUR_MS, DAY_MS = HOUR * 1000, DAY * 1000


def faults(world: World, **changes: Any) -> set[str]:
    return {f"{fault.field} {fault.code}" for fault in declaration_faults(declared(**changes), world.rules)}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"size": 0},
        {"size": 640, "part_size": 64},
        {"window": 1000},
        {"checksum": "rosUhgp5mIg=", "part_checksums": {1: "AAAAAAAAAAA=", 3: "AAAAAAAAAAA="}, "window": 3},
        {"checksum": "y/Q5Jg==", "checksum_algorithm": ChecksumAlgorithm.CRC32},
        {"category": "pictures", "name": "a.png", "content_type": "image/png"},
    ],
)
def test_a_good_declaration_has_no_fault(world: World, changes: dict[str, Any]) -> None:
    """Empty files, wished part sizes and checksums of every part are all fine."""
    assert faults(world, **changes) == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"size": -1}, {"size too_small"}),
        ({"size": 641}, {"size too_large"}),
        ({"part_size": 3}, {"part_size out_of_range"}),
        ({"part_size": 65}, {"part_size out_of_range"}),
        ({"size": 100, "part_size": 9}, {"part_size out_of_range"}),
        ({"window": -1}, {"window out_of_range"}),
        ({"window": 1001}, {"window out_of_range"}),
        ({"checksum": "short"}, {"checksum malformed_checksum"}),
        ({"checksum": ""}, {"checksum malformed_checksum"}),
        ({"part_checksums": {1: "rosUhgp5mIg=", 2: "x"}, "window": 2}, {"part_checksums.2 malformed_checksum"}),
        ({"part_checksums": {3: "rosUhgp5mIg=", 4: "rosUhgp5mIg="}, "window": 9}, {"part_checksums out_of_range"}),
        ({"part_checksums": {3: "rosUhgp5mIg="}, "window": 2}, {"part_checksums out_of_range"}),
        (
            {"checksum": "rosUhgp5mIg=", "checksum_algorithm": ChecksumAlgorithm.CRC32C},
            {"checksum malformed_checksum"},
        ),
        ({"category": "films"}, {"category unknown"}),
    ],
)
def test_a_fault_is_told_by_field_and_code(world: World, changes: dict[str, Any], expected: set[str]) -> None:
    """The codes are stable; a size that both policy and S3 refuse is told once."""
    assert faults(world, **changes) == expected


def test_all_faults_are_told_at_once(world: World) -> None:
    """From file name to window in one answer."""
    wrong = {"name": "a/b", "size": 641, "content_type": "?", "part_size": 1, "checksum": "x", "window": 2000}
    assert {fault.split()[0] for fault in faults(world, **wrong)} == {
        "name",
        "size",
        "content_type",
        "checksum",
        "window",
    }
    assert {fault.split()[0] for fault in faults(world, name="", part_size=1, part_checksums={1: "x"})} == {
        "name",
        "part_size",
        "part_checksums.1",
    }


def test_the_first_record_holds_the_whole_plan(world: World) -> None:
    """Cut, key, expiry and policy are decided before S3 is asked for anything."""
    wanted = declared(metadata={"title": "x"}, checksum="rosUhgp5mIg=")
    upload = first_record(OWNER, wanted, "0" * 26, world.rules, START)
    assert (upload.status, upload.history) == (Status.CREATING, (Step(Status.CREATING, START),))
    assert (upload.tenant, upload.owner) == (OWNER.tenant, OWNER.owner)
    assert (upload.size, upload.part_size, upload.part_count) == (10, 4, 3)
    assert upload.key == incoming_key("acme", "0" * 26)
    assert upload.expires_at == upload.due_at == START + DAY_MS
    assert upload.policy_version == world.rules.policies.version
    assert (upload.metadata, upload.checksum, upload.auto_complete) == ({"title": "x"}, "rosUhgp5mIg=", False)
    assert upload.multipart_id is None


def test_a_wished_part_size_is_kept(world: World) -> None:
    """A client with its own idea of parts gets them, if S3 allows."""
    upload = first_record(OWNER, declared(part_size=9), "0" * 26, world.rules, START)
    assert (upload.part_size, upload.part_count) == (9, 2)


def test_a_session_never_lives_longer_than_the_most(world: World) -> None:
    """Also when the settings allow a session longer than the hard end."""
    rules = replace(world.rules, lifetime=Lifetime(session_ms=2 * DAY_MS, most_ms=DAY_MS))
    assert first_record(OWNER, declared(), "0" * 26, rules, START).expires_at == START + DAY_MS


@pytest.mark.parametrize(
    ("left_ms", "age_ms", "life_ms"),
    [
        (DAY_MS, 0, DAY_MS),
        (12 * HOUR_MS, 12 * HOUR_MS, 12 * HOUR_MS),
        (12 * HOUR_MS - 1, 12 * HOUR_MS + 1, DAY_MS),
        (1, 3 * DAY_MS, DAY_MS),
        (HOUR_MS, 6 * DAY_MS + 12 * HOUR_MS, 12 * HOUR_MS),
        (HOUR_MS, 7 * DAY_MS - HOUR_MS, HOUR_MS),
    ],
)
def test_a_session_is_renewed_past_its_half_and_never_past_the_hard_end(
    left_ms: int, age_ms: int, life_ms: int
) -> None:
    """Whoever goes on gets a whole session of time again, seven days after create it is over."""
    now = START + age_ms
    upload = replace(an_upload(), expires_at=now + left_ms, due_at=now + left_ms)
    fresh = renewed(upload, LIFETIME, now)
    assert fresh.expires_at == fresh.due_at == now + life_ms
    assert (fresh is upload) == (life_ms == left_ms)
