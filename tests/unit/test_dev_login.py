"""The local stack as an OpenID provider: a code becomes a token once, for who began, in time, and for its own page."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from dev.front.login import CLIENT, CODE_SECONDS, NotGranted, Provider

HOME, ISSUER = "http://stack.test/", "http://stack.test"
SECRET = "a secret of forty-three characters, at least."
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(SECRET.encode()).digest()).rstrip(b"=").decode()
ASKED = {
    "response_type": "code",
    "client_id": CLIENT,
    "redirect_uri": HOME,
    "state": "s t",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


class World:
    """A provider with a clock that stands."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.provider = Provider(HOME, ISSUER, {"owner": "t0", "stranger": "t1"}, lambda: self.seconds)

    def back(self, **changed: str) -> dict[str, str]:
        """What the browser comes back with."""
        place = urlsplit(self.provider.authorized({**ASKED, **changed}))
        assert place.geturl().startswith(HOME)
        return dict(parse_qsl(place.query))

    def exchange(self, **changed: str) -> dict[str, Any]:
        grant = {"grant_type": "authorization_code", "client_id": CLIENT, "redirect_uri": HOME, "code_verifier": SECRET}
        return self.provider.granted({**grant, **changed})


def test_a_code_becomes_a_token_of_the_owner_once() -> None:
    """The state comes back with the issuer; the second use of a code is refused."""
    world = World()
    answer = world.back()
    assert (answer["state"], answer["iss"]) == ("s t", ISSUER)
    assert world.exchange(code=answer["code"])["access_token"] == "t0"
    with pytest.raises(NotGranted, match="invalid_grant"):
        world.exchange(code=answer["code"])


def test_one_may_be_another_person() -> None:
    """`login_hint` names who signs in; nobody is made up."""
    world = World()
    assert world.exchange(code=world.back(login_hint="stranger")["code"])["access_token"] == "t1"
    assert world.back(login_hint="nobody")["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("seconds", "changed"),
    [
        (0, {"code_verifier": "another secret"}),
        (0, {"redirect_uri": "http://evil.test/"}),
        (0, {"code": "made up"}),
        (CODE_SECONDS + 1, {}),
    ],
)
def test_a_code_is_for_who_began_and_for_a_minute(seconds: int, changed: dict[str, str]) -> None:
    """Without the secret, for another page, made up or late: no token, and the code is of no use any more."""
    world = World()
    code = world.back()["code"]
    world.seconds += seconds
    with pytest.raises(NotGranted, match="invalid_grant"):
        world.exchange(**{"code": code, **changed})


def test_nobody_is_sent_to_another_page() -> None:
    """Another address or client is told here, not there; a request without PKCE goes back with an error."""
    world = World()
    for changed in ({"redirect_uri": "http://evil.test/"}, {"client_id": "another"}):
        with pytest.raises(NotGranted, match="invalid_client"):
            world.back(**changed)
    for name in ("code_challenge", "code_challenge_method", "response_type"):
        assert world.back(**{name: ""})["error"] == "invalid_request"


def test_a_refresh_token_is_good_once() -> None:
    """It gives the next token with the next refresh token; a kind of grant that is not known gives none."""
    world = World()
    first = world.exchange(code=world.back()["code"])
    second = world.exchange(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (second["access_token"], second["refresh_token"] != first["refresh_token"]) == ("t0", True)
    for grant, error in (("refresh_token", "invalid_grant"), ("password", "unsupported_grant_type")):
        with pytest.raises(NotGranted, match=error):
            world.exchange(grant_type=grant, refresh_token=first["refresh_token"])
