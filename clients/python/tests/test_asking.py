"""One question to the API until there is an answer that means something."""

from __future__ import annotations

import pytest

from clients.python.tests.fakes import client_of, fake_portway
from portway_client import (
    Client,
    Conflict,
    Forbidden,
    InvalidRequest,
    NoState,
    NotFound,
    Offline,
    QuotaExceeded,
    RateLimited,
    Refusal,
    Settings,
    Unauthorized,
    Unavailable,
    Untrusted,
)
from portway_client.asking import Patience
from portway_client.testing import RESET, UNAUTHORIZED, Strike, answered
from portway_client.transport import Trouble

LOOK = {"method": "GET", "path": "/v1/uploads/"}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_again(status: int) -> None:
    """A busy API is asked again after a pause, and nobody hears of it."""
    fake = fake_portway()
    client = client_of(fake)
    file = client.upload(b"hello", name="a.txt")
    fake.strike(answered(status, at_gateway=True), times=3, **LOOK)
    assert client.status(file.id).name == "a.txt"
    assert len(fake.clock.slept) >= 3


def test_three_retries_and_no_more() -> None:
    """Four bad answers in a row are the end; the error says what to do and that trying again may help."""
    fake = fake_portway()
    client = client_of(fake)
    file = client.upload(b"hello")
    fake.strike(RESET, times=4, **LOOK)
    with pytest.raises(Unavailable, match="after 4 tries") as caught:
        client.status(file.id)
    assert caught.value.retryable
    assert client.status(file.id).id == file.id


def test_retries_may_be_turned_off() -> None:
    """`retries=0`: the first bad answer is told."""
    fake = fake_portway()
    client = client_of(fake, retries=0)
    fake.strike(RESET, **LOOK)
    with pytest.raises(Unavailable):
        client.status("0" * 26)


def test_pauses_grow_from_one_second_to_ten_with_full_jitter() -> None:
    """Between nothing and 1, 2, 4, 8, 10, 10 … seconds: many clients do not come back at the same moment."""
    longest = [Patience(chance=lambda: 1.0).pause(attempt) for attempt in range(1, 7)]
    assert longest == [1, 2, 4, 8, 10, 10]
    assert Patience(chance=lambda: 0.0).pause(5) == 0


def test_retry_after_is_honoured() -> None:
    """Who is asked to come back in 7 seconds does not come earlier."""
    fake = fake_portway()
    client = client_of(fake)
    file = client.upload(b"hello")
    before = fake.clock.now()
    fake.strike(answered(429, "rate_limited", retry_after=7), **LOOK)
    client.status(file.id)
    assert fake.clock.now() - before >= 7


def test_nobody_waits_an_hour_because_a_server_says_so() -> None:
    """A Retry-After above two minutes is an error of its own, at once."""
    fake = fake_portway()
    client = client_of(fake)
    fake.strike(answered(429, "rate_limited", retry_after=3600), **LOOK)
    with pytest.raises(RateLimited):
        client.status("0" * 26)
    assert fake.clock.now() < 60


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "malformed_json", InvalidRequest),
        (401, "", Unauthorized),
        (403, "forbidden", Forbidden),
        (403, "quota_exceeded", QuotaExceeded),
        (403, "", Forbidden),
        (404, "not_found", NotFound),
        (409, "wrong_state", Conflict),
        (410, "gone", NotFound),
        (413, "", InvalidRequest),
        (422, "invalid_request", InvalidRequest),
    ],
)
def test_each_refusal_has_a_class(status: int, code: str, kind: type[Refusal]) -> None:
    """Refusals are told at once, by the server's code where there is one, else by status."""
    fake = fake_portway()
    client = client_of(fake)
    fake.strike(answered(status, code, at_gateway=not code), **LOOK)
    with pytest.raises(kind) as caught:
        client.status("0" * 26)
    assert caught.value.status == status
    assert caught.value.code == (code or kind.code)


def test_every_fault_of_a_declaration_is_told() -> None:
    """A refused create names the field, in the exception and in its text, and says each thing once."""
    fake = fake_portway()
    with pytest.raises(InvalidRequest) as caught:
        client_of(fake).upload(b"hello", name="a/b")
    assert [fault.field for fault in caught.value.errors] == ["name"]
    assert "name" in str(caught.value)
    assert str(caught.value).count(caught.value.errors[0].message) == 1


def test_a_token_function_is_asked_again() -> None:
    """After a 401 the function gives another token, and the upload goes on."""
    fake = fake_portway()
    given = iter(["old", fake.token])
    client = Client(fake.url, lambda: next(given), transport=fake, clock=fake.clock, state=NoState())
    assert client.upload(b"hello").size == 5


def test_a_token_that_stays_the_same_is_an_error() -> None:
    """401 with a fixed token, or twice in a row, is Unauthorized: nobody hammers the API."""
    fake = fake_portway()
    fake.strike(UNAUTHORIZED, times=99)
    with pytest.raises(Unauthorized, match="portway login"):
        client_of(fake).status("0" * 26)
    assert len(fake.requests) == 1


def test_a_network_that_is_gone_is_waited_for() -> None:
    """Ten minutes without network cost no retries; then it goes on."""
    fake = fake_portway()
    client = client_of(fake)
    fake.offline(600)
    assert client.upload(b"hello").size == 5
    assert fake.clock.now() >= 600


def test_waiting_for_a_network_has_an_end_if_wished() -> None:
    """`offline_seconds` bounds it; the error is an Unavailable, too."""
    fake = fake_portway()
    fake.offline()
    with pytest.raises(Offline):
        client_of(fake, offline_seconds=30).upload(b"hello")
    assert 30 <= fake.clock.now() <= 45


def test_a_server_that_cannot_prove_itself_is_not_asked_twice() -> None:
    """A bad certificate is no network trouble: it is told at once."""
    fake = fake_portway()
    fake.strike(Strike("certificate", trouble=Trouble.CERTIFICATE))
    with pytest.raises(Untrusted, match="SSL_CERT_FILE"):
        client_of(fake).upload(b"hello")
    assert len(fake.requests) == 1


def test_the_end_of_a_line_is_no_part_of_a_token() -> None:
    """A token from a file or a paste works as it is; one that no header can hold is told at once."""
    fake = fake_portway()
    settings: Settings = {"transport": fake, "clock": fake.clock, "state": NoState()}
    assert Client(fake.url, f"{fake.token}\n", **settings).upload(b"hello").size == 5
    with pytest.raises(Unauthorized, match="characters"):
        Client(fake.url, "tök\nen", **settings)


@pytest.mark.parametrize("upload_id", ["ü", "a b", "../files", "x?y"])
def test_what_is_no_id_is_an_id_of_nothing(upload_id: str) -> None:
    """It is escaped and not found."""
    with pytest.raises((NotFound, InvalidRequest)):
        client_of(fake_portway()).status(upload_id)


def test_an_address_needs_its_scheme() -> None:
    """Said when the client is made, not after four tries."""
    with pytest.raises(ValueError, match="https://"):
        Client("uploads.example.com")
