"""Logging in from a machine without a browser, and staying logged in."""

from __future__ import annotations

import pytest

from clients.python.tests.cli.issuer import ISSUER, Clock, Issuer
from portway_client.cli.credentials import Credential
from portway_client.cli.oauth import DEVICE_GRANT, Server, SignInFailed
from portway_client.errors import Unavailable
from portway_client.transport import Trouble


def logged_in(issuer: Issuer) -> Credential:
    server = Server(issuer, issuer.clock.now)
    provider = server.discover(ISSUER)
    code = server.begin(provider, "portway-cli", {"scope": "openid"})
    return server.wait(provider, "portway-cli", code, issuer.clock.sleep)


def test_a_login_ends_with_a_token_that_can_be_renewed() -> None:
    """The person confirms while we ask every `interval` seconds; what comes back says how long it is good."""
    issuer = Issuer(Clock(), script=["authorization_pending", "authorization_pending"])
    credential = logged_in(issuer)
    assert credential.token == "token-1"
    assert credential.refresh_token == "refresh-1"
    assert credential.expires_at == issuer.clock.at + 3600
    assert issuer.clock.slept == [2, 2, 2]
    assert issuer.asked[-1][1] == {
        "grant_type": DEVICE_GRANT,
        "device_code": "a-device-code",
        "client_id": "portway-cli",
    }


def test_a_server_that_wants_less_is_asked_less() -> None:
    """`slow_down` adds five seconds for good, a time-out doubles the pause, a 503 changes nothing (RFC 8628, 3.5)."""
    issuer = Issuer(Clock(), script=["slow_down", Trouble.TIMEOUT, 503])
    logged_in(issuer)
    assert issuer.clock.slept == [2, 7, 14, 14]


@pytest.mark.parametrize(
    ("answer", "words"),
    [("access_denied", "refused in the browser"), ("expired_token", "in time"), ("odd_thing", "odd_thing")],
)
def test_a_login_that_fails_says_why(answer: str, words: str) -> None:
    """The server's code in words; unknown ones as they are."""
    with pytest.raises(SignInFailed, match=words):
        logged_in(Issuer(Clock(), script=[answer]))


def test_a_code_is_not_asked_for_longer_than_it_lives() -> None:
    """Nobody confirmed: after `expires_in` seconds it is over."""
    issuer = Issuer(Clock(), script=["authorization_pending"] * 1000)
    with pytest.raises(SignInFailed, match="in time"):
        logged_in(issuer)
    assert sum(issuer.clock.slept) <= 600


def test_a_server_without_a_certificate_is_not_asked_twice() -> None:
    """It cannot be who it should be: no waiting helps."""
    with pytest.raises(Unavailable):
        logged_in(Issuer(Clock(), script=[Trouble.CERTIFICATE]))


def test_an_issuer_that_is_somebody_else_gets_nothing() -> None:
    """Its document has to name the address that was asked (OpenID Connect Discovery, 4.3)."""
    issuer = Issuer(Clock(), says_it_is="https://evil.test")
    with pytest.raises(SignInFailed, match=r"evil\.test"):
        logged_in(issuer)
    assert len(issuer.asked) == 1


def test_an_issuer_without_devices_says_so() -> None:
    """Then a token can be pasted."""
    with pytest.raises(SignInFailed, match="no login by device"):
        logged_in(Issuer(Clock(), offers_devices=False))


def test_a_refresh_token_gives_a_new_token_once() -> None:
    """Both are replaced; the old one is refused from then on."""
    issuer = Issuer(Clock())
    first = logged_in(issuer)
    server = Server(issuer, issuer.clock.now)
    second = server.renew(first)
    assert (second.token, second.refresh_token) == ("token-2", "refresh-2")
    with pytest.raises(SignInFailed, match="ended"):
        server.renew(first)
