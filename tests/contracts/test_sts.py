"""What signs URLs: where the credentials come from, and when they are replaced."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session

from portway.aws.sts import assumed_credentials, execution_credentials
from portway.errors import BadSettings, Unavailable
from portway.presign import Credentials, seconds_left
from tests.conftest import ENVIRONMENT
from tests.fakes.clock import FakeClock

ROLE = "arn:aws:iam::123456789012:role/signer"


class FakeSts:
    """Gives a role for an hour; `errors` come first."""

    def __init__(self, clock: FakeClock, *errors: Exception) -> None:
        self.clock, self.errors, self.asked = clock, list(errors), 0

    def assume_role(self, **arguments: Any) -> dict[str, Any]:
        if self.errors:
            raise self.errors.pop(0)
        self.asked += 1
        end = datetime.fromtimestamp(self.clock() / 1000 + arguments["DurationSeconds"], UTC)
        given = {"AccessKeyId": f"ASIA{self.asked}", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": end}
        return {"Credentials": given}


def refused() -> ClientError:
    return ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "AssumeRole")


def source(sts: Any, clock: FakeClock) -> Any:
    return assumed_credentials(sts, ROLE, "portway-signer", clock)


def test_the_functions_own_credentials_have_no_visible_end() -> None:
    """Lambda tells nobody when its role's credentials end, so their end is None and URLs stay short."""
    found = execution_credentials(get_session())()
    assert found == Credentials(ENVIRONMENT["AWS_ACCESS_KEY_ID"], ENVIRONMENT["AWS_SECRET_ACCESS_KEY"], None, None)


def test_renewed_credentials_are_used_at_once() -> None:
    """They are read at each signing: what botocore renewed behind our back signs the next URL."""
    session = get_session()
    current = execution_credentials(session)
    session.set_credentials("ASIANEW", "secret", "token")
    assert current() == Credentials("ASIANEW", "secret", "token", None)


def test_no_credentials_are_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without credentials nothing can be signed, and the message says so."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(BadSettings, match="credentials"):
        execution_credentials(get_session())()


def test_a_role_is_asked_for_once_and_again_at_half_life() -> None:
    """One call to STS serves half an hour of signing, so a URL has half an hour left at least; the end is known."""
    clock = FakeClock()
    sts = FakeSts(clock)
    current = source(sts, clock)
    assert current() == Credentials("ASIA1", "s", "t", clock() + 3_600_000)
    clock.pass_seconds(1799)
    assert current().access_key == "ASIA1"
    clock.pass_seconds(1)
    assert current().access_key == "ASIA2"
    assert sts.asked == 2


@pytest.mark.parametrize("wanted", [120, 900, 1800, 3600])
def test_no_url_outlives_the_credentials_that_signed_it(wanted: int) -> None:
    """At every moment of a day a URL ends a minute before its credentials at the latest, and has 29 minutes or all
    that was asked for."""
    clock = FakeClock()
    sts = FakeSts(clock)
    current = source(sts, clock)
    for _ in range(24 * 60):
        credentials = current()
        seconds = seconds_left(credentials, wanted, clock())
        assert credentials.expires_at
        assert clock() + seconds * 1000 <= credentials.expires_at - 60_000
        assert min(wanted, 1740) <= seconds <= wanted
        clock.pass_seconds(60)
    assert sts.asked == 48


def test_the_kept_role_goes_on_while_sts_does_not_answer() -> None:
    """STS failing at half-life costs nobody an upload: what is kept signs until its end, and STS is asked seldom."""
    clock = FakeClock()
    sts = FakeSts(clock)
    current = source(sts, clock)
    first = current()
    clock.pass_seconds(1800)
    sts.errors = [refused(), refused()]
    assert [current() for _ in range(5)] == [first] * 5
    assert len(sts.errors) == 1
    clock.pass_seconds(30)
    assert current() == first
    clock.pass_seconds(30)
    assert current().access_key == "ASIA2"


def test_a_role_that_has_ended_never_signs() -> None:
    """When STS has not answered for the whole second half, signing is unavailable instead of handing out dead URLs."""
    clock = FakeClock()
    sts = FakeSts(clock)
    current = source(sts, clock)
    current()
    clock.pass_seconds(3580)
    sts.errors = [refused()]
    with pytest.raises(Unavailable):
        current()


def test_a_role_that_is_not_given_decides_nothing() -> None:
    """A refusal or failure of STS is passing: the next request asks again."""
    clock = FakeClock()
    current = source(FakeSts(clock, refused()), clock)
    with pytest.raises(Unavailable):
        current()
    assert current().access_key == "ASIA1"
