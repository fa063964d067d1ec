"""Idempotency-Key: a create that is sent again, because an answer was lost, creates nothing again."""

from __future__ import annotations

import pytest

from tests.protocols.service import COLLEAGUE, OWNER, STRANGER, Claim, Service
from tests.protocols.steps import FILE, created, sent
from tests.protocols.test_native_refusals import refused


def create(api: Service, key: str, who: Claim = OWNER, **changes: object) -> str:
    answer = api.call("POST", "/v1/uploads", {**FILE, **changes}, headers={"idempotency-key": key}, who=who)
    assert answer.status == 201, answer.text
    return str(answer.document["id"])


def test_the_same_request_gives_the_same_upload(api: Service) -> None:
    """Same id, one record, one multipart upload, quota counted once; the URLs are fresh."""
    first = api.call("POST", "/v1/uploads", FILE, headers={"idempotency-key": "k"})
    api.clock.pass_seconds(60)
    again = api.call("POST", "/v1/uploads", FILE, headers={"idempotency-key": "k"})
    assert (again.status, again.headers["location"]) == (201, first.headers["location"])
    assert again.document["id"] == first.document["id"]
    assert again.document["signed"]["expires_at"] > first.document["signed"]["expires_at"]
    assert len(api.sessions.uploads) == len(api.objects.uploads) == 1
    assert next(iter(api.sessions.counters.values())).uploads == 1


def test_fields_may_be_spelt_out_the_second_time(api: Service) -> None:
    """What counts is the request that is meant: defaults that are written down change nothing, nor does the order."""
    assert create(api, "k") == create(api, "k", window=100, category="anything", auto_complete=False)


def test_another_body_is_refused(api: Service) -> None:
    """422 `idempotency_key_reused`, whatever differs."""
    create(api, "k")
    for changes in ({"name": "b"}, {"size": 1}, {"metadata": {"a": "b"}}, {"window": 1}):
        body = {**FILE, **changes}
        answer = api.call("POST", "/v1/uploads", body, headers={"idempotency-key": "k"})
        refused(answer, 422, "idempotency_key_reused")


def test_an_upload_that_went_on_is_answered_as_it_is(api: Service) -> None:
    """A late repetition gets the upload's present status, and no URLs that could still write to it."""
    upload_id = create(api, "k")
    upload = api.call("POST", f"/v1/uploads/{upload_id}/parts", {"range": [1, 3]}).document
    api.call("DELETE", f"/v1/uploads/{upload_id}")
    answer = api.call("POST", "/v1/uploads", FILE, headers={"idempotency-key": "k"})
    assert (answer.status, answer.document["status"], answer.document["signed"]) == (201, "cancelled", None)
    assert upload["parts"]


def test_keys_are_an_owners_own(api: Service) -> None:
    """The same key of a colleague or of another tenant is another upload."""
    assert len({create(api, "k", who) for who in (OWNER, COLLEAGUE, STRANGER)}) == 3


def test_keys_say_what_they_say(api: Service) -> None:
    """Commas, blanks and case belong to a key; HTTP headers with commas are not lists here."""
    assert len({create(api, key) for key in ("a,b", "a, b", "A,b", "a", "a b", "é")}) == 6


@pytest.mark.parametrize("key", ["x", "x" * 255, "5f3c1c1e-8a52-4c0e-9d3a-2b7f6f0f9a11", '{"a": [1]}', "日本"])
def test_keys_have_1_to_255_printable_characters(api: Service, key: str) -> None:
    """Within the limits everything is a key."""
    assert create(api, key) == create(api, key)


@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b", "a\tb", "\u200b", "\ud800"])
def test_other_keys_are_refused(api: Service, key: str) -> None:
    """422 names the header and the limit; nothing is created."""
    answer = api.call("POST", "/v1/uploads", FILE, headers={"idempotency-key": key})
    (fault,) = refused(answer, 422, "invalid_request")["errors"]
    assert (fault["field"], fault["limit"], fault["value"]) == ("idempotency-key", 255, len(key))
    assert not api.sessions.uploads


def test_without_a_key_every_create_is_new(api: Service) -> None:
    """Two files of one name are two uploads."""
    assert created(api)["id"] != created(api)["id"]
    assert len(api.objects.uploads) == 2


def test_a_key_does_not_protect_what_another_route_creates(api: Service) -> None:
    """The header is for create; elsewhere repeating is harmless anyway, and the header is ignored."""
    upload_id = sent(api)
    for _ in range(2):
        answer = api.call("POST", f"/v1/uploads/{upload_id}/complete", headers={"idempotency-key": ""})
        assert answer.status == 200
