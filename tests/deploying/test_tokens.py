"""Whose token the smoke test asks with: one that was given, or one that the issuer gives a machine."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs

import pytest

from dev.issuer import Machine, NoIssuer, token_of
from dev.smoke.site import Site, of_stack, token
from tests.deploying.account import DISCOVERY, ISSUER, REGION, Issuer, account

WELL_KNOWN = f"{ISSUER}.well-known/openid-configuration"
MACHINE = {"SMOKE_CLIENT_ID": "smoke", "SMOKE_CLIENT_SECRET": "s:c/ret", "SMOKE_SCOPE": "uploads/write"}
SITE = Site("portway-dev", "https://api", ISSUER)


def issuer(given: Any = None, **about: Any) -> Issuer:
    return Issuer({WELL_KNOWN: {**DISCOVERY, **about}, f"{ISSUER}token": given or {"access_token": "t0k3n"}})


@pytest.mark.parametrize("name", ["TOKEN", "PORTWAY_TOKEN"])
def test_a_token_that_was_given_is_used(name: str) -> None:
    """The issuer is not asked; the end of a line that a file has is no part of it."""
    nobody = Issuer(None)
    assert token(SITE, {name: "abc\n", **MACHINE}, nobody) == "abc"
    assert nobody.asked == []


def test_the_local_stack_brings_its_own() -> None:
    """`make smoke STACK=local` needs nothing."""
    assert token(Site("local", "http://x", token="owner's"), {}, Issuer(None)) == "owner's"


def test_a_machine_gets_one_from_the_issuer() -> None:
    """By client credentials, with the secret in the header, as RFC 6749 wants it encoded; scope only if it is set."""
    there = issuer()
    assert token(SITE, MACHINE, there) == "t0k3n"
    asked = there.asked[-1]
    assert isinstance(asked.body, bytes)
    assert parse_qs(asked.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["uploads/write"]}
    assert base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")) == b"smoke:s%3Ac%2Fret"


def test_an_issuer_that_wants_the_secret_in_the_form_gets_it_there() -> None:
    """As its discovery document says."""
    there = issuer(token_endpoint_auth_methods_supported=["client_secret_post"])
    token_of(there, ISSUER, Machine("smoke", "secret", audience="https://api"))
    asked = there.asked[-1]
    assert isinstance(asked.body, bytes)
    form = {"client_id": ["smoke"], "client_secret": ["secret"], "audience": ["https://api"]}
    assert parse_qs(asked.body.decode()) == {"grant_type": ["client_credentials"], **form}
    assert "authorization" not in asked.headers


@pytest.mark.parametrize(("there", "words"), [
    (Issuer(None), "does not answer"), (Issuer({}), "answers 404"), (issuer(issuer="https://other"), "it is https://other"),
    (issuer(token_endpoint=None), "no token_endpoint"),
    (issuer({"error": "invalid_client", "error_description": "Unknown client"}), "Unknown client"),
])  # fmt: skip
def test_an_issuer_that_gives_none_says_why(there: Issuer, words: str) -> None:
    """And the secret is in no message."""
    with pytest.raises(NoIssuer) as error:
        token(SITE, MACHINE, there)
    assert words in str(error.value)
    assert MACHINE["SMOKE_CLIENT_SECRET"] not in str(error.value)


def test_a_stack_says_where_it_is_and_whose_pages_may_come() -> None:
    """Address, issuer and the first of its origins, from CloudFormation alone."""
    with account() as here:
        here.stack(ApiUrl="https://api.team.dev/")
        found = of_stack(here.client("cloudformation", REGION), "portway-dev")
    assert found == Site("portway-dev", "https://api.team.dev", ISSUER, "https://app.team.dev")
