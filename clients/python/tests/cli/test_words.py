"""Figures and texts on the terminal."""

from __future__ import annotations

import pytest

from portway_client.cli import words
from portway_client.cli.exits import CODES, Exit, exit_code, exit_of_all
from portway_client.errors import (
    FileChanged,
    InvalidRequest,
    NotFound,
    Offline,
    PortwayError,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Unauthorized,
    Untrusted,
)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_999, "1.0 MB"), (16_777_216, "16.8 MB"), (5.1e9, "5.1 GB"),
     (123_456_789, "123 MB"), (48.8 * 2**40, "53.7 TB"), (None, "?")],
)  # fmt: skip
def test_sizes_are_decimal_with_two_or_three_digits(count: float | None, text: str) -> None:
    """As disks and networks count."""
    assert words.size(count) == text


@pytest.mark.parametrize(
    ("text", "size"),
    [("16777216", 16_777_216), ("64MiB", 64 << 20), ("64 mib", 64 << 20), ("100MB", 100_000_000),
     ("1.5G", 1_500_000_000), ("5 B", 5), ("1k", 1000)],
)  # fmt: skip
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    """MiB is 1,048,576 and MB 1,000,000."""
    assert words.parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MiB", "-5", "5 XB", "5MiBs"])
def test_what_is_no_size_is_refused(text: str) -> None:
    """The message says how to write one."""
    with pytest.raises(ValueError, match="64MiB"):
        words.parse_size(text)


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (75, "1:15"), (3675, "1:01:15"), (None, "-:--")])
def test_times_left_are_short(seconds: float | None, text: str) -> None:
    """Hours only where there are some."""
    assert words.duration(seconds) == text


def test_a_name_cannot_control_the_terminal() -> None:
    """Escapes, line ends and bytes that are no text are shown as what they are: unprintable."""
    assert words.printable("a\x1b[2Jb\nc\udcffd") == "a\ufffd[2Jb\ufffdc\ufffdd"
    assert words.printable("Übung 中文 🎓.pdf") == "Übung 中文 🎓.pdf"


@pytest.mark.parametrize(
    "secret",
    [
        "https://s3.test/key?X-Amz-Algorithm=A&X-Amz-Credential=C&X-Amz-Signature=0123",
        "Authorization: Bearer abc.def-ghi",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJvd25lciJ9.c2lnbmF0dXJl",
    ],
)
def test_secrets_never_reach_the_terminal(secret: str) -> None:
    """Whatever some library writes into its messages."""
    shown = words.scrubbed(f"it failed at {secret} today")
    for part in ("0123", "abc.def", "c2lnbmF0dXJl", "X-Amz-Credential=C"):
        assert part not in shown
    assert shown.startswith("it failed at ")
    assert shown.endswith(" today")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Unauthorized, Exit.NOT_AUTHORISED),
        (Rejected, Exit.NOT_PUBLISHED),
        (RateLimited, Exit.UNAVAILABLE),
        (Offline, Exit.UNAVAILABLE),
        (Untrusted, Exit.UNAVAILABLE),
        (QuotaExceeded, Exit.FAILED),
        (NotFound, Exit.FAILED),
        (InvalidRequest, Exit.FAILED),
        (FileChanged, Exit.FAILED),
    ],
)
def test_scripts_can_tell_failures_apart(kind: type[PortwayError], code: Exit) -> None:
    """Log in again, ask an operator, try later, or look at the message."""
    assert exit_code(kind("it happened")) == code


def test_every_error_has_a_code() -> None:
    """The last row takes whatever is new."""
    assert CODES[-1][0] is PortwayError


def test_many_files_end_with_one_code() -> None:
    """That of all failures when they agree; some good ones do not make it better."""
    assert exit_of_all([]) == Exit.DONE
    assert exit_of_all([Offline("a"), RateLimited("b")]) == Exit.UNAVAILABLE
    assert exit_of_all([Offline("a"), Rejected("b")]) == Exit.FAILED
