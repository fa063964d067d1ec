"""Tokens: only what the issuer signed, for us, for now, and with an owner and a tenant in it, opens anything."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.protocols.steps import BY_JWT, TINY
from tests.security.front import IDENTITY, TOKENS, Front
from tests.security.tokens import FORGED, claims

UNKNOWN = "7ZK3M9Q2X4B6C8D0E1F5G7H9JA"
ROUTES = [(method, path.replace("<upload_id>", UNKNOWN).replace("<file_id>", UNKNOWN), name)
          for method, path, name, _ in BY_JWT]  # fmt: skip
POSSIBLE = TOKENS["owner"]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_a_forged_token_is_401_on_every_route(front: Front, token: str) -> None:
    """The gateway's own words, always the same, and no code of ours hears of the request."""
    for method, path, _ in ROUTES:
        answer = front.ask(method, path, {} if method == "POST" else None, token)
        assert (answer.status, answer.body) == (401, b'{"message":"Unauthorized"}'), (method, path)
    assert front.calls == []


def test_the_token_that_forgers_start_from_is_good(front: Front) -> None:
    """The table asks something: the very same claims, rightly signed, are let in."""
    assert front.ask("POST", "/v1/uploads", TINY, TOKENS["owner"]).status == 201
    assert front.ask("POST", "/v1/uploads", TINY, IDENTITY.token(claims())).status == 201


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(POSSIBLE) - 2), character=st.sampled_from(ALPHABET))
def test_no_character_of_a_token_can_be_changed(front: Front, place: int, character: str) -> None:
    """Whatever is changed in header, claims or signature: 401. (The last character also holds bits of no meaning.)"""
    changed = POSSIBLE[:place] + character + POSSIBLE[place + 1 :]
    assert front.ask("GET", "/v1/uploads", token=changed).status == (200 if changed == POSSIBLE else 401)


INCOMPLETE: dict[str, dict[str, Any]] = {
    "without subject": {"sub": ...},
    "empty subject": {"sub": ""},
    "without tenant": {"tenant": ...},
    "empty tenant": {"tenant": ""},
}


@pytest.mark.parametrize("changes", INCOMPLETE.values(), ids=INCOMPLETE.keys())
def test_a_good_token_that_names_nobody_is_403(front: Front, changes: dict[str, Any]) -> None:
    """Rightly signed, but without owner or tenant: refused on every route, nothing is created for an empty name."""
    token = IDENTITY.token(claims(**changes))
    before = front.held()
    bodies = {"create": TINY, "sign_parts": {"numbers": [1]}, "report_progress": {"stored": []}}
    for method, path, name in ROUTES:
        answer = front.ask(
            method, path, bodies.get(name, {"why": "seen"} if method == "POST" and "any" in name else None), token
        )
        assert (answer.status, json.loads(answer.body)["code"]) == (403, "forbidden"), (method, path)
    assert front.held() == before
