"""Where the token comes from, how it is kept, and how it stays good."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from clients.python.tests.cli.issuer import Clock
from portway_client.cli.credentials import (
    Credential,
    CredentialFile,
    CredentialsUnusable,
    config_folder,
    is_private,
    normal,
)
from portway_client.cli.oauth import SignInFailed
from portway_client.cli.tokens import CommandToken, StoredToken
from portway_client.errors import Unauthorized

HERE, THERE = "https://here.test", "https://there.test"


def test_credentials_are_for_their_owner_only_and_for_one_endpoint(tmp_path: Path) -> None:
    """Nobody else on the machine can read them, and another backend never gets them."""
    file = CredentialFile(tmp_path / "portway")
    file.put(HERE, Credential("secret"))
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.path.parent.stat().st_mode) == 0o700
    assert file.get(HERE) == Credential("secret")
    assert file.get(THERE) is None
    assert "secret" not in repr(file.get(HERE))


def test_the_first_login_is_the_default_until_another_is_chosen(tmp_path: Path) -> None:
    """`portway login` makes its backend the one that is meant; a renewed token does not."""
    file = CredentialFile(tmp_path)
    file.put(HERE, Credential("one"))
    file.put(THERE, Credential("two"))
    assert file.default == HERE
    file.put(THERE, Credential("three"), default=True)
    assert file.default == THERE
    assert file.remove(THERE)
    assert not file.remove(THERE)
    assert [path.name for path in tmp_path.iterdir()] == ["credentials.json"]


@pytest.mark.parametrize("content", ["", "[]", '{"endpoints": {"https://here.test": {"tokn": "x"}}}', "\xff"])
def test_a_damaged_file_is_named(tmp_path: Path, content: str) -> None:
    """What to do about it stands in the message."""
    file = CredentialFile(tmp_path)
    file.path.write_bytes(content.encode("latin-1"))
    with pytest.raises(CredentialsUnusable, match=r"credentials\.json cannot be read"):
        file.get(HERE)


@pytest.mark.parametrize(
    ("platform", "environ", "place"),
    [
        ("linux", {"HOME": "/h"}, "/h/.config/portway"),
        ("linux", {"HOME": "/h", "XDG_CONFIG_HOME": "/x"}, "/x/portway"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Application Support/portway"),
        ("win32", {"HOME": "/h", "APPDATA": "/a"}, "/a/portway"),
    ],
)
def test_settings_are_where_the_platform_keeps_them(platform: str, environ: dict[str, str], place: str) -> None:
    """XDG on Linux, Application Support on a Mac, APPDATA on Windows."""
    assert config_folder(environ, platform) == Path(place)


def test_one_backend_has_one_spelling() -> None:
    """A slash at the end or a capital in the host does not ask for another login."""
    assert normal(" https://Up.Example.com/ ") == "https://up.example.com"
    assert normal("https://example.com/portway/") == "https://example.com/portway"
    for wrong in ("example.com", "ftp://x", "https://", "https://a@b", "https://x?y=1"):
        with pytest.raises(ValueError, match="no address"):
            normal(wrong)


def test_only_this_machine_may_be_spoken_to_in_the_clear() -> None:
    """A token that goes over a network without TLS is everybody's."""
    assert is_private("https://x.test")
    assert is_private("http://127.0.0.1:8787")
    assert is_private("http://[::1]:80")
    assert not is_private("http://x.test")


def test_a_helper_command_is_asked_each_time(tmp_path: Path) -> None:
    """Its first line is the token, and it hears which backend is meant."""
    script = tmp_path / "helper.py"
    script.write_text("import os; print('token for', os.environ['PORTWAY_ENDPOINT']); print('more')")
    token = CommandToken(f'"{sys.executable}" "{script}"', {**os.environ, "PORTWAY_ENDPOINT": HERE})
    assert token() == f"token for {HERE}"
    script.write_text("print('another')")
    assert token() == "another"


@pytest.mark.parametrize(
    ("command", "words"), [("exit 3", "code 3"), ("true", "no token"), ("no-such-thing-here", "127")]
)
def test_a_helper_that_fails_says_so(command: str, words: str) -> None:
    """Neither its output nor its arguments are repeated: they may hold secrets."""
    with pytest.raises(Unauthorized, match=words) as caught:
        CommandToken(command, {"PATH": os.environ["PATH"]})()
    assert command not in str(caught.value)


class Renewals:
    """Renews by counting; refuses those in `used`, like a server that takes a refresh token once."""

    def __init__(self) -> None:
        self.used: set[str] = set()

    def __call__(self, held: Credential) -> Credential:
        assert held.refresh_token
        if held.refresh_token in self.used:
            raise SignInFailed("used")
        self.used.add(held.refresh_token)
        number = int(held.refresh_token) + 1
        return Credential(f"token-{number}", 10_000.0 * number, str(number))


def test_a_token_is_renewed_shortly_before_it_ends(tmp_path: Path) -> None:
    """And kept, so that the next command has it."""
    file, clock = CredentialFile(tmp_path), Clock(at=0.0)
    file.put(HERE, Credential("token-1", 10_000.0, "1"))
    token = StoredToken(file, HERE, Renewals(), clock.now)
    assert token() == "token-1"
    clock.at = 9_950.0
    assert StoredToken(file, HERE, Renewals(), clock.now)() == "token-2"
    assert file.get(HERE) == Credential("token-2", 20_000.0, "2")


def test_a_token_that_was_refused_is_renewed_although_it_should_be_good(tmp_path: Path) -> None:
    """Being asked a second time means 401; a login without a refresh token has nothing better."""
    file, clock = CredentialFile(tmp_path), Clock(at=0.0)
    file.put(HERE, Credential("token-1", 10_000.0, "1"))
    token = StoredToken(file, HERE, Renewals(), clock.now)
    assert [token(), token()] == ["token-1", "token-2"]
    file.put(THERE, Credential("only"))
    pasted = StoredToken(file, THERE, Renewals(), clock.now)
    assert [pasted(), pasted()] == ["only", "only"]


def test_two_commands_that_renew_at_once_both_go_on(tmp_path: Path) -> None:
    """The refresh token is good once; who comes second finds what the first one got."""
    file, clock, renew = CredentialFile(tmp_path), Clock(at=0.0), Renewals()
    file.put(HERE, Credential("token-1", 10_000.0, "1"))

    def after_somebody_else(held: Credential) -> Credential:
        file.put(HERE, renew(held))
        return renew(held)

    token = StoredToken(file, HERE, after_somebody_else, clock.now)
    assert [token(), token()] == ["token-1", "token-2"]


def test_a_login_that_has_ended_asks_for_another(tmp_path: Path) -> None:
    """The refresh token is used up and nobody has a newer one."""
    file, renew = CredentialFile(tmp_path), Renewals()
    renew.used.add("1")
    file.put(HERE, Credential("token-1", 1.0, "1"))
    with pytest.raises(Unauthorized, match="portway login"):
        StoredToken(file, HERE, renew, Clock().now)()


def test_the_file_holds_nothing_that_is_not_needed(tmp_path: Path) -> None:
    """One object an endpoint, so that people can see what is kept."""
    file = CredentialFile(tmp_path)
    file.put(HERE, Credential("t", 5.0, "r", "https://login.test/token", "cli"))
    assert json.loads(file.path.read_text()) == {
        "default": HERE,
        "endpoints": {
            HERE: {
                "token": "t",
                "expires_at": 5.0,
                "refresh_token": "r",
                "token_endpoint": "https://login.test/token",
                "client_id": "cli",
            }
        },
    }
