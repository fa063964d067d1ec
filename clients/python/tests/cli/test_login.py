"""`portway login` and `logout`."""

from __future__ import annotations

import io
import sys

import pytest

from clients.python.tests.cli.desk import Desk
from clients.python.tests.cli.issuer import ISSUER, Clock, Issuer
from portway_client.cli.exits import Exit


@pytest.fixture(autouse=True)
def logged_out(desk: Desk) -> None:
    """Nothing in the environment says who we are."""
    desk.environ |= {"PORTWAY_TOKEN": "", "PORTWAY_ENDPOINT": ""}


def given(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_a_pasted_token_is_kept_for_its_backend(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """From then on commands need neither address nor token; after `logout` they do."""
    given(monkeypatch, f"Bearer {desk.fake.token}\n")
    said = desk.portway("login", "--endpoint", f"{desk.fake.url}/")
    assert (said.code, said.out) == (Exit.DONE, "")
    assert said.err == f"Logged in to {desk.fake.url}.\n"
    assert desk.portway("ls").code == Exit.DONE
    assert desk.portway("ls", "--endpoint", "https://another.test").code == Exit.NOT_AUTHORISED
    assert desk.portway("logout").code == Exit.DONE
    assert desk.portway("ls").code == Exit.NOT_AUTHORISED


@pytest.mark.parametrize("text", ["", "\n", "two words\n", "tökén\n"])
def test_what_is_no_token_is_not_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """An empty line from a broken pipe ends no login silently."""
    given(monkeypatch, text)
    assert desk.portway("login", "--endpoint", desk.fake.url).code == Exit.USAGE
    assert not list(desk.home.rglob("credentials.json"))


def test_a_token_never_goes_out_in_the_clear(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine may be spoken to without TLS."""
    given(monkeypatch, "token\n")
    said = desk.portway("login", "--endpoint", "http://uploads.example.com")
    assert said.code == Exit.USAGE
    assert "https" in said.err


def test_a_login_by_device_shows_a_code_and_stays_good(desk: Desk) -> None:
    """The person confirms it in any browser; later the token is renewed without them."""
    clock = Clock()
    issuer = Issuer(clock, script=["authorization_pending", "slow_down"])
    arguments = ("login", "--endpoint", desk.fake.url, "--issuer", ISSUER, "--client-id", "portway-cli")
    said = desk.portway(*arguments, transport=lambda: issuer, now=clock.now, sleep=clock.sleep)
    assert said.code == Exit.DONE, said.err
    assert f"Open {ISSUER}/activate\nand confirm the code WDJB-MJHT\n" in said.err
    assert "renewed by itself" in said.err
    assert "token-1" not in said.err + said.out
    assert issuer.asked[1][1] == {"client_id": "portway-cli", "scope": "openid offline_access"}
    desk.fake.tokens["token-1"] = "owner"
    assert desk.portway("ls", now=clock.now).code == Exit.DONE


def test_a_login_that_is_refused_keeps_nothing(desk: Desk) -> None:
    """Exit code 3; what was kept before stays."""
    clock = Clock()
    issuer = Issuer(clock, script=["access_denied"])
    arguments = ("login", "--endpoint", desk.fake.url, "--issuer", ISSUER, "--client-id", "portway-cli")
    said = desk.portway(*arguments, transport=lambda: issuer, now=clock.now, sleep=clock.sleep)
    assert said.code == Exit.NOT_AUTHORISED
    assert "refused in the browser" in said.err
    assert not list(desk.home.rglob("credentials.json"))


@pytest.mark.parametrize(
    ("options", "words"),
    [(("--issuer", ISSUER), "--client-id"), (("--issuer", "http://login.test", "--client-id", "x"), "https")],
)
def test_a_login_server_has_to_be_safe_and_to_know_us(desk: Desk, options: tuple[str, ...], words: str) -> None:
    """Said before anything is asked."""
    said = desk.portway("login", "--endpoint", desk.fake.url, *options)
    assert said.code == Exit.USAGE
    assert words in said.err
