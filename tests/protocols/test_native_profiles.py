"""Files under a profile and under a retention, as their owners and the consumers of events see them."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import pytest

from dev.config import ROOT
from dev.policy import compile_policy
from portway import policy
from tests.protocols.service import Service, service
from tests.protocols.test_native_refusals import refused

STUDENT = (ROOT / "examples/policies/student.yaml").read_text("utf-8")
ANY_TYPE = STUDENT.replace("[application/pdf, image/png, image/jpeg, image/webp]", '["*/*"]')
POLICIES = policy.load(compile_policy(ANY_TYPE.replace("[pdf, png, jpg, jpeg, webp]", '["*"]')))
DAY_MS = 86_400_000


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(b"\0\0"))
    + chunk(b"IEND", b"")
)


@pytest.fixture
def school() -> Service:
    """A service under the example policy `student`, which takes any type here."""
    return service(policies=POLICIES)


def ended(school: Service, name: str, content_type: str, body: bytes) -> dict[str, Any]:
    """The status of a file that was sent with consent and inspected."""
    asked = {"name": name, "size": len(body), "content_type": content_type, "metadata": {"consent": "student"}}
    upload = school.call("POST", "/v1/uploads", asked).document
    school.put_parts(upload["signed"], {1: body})
    assert school.call("POST", f"/v1/uploads/{upload['id']}/complete").status == 200
    school.arrive(upload["id"])
    found: dict[str, Any] = school.call("GET", f"/v1/uploads/{upload['id']}").document
    return found


def test_what_a_profile_asks_for_is_asked_at_create(school: Service) -> None:
    """Consent, beside every other fault."""
    asked = {"name": "a.png", "size": 0, "content_type": "image/png"}
    problem = refused(school.call("POST", "/v1/uploads", asked), 422, "invalid_request")
    assert {(fault["field"], fault["code"]) for fault in problem["errors"]} == {
        ("size", "too_small"),
        ("metadata.consent", "missing"),
    }
    assert "a guardian" in str(problem)


def test_t32_a_picture_under_a_profile_is_told_with_it(school: Service) -> None:
    """Published without its place, kept for a year, and the event names the profile."""
    status = ended(school, "a.png", "image/png", PNG)
    assert (status["status"], status["findings"]) == ("completed", [])
    event = school.announcer.events[-1]
    assert (event.type, event.detail["verdict"]["facts"]["profiles"]) == ("file.published", ["student"])
    assert event.detail["retained_until_ms"] == event.at + 365 * DAY_MS
    file = school.call("GET", f"/v1/files/{status['id']}").document
    assert file["retained_until"] == status["retained_until"] == "2027-01-01T00:00:00.000Z"


def test_t32_what_cannot_be_proven_waits_for_an_operator(school: Service) -> None:
    """Nobody can say that a file of an unknown type tells no place."""
    status = ended(school, "a.xyz", "x/y", b"whatever this is")
    assert (status["status"], status["reason"]) == ("failed", "in_review")
    assert "profile_unproven" in [finding["code"] for finding in status["findings"]]
    assert school.announcer.events[-1].detail["verdict"]["facts"]["profiles"] == ["student"]


def test_files_whose_time_is_over_are_gone(school: Service) -> None:
    """410 for the file, and its owner has his room back."""
    status = ended(school, "a.png", "image/png", PNG)
    for _ in range(2):
        school.clock.pass_seconds(366 * 86_400)
        school.sweeper.sweep()
    refused(school.call("GET", f"/v1/files/{status['id']}"), 410, "gone")
    assert school.call("GET", f"/v1/uploads/{status['id']}").document["removed_at"]
