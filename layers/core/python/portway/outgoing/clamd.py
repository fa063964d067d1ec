"""A Scanner on clamd: the file streams from S3 over INSTREAM (clamd(8)), to a unix socket or a TCP address.

clamd fails open as Debian ships it: with `AlertExceedsMax no` it says OK of what it did not look into. So it is tested
before it is believed, and again every few minutes; until it passes, every answer is an ERROR (docs/scanning.md).
"""

from __future__ import annotations

import io
import socket
import struct
import zipfile
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from portway.content import Anatomy, Malformed
from portway.errors import BadSettings
from portway.formats import zip_directory
from portway.model import Upload
from portway.reader import Reader
from portway.scans import Says, Scan

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The test file that every scanner knows (eicar.org); harmless, and in two parts so that ours are left in peace."""
DEPTH = 120
"""More archives within each other than any clamd is willing to open (MaxRecursion is 17 by default, at most 100)."""
TEST_MS, TEST_SECONDS, CONNECT_SECONDS = 300_000, 20, 5
LONGEST_REPLY = 4096
SIZE_LIMIT = "INSTREAM size limit exceeded. ERROR"
UNSCANNED = ("Heuristics.Limits.Exceeded", "Heuristics.Encrypted")
"""Alerts that say "I did not look into all of it", not "I found something"."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where clamd listens."""

    family: socket.AddressFamily
    place: str | tuple[str, int]

    @classmethod
    def read(cls, text: str) -> Address:
        """tcp://host:port or unix:///path. BadSettings for anything else."""
        parts = urlsplit(text)
        if parts.scheme == "unix" and parts.path and not parts.netloc:
            return cls(socket.AF_UNIX, parts.path)
        try:
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if parts.scheme != "tcp" or not host or not port or parts.path:
            raise BadSettings(f"PORTWAY_CLAMD is {text!r}, not tcp://host:port or unix:///path")
        return cls(socket.AF_INET, (host, port))

    def connect(self, seconds: float) -> socket.socket:
        if isinstance(self.place, tuple):
            return socket.create_connection(self.place, seconds)
        made = socket.socket(self.family, socket.SOCK_STREAM)
        made.settimeout(seconds)
        try:
            made.connect(self.place)
        except OSError:
            made.close()
            raise
        return made


class Clamd:
    """`most` is the size of the largest file that is sent, in bytes; `seconds` what one file may take."""

    def __init__(self, address: Address, most: int, seconds: int, now: Callable[[], int]) -> None:
        self._address, self._most, self._seconds, self._now = address, most, seconds, now
        self._believed_until = 0

    def scan(self, _: Upload, reader: Reader) -> Scan:
        """The answer about the bytes of `reader`. What is too large is not sent."""
        if reader.size > self._most:
            return Scan(Says.NOT_SCANNED, f"{reader.size} bytes, the scanner takes {self._most}")
        if (member := _largest_member(reader)) > self._most:
            return Scan(Says.NOT_SCANNED, f"a member of {member} bytes, the scanner takes {self._most}")
        doubt = self._doubt()
        return Scan(Says.ERROR, doubt) if doubt else self._ask(reader.scan(), self._seconds)

    def _doubt(self) -> str:
        """Why this clamd cannot be believed; "" once it passed its test."""
        if self._now() < self._believed_until:
            return ""
        found = self._ask([EICAR], TEST_SECONDS)
        if found.says is not Says.INFECTED:
            return f"self-test: EICAR is not found: {found.words or found.says.value}"
        deep = self._ask([_nested(DEPTH)], TEST_SECONDS)
        if deep.says not in (Says.NOT_SCANNED, Says.INFECTED):
            return f"self-test: what exceeds clamd's limits is {deep.words or deep.says.value}; set AlertExceedsMax yes"
        self._believed_until = self._now() + TEST_MS
        return ""

    def _ask(self, data: Iterable[bytes], seconds: int) -> Scan:
        line = _Line(self._address, self._now, self._now() + seconds * 1000)
        try:
            line.open()
        except OSError as error:
            return Scan(Says.ERROR, f"clamd: {error!r}")
        with closing(line):
            return answer(line.exchange(data))


class _Line:
    """One connection, for one file. Every wait on it ends with the file's time; trouble is told as an empty reply."""

    def __init__(self, address: Address, now: Callable[[], int], end: int) -> None:
        self._address, self._now, self._end = address, now, end

    def open(self) -> None:
        self._socket = self._address.connect(min(CONNECT_SECONDS, self._left()))

    def close(self) -> None:
        self._socket.close()

    def exchange(self, data: Iterable[bytes]) -> bytes:
        """Send the chunks, take the reply. A clamd that has enough answers and hangs up before the end."""
        if not self._send(b"zINSTREAM\0"):
            return b""
        for chunk in data:  # what S3 or the budget says flies: it is no word of the scanner
            if not self._send(struct.pack("!L", len(chunk)) + chunk):
                return self._receive()
        self._send(struct.pack("!L", 0))
        return self._receive()

    def _send(self, data: bytes) -> bool:
        try:
            self._socket.settimeout(self._left())
            self._socket.sendall(data)
        except OSError:
            return False
        return True

    def _receive(self) -> bytes:
        reply = b""
        try:
            while not reply.endswith(b"\0") and len(reply) < LONGEST_REPLY:
                self._socket.settimeout(self._left())
                more = self._socket.recv(LONGEST_REPLY)
                if not more:
                    break
                reply += more
        except OSError:
            return b""
        return reply

    def _left(self) -> float:
        """Seconds; a little also when the time is up, since 0 would mean to wait for nothing or for ever."""
        return max(0.001, (self._end - self._now()) / 1000)


def answer(reply: bytes) -> Scan:
    """What clamd's reply means. Only exactly its OK is CLEAN; what is cut off or unknown is an ERROR."""
    text = reply.decode("utf-8", "replace").removesuffix("\0")
    if not reply.endswith(b"\0") or "\0" in text:
        return Scan(Says.ERROR, f"clamd: no whole reply: {text[:200]!r}")
    if text == "stream: OK":
        return Scan(Says.CLEAN)
    if text == SIZE_LIMIT:
        return Scan(Says.NOT_SCANNED, "clamd: over StreamMaxLength")
    name = text.removeprefix("stream: ").removesuffix(" FOUND")
    if not name or text != f"stream: {name} FOUND":
        return Scan(Says.ERROR, f"clamd: {text[:200]}")
    return Scan(Says.NOT_SCANNED if name.startswith(UNSCANNED) else Says.INFECTED, name)


def _largest_member(reader: Reader) -> int:
    """Bytes of the largest member of a zip, whatever the file claims to be; 0 for any other file.

    clamd cuts off members of zips that are over its MaxFileSize, and says OK of what is left.
    """
    try:
        found = zip_directory.members(reader, zip_directory.locate(reader, Anatomy()))
        return max((member.size for member in found), default=0)
    except Malformed:
        return 0


def _nested(depth: int) -> bytes:
    """EICAR in so many archives within each other, 14 kB."""
    data = EICAR
    for _ in range(depth):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a", data)
        data = buffer.getvalue()
    return data
