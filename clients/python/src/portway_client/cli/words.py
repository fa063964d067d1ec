"""Figures and names as a person reads them. Nothing that comes from a file name or a server controls the terminal."""

from __future__ import annotations

import os
import re
import traceback
from datetime import UTC, datetime
from pathlib import Path

UNITS = ("B", "kB", "MB", "GB", "TB", "PB")
SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?)b?|b)?", re.IGNORECASE)
SECRET = re.compile(
    r"(?<=\?)X-Amz-\S+|(?<=[?&]X-Amz-Signature=)\w+|\beyJ[\w-]+(?:\.[\w-]*)*|(?<=Bearer )\S+", re.IGNORECASE
)


def size(count: float | None) -> str:
    """1234567 → `1.2 MB`, decimal like the figures of disks and networks; `?` for None."""
    if count is None:
        return "?"
    for unit in UNITS:
        if count < 999.5 or unit == UNITS[-1]:
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" or count >= 99.95 else f"{count:.1f} {unit}"


def parse_size(text: str) -> int:
    """`64MiB`, `100 MB`, `16777216` → bytes. Raises ValueError."""
    found = SIZE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no size; write it like 64MiB, 100MB or 16777216")
    number, unit, binary = found.groups()
    power = "kmgt".index(unit.lower()) + 1 if unit else 0
    return int(float(number) * (1024 if binary else 1000) ** power)


def duration(seconds: float | None) -> str:
    """75 → `1:15`, 3675 → `1:01:15`; `-:--` for None."""
    if seconds is None:
        return "-:--"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def moment(at: datetime) -> str:
    """In this machine's time zone, to the minute."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def instant(seconds: float) -> str:
    """A moment in seconds since 1970."""
    return moment(datetime.fromtimestamp(seconds, UTC))


def printable(text: str) -> str:
    """Without what a terminal would obey, and without halves of characters that no stream can encode."""
    whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in whole)


def path_text(path: Path) -> str:
    return printable(os.fspath(path))


def scrubbed(text: str) -> str:
    """Without tokens and signatures, should one ever stand in a message of somebody else's code."""
    return SECRET.sub("(hidden)", text)


def trace(error: BaseException) -> str:
    return scrubbed("".join(traceback.format_exception(error)))


def count(number: int, noun: str) -> str:
    """(1, `file`) → `1 file`, (1000, `file`) → `1,000 files`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
