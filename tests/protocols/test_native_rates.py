"""What a client that is too fast is told: 429, and how long to wait: in whole seconds and in milliseconds."""

from __future__ import annotations

import pytest

from portway.model import Principal
from portway.rates import Metered, Rate, day_of
from tests.protocols.documented import DocumentedService
from tests.protocols.service import COLLEAGUE, OWNER, Service, service
from tests.protocols.steps import TINY, tiny

RATES = {Metered.CREATE: Rate(4, 1), Metered.SIGN: Rate(5000, 10_000)}


@pytest.fixture
def slow() -> Service:
    """One upload at once, then four a second."""
    return service(DocumentedService, rates=RATES)


def test_the_wait_is_told_in_seconds_and_in_milliseconds(slow: Service) -> None:
    """Retry-After is whole seconds, rounded up, so that nobody who obeys it comes too early."""
    tiny(slow, "created")
    answer = slow.call("POST", "/v1/uploads", TINY)
    assert (answer.status, answer.headers["retry-after"]) == (429, "1")
    problem = answer.document
    assert (problem["code"], problem["retryable"], problem["what"]) == ("rate_limited", True, "create")
    assert problem["retry_after_ms"] == 250
    slow.clock.pass_seconds(0.249)
    assert slow.call("POST", "/v1/uploads", TINY).document["retry_after_ms"] == 1
    slow.clock.pass_seconds(0.001)
    assert slow.call("POST", "/v1/uploads", TINY).status == 201


@pytest.mark.parametrize(("numbers", "seconds"), [(1, "1"), (5000, "1"), (5001, "2"), (10_000, "2")])
def test_seconds_are_rounded_up(slow: Service, numbers: int, seconds: str) -> None:
    """A wait of one second and a fifth of a millisecond is two seconds."""
    upload_id = tiny(slow, "created")
    slow.call("POST", f"/v1/uploads/{upload_id}/parts", {"range": [1, 10_000], "form": "template"})
    answer = slow.call("POST", f"/v1/uploads/{upload_id}/parts", {"range": [1, numbers], "form": "template"})
    assert (answer.status, answer.headers["retry-after"]) == (429, seconds)
    assert answer.document["retry_after_ms"] == -(-numbers // 5)


def test_bad_files_reduce_the_rate_and_the_answer_says_what_to_do() -> None:
    """Four refused files in a day: half the rate. The answer says that it is so and why, and no figure of how."""
    api = service(DocumentedService, rates={Metered.CREATE: Rate(4, 8), Metered.SIGN: Rate(5000, 10_000)})
    for number in range(8):
        answer = api.call("POST", "/v1/uploads", {**TINY, "name": f"{number}"})
        assert answer.status == 201
    answer = api.call("POST", "/v1/uploads", TINY)
    assert (answer.document["reduced"], answer.document["retry_after_ms"]) == (False, 250)
    assert "lower" not in answer.document["detail"]
    api.sessions.risks[Principal("acme", "owner"), day_of(api.clock())] += 20
    problem = api.call("POST", "/v1/uploads", TINY).document
    assert (problem["reduced"], problem["retry_after_ms"]) == (True, 500)
    assert "Your rate is lower than usual, because files were refused or uploads left unfinished." in problem["detail"]
    assert set(problem) == {"type", "title", "status", "code", "detail", "retryable", "errors"} | {
        "what",
        "retry_after_ms",
        "reduced",
    }


def test_others_are_not_slowed_down(slow: Service) -> None:
    """A colleague of the same tenant has a rate of his own, and everything that is not metered goes on."""
    upload_id = tiny(slow, "created", OWNER)
    assert slow.call("POST", "/v1/uploads", TINY, who=OWNER).status == 429
    assert slow.call("POST", "/v1/uploads", TINY, who=COLLEAGUE).status == 201
    assert slow.call("GET", f"/v1/uploads/{upload_id}", who=OWNER).status == 200
    assert slow.call("POST", f"/v1/uploads/{upload_id}/parts", {"numbers": [1]}, who=OWNER).status == 200
