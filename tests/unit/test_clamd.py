"""What clamd says and what it means, and where it may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway.errors import BadSettings
from portway.outgoing.clamd import Address, answer
from portway.scans import Says


@pytest.mark.parametrize(
    ("reply", "says", "words"),
    [
        (b"stream: OK\0", Says.CLEAN, ""),
        (b"stream: Win.Test.EICAR_HDB-1 FOUND\0", Says.INFECTED, "Win.Test.EICAR_HDB-1"),
        (b"stream: Heuristics.Phishing.Email FOUND\0", Says.INFECTED, "Heuristics.Phishing.Email"),
        (b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0", Says.NOT_SCANNED, "Heuristics.Limits.Exceeded"),
        (b"stream: Heuristics.Limits.Exceeded FOUND\0", Says.NOT_SCANNED, "Heuristics.Limits.Exceeded"),
        (b"stream: Heuristics.Encrypted.Zip FOUND\0", Says.NOT_SCANNED, "Heuristics.Encrypted.Zip"),
        (b"INSTREAM size limit exceeded. ERROR\0", Says.NOT_SCANNED, "StreamMaxLength"),
        (b"stream: Can't allocate memory ERROR\0", Says.ERROR, "allocate"),
        (b"UNKNOWN COMMAND\0", Says.ERROR, "UNKNOWN"),
        (b"stream: OK", Says.ERROR, "no whole reply"),
        (b"stream: OK\0stream: OK\0", Says.ERROR, "no whole reply"),
        (b"stream: OK \0", Says.ERROR, ""),
        (b"stream: ok\0", Says.ERROR, ""),
        (b"OK\0", Says.ERROR, ""),
        (b"stream:  FOUND\0", Says.ERROR, ""),
        (b"other: Eicar FOUND\0", Says.ERROR, ""),
        (b"\xff\0", Says.ERROR, ""),
        (b"\0", Says.ERROR, ""),
        (b"", Says.ERROR, "no whole reply"),
    ],
)
def test_every_reply_of_clamd_has_its_meaning(reply: bytes, says: Says, words: str) -> None:
    """Clean is one reply and no other; what is cut off, doubled or new is an error."""
    told = answer(reply)
    assert told.says is says
    assert words in told.words


@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: f"stream: {text}\0".encode(errors="replace")))
def test_nothing_that_is_not_ok_is_clean(reply: bytes) -> None:
    """Whatever a broken or foreign program answers."""
    assert answer(reply).says is not Says.CLEAN or reply == b"stream: OK\0"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("tcp://clamd.internal:3310", ("clamd.internal", 3310)),
        ("tcp://[::1]:3310", ("::1", 3310)),
        ("unix:///run/clamav/clamd.ctl", "/run/clamav/clamd.ctl"),
    ],
)
def test_clamd_listens_on_a_port_or_a_socket(text: str, place: object) -> None:
    """The two ways that clamd.conf has."""
    assert Address.read(text).place == place


@pytest.mark.parametrize(
    "text",
    ["", "clamd:3310", "http://clamd:3310", "tcp://clamd", "tcp://clamd:0", "tcp://clamd:port", "unix://", "tcp://:1"],
)
def test_no_other_address_is_taken(text: str) -> None:
    """A misspelt address stops the function, so that it does not pass for a scanner that is down."""
    with pytest.raises(BadSettings, match="not tcp://host:port or unix:///path"):
        Address.read(text)
