"""The scanner on a real clamd: what is found, what was not looked into, what a sick clamd is worth."""

from __future__ import annotations

import io
import os
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from portway.bootstrap.ground import wall_clock
from portway.outgoing.clamd import EICAR, Address, Clamd
from portway.reader import Budget, Reader
from portway.scans import Says, Scan
from tests.fakes.uploads import an_upload
from tests.scanners.daemon import GOOD, KNOWS_SOMETHING_ELSE, Daemon, running, shipped

MIB = 1 << 20
SIGNATURE = "Test.Eicar.UNOFFICIAL"


def scanner(address: str, most: int = 200 * MIB, seconds: int = 30) -> Clamd:
    return Clamd(Address.read(address), most, seconds, wall_clock)


def scanned(clamd: Clamd, data: bytes) -> Scan:
    reader = Reader(lambda first, length: data[first : first + length], len(data), Budget(), wall_clock)
    return clamd.scan(an_upload(), reader)


def archive(*members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for number, member in enumerate(members):
            made.writestr(f"{number}.bin", member)
    return buffer.getvalue()


def encrypted(data: bytes) -> bytes:
    """An archive whose entries say that they are encrypted (APPNOTE 4.4.4, bit 0)."""
    made = bytearray(archive(data))
    for place in (6, made.rfind(b"PK\1\2") + 8):
        made[place] |= 1
    return bytes(made)


@pytest.mark.asvs("5.4.3")
@pytest.mark.parametrize("listens", ["unix", "tcp"])
@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("nothing", b"", Says.CLEAN),
        ("text", b"hello", Says.CLEAN),
        ("noise", os.urandom(MIB), Says.CLEAN),
        ("archive", archive(b"one", b"two"), Says.CLEAN),
        ("eicar", EICAR, Says.INFECTED),
        ("zipped", archive(b"one", EICAR), Says.INFECTED),
        ("zipped twice", archive(archive(EICAR)), Says.INFECTED),
        ("at the tail", None, Says.INFECTED),
    ],
)
def test_a_real_clamd_finds_malware(clamd: Daemon, listens: str, name: str, data: bytes | None, says: Says) -> None:
    """Plain, in archives within archives, and behind 16 MiB of zeros; good files are clean."""
    told = scanned(scanner(getattr(clamd, listens)), bytes(16 * MIB) + EICAR if data is None else data)
    assert (told.says, told.words) == (says, SIGNATURE if says is Says.INFECTED else "")


@pytest.mark.asvs("5.4.3")
@pytest.mark.parametrize("listens", ["unix", "tcp"])
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: bytes(21 * MIB) + EICAR, "Heuristics.Limits.Exceeded.MaxFileSize"),
        (lambda: bytes(41 * MIB) + EICAR, "clamd: over StreamMaxLength"),
        (lambda: archive(*[bytes(11 * MIB)] * 3, EICAR), "Heuristics.Limits.Exceeded.MaxScanSize"),
        (lambda: encrypted(EICAR), "Heuristics.Encrypted.Zip"),
    ],
    ids=["file", "stream", "unpacked", "encrypted"],
)
def test_what_clamd_did_not_look_into_is_not_clean(
    clamd: Daemon, listens: str, make: Callable[[], bytes], words: str
) -> None:
    """Over a limit, unpacked over a limit, or encrypted: not scanned, which publishes nothing."""
    assert scanned(scanner(getattr(clamd, listens)), make()) == Scan(Says.NOT_SCANNED, words)


def test_a_member_that_clamd_would_cut_off_is_not_clean(clamd: Daemon) -> None:
    """clamd says OK of a zip whose member is over its limit, AlertExceedsMax or not: it is not asked."""
    large = archive(bytes(25 * MIB) + EICAR)
    assert scanned(scanner(clamd.unix), large).says is Says.CLEAN, "it alerts now: our own look may go"
    told = scanned(scanner(clamd.unix, most=20 * MIB), large)
    assert told == Scan(Says.NOT_SCANNED, f"a member of {25 * MIB + len(EICAR)} bytes, the scanner takes {20 * MIB}")


def test_deep_archives_are_not_clean(clamd: Daemon) -> None:
    """25 archives within each other: clamd opens 17."""
    data = EICAR
    for _ in range(25):
        data = archive(data)
    told = scanned(scanner(clamd.unix), data)
    assert told == Scan(Says.NOT_SCANNED, "Heuristics.Limits.Exceeded.MaxRecursion")


def test_the_example_that_is_shipped_is_believed(tmp_path: Path) -> None:
    """examples/clamd/clamd.conf as it is, but for its places."""
    with running(tmp_path, shipped()) as daemon:
        assert scanned(scanner(daemon.tcp), b"hello").says is Says.CLEAN
        assert scanned(scanner(daemon.tcp), archive(bytes(25 * MIB) + EICAR)).says is Says.INFECTED


def test_a_clamd_that_fails_open_is_not_believed(tmp_path: Path) -> None:
    """As Debian ships it, AlertExceedsMax is off: what exceeds a limit is OK to it. Its every answer is an error."""
    with running(tmp_path, {**GOOD, "AlertExceedsMax": "no"}) as daemon:
        for data in (b"hello", EICAR):
            told = scanned(scanner(daemon.unix), data)
            assert told.says is Says.ERROR
            assert "AlertExceedsMax" in told.words


def test_a_clamd_without_signatures_is_not_believed(tmp_path: Path) -> None:
    """A database that does not even know the test file finds nothing at all."""
    with running(tmp_path, GOOD, KNOWS_SOMETHING_ELSE) as daemon:
        told = scanned(scanner(daemon.tcp), b"hello")
        assert told.says is Says.ERROR
        assert "EICAR is not found" in told.words


def test_a_clamd_that_dies_in_the_middle_is_an_error(tmp_path: Path) -> None:
    """Half of the file was sent: nobody knows. With another clamd the same scanner goes on."""
    with running(tmp_path, GOOD) as daemon:
        asked = scanner(daemon.tcp)
        assert scanned(asked, b"hello").says is Says.CLEAN

        def dies(first: int, length: int) -> bytes:
            if first:
                daemon.process.kill()
                daemon.process.wait()
            return bytes(length)

        assert asked.scan(an_upload(), Reader(dies, 40 * MIB, Budget(), wall_clock)).says is Says.ERROR
        assert scanned(asked, b"hello").says is Says.ERROR, "down"


def test_a_clamd_that_is_too_slow_is_an_error(tmp_path: Path) -> None:
    """The time of a file is up: its scan ends, and the worker is free for others."""
    with running(tmp_path, GOOD) as daemon:
        asked = scanner(daemon.unix, seconds=1)
        assert scanned(asked, b"hello").says is Says.CLEAN
        daemon.process.send_signal(signal.SIGSTOP)
        before = wall_clock()
        assert scanned(asked, b"hello").says is Says.ERROR
        assert 900 <= wall_clock() - before <= 5_000


@pytest.mark.parametrize("address", ["unix:///nowhere/at/all", "tcp://127.0.0.1:1"])
def test_a_clamd_that_is_down_is_an_error(address: str) -> None:
    """Nobody listens: asked again later, by whoever decides about attempts."""
    assert scanned(scanner(address), b"hello").says is Says.ERROR


def test_what_is_too_large_for_the_scanner_is_not_sent() -> None:
    """The limit is known before: no byte is read for nothing, clamd up or down."""
    assert scanned(scanner("unix:///nowhere", most=4), b"hello") == Scan(
        Says.NOT_SCANNED, "5 bytes, the scanner takes 4"
    )
