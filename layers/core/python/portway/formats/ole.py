"""Word, Excel and PowerPoint files of 1997 to 2003: which streams they have, and what those begin with.

MS-DOC 2.5 (Fib), MS-XLS 2.4 (records), MS-PPT 2.3.2 (CurrentUserAtom), MS-OFFCRYPTO 2.3 (EncryptedPackage), MS-OVBA.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.compound import NOBODY, STORAGE, STREAM, Compound, Entry
from portway.reader import Reader

KINDS: Mapping[str, str] = {"worddocument": "doc", "workbook": "xls", "book": "xls", "powerpoint document": "ppt"}
"""Streams in the root that say what the document is, in lower case."""
NAMES: tuple[tuple[re.Pattern[str], Trick], ...] = (
    (re.compile(r"vba|_vba_project(_cur)?|macros"), Trick.MACROS),
    (re.compile(r"encryptedpackage|encryptioninfo|encryptedsummary"), Trick.ENCRYPTED),
    (re.compile(r"\x01ole10native|package|mbd[0-9a-f]{8}"), Trick.EMBEDDED_OBJECT),
)
"""Storages and streams anywhere, in lower case."""
PADDING = 1 << 20
"""Zeros behind the last sector: some writers round up."""
GLOBALS, TEXT = 1 << 20, 4 << 20
"""Bytes of a workbook's and of a text's stream that are looked into."""
SHEET, PASSWORD, END = 0x85, 0x2F, 0x0A
"""Records of a workbook: BoundSheet8, FilePass, EOF."""
MACRO_SHEET = 1
DDE = re.compile(rb"\x13[\s\"]*DDE|\x13\0(?:[\s\"]\0)*D\0D\0E\0", re.IGNORECASE)
"""The beginning of a field, in one byte a character and in two."""
ENCRYPTED_TOKEN = 0xF3D1C4DF


def walk(reader: Reader, bounds: Bounds, *, kind: str) -> Anatomy:
    """Facts: entries (storages and streams), office_kind."""
    anatomy = Anatomy()
    compound = look(reader, bounds, anatomy)
    found = {KINDS[each.name.lower()]: each for each in _root(compound) if each.name.lower() in KINDS}
    if kind in found:
        anatomy.facts["office_kind"] = kind
        LOOKS[kind](compound, found[kind], anatomy)
    elif all(mark.trick is not Trick.ENCRYPTED for mark in anatomy.marks):
        raise Malformed(f"it is {', '.join(found) or 'no document'}, not {kind}")
    return anatomy


def look(reader: Reader, bounds: Bounds, anatomy: Anatomy) -> Compound:
    """What every compound file may have in it, whatever it is; where its last sector ends."""
    compound = Compound(reader)
    named = [each for each in compound.entries if each.kind in (STORAGE, STREAM)]
    anatomy.facts["entries"] = len(named)
    if len(named) > bounds.entries:
        anatomy.mark(Trick.ARCHIVE_ENTRIES, f"{len(named)} storages and streams")
    for entry in named:
        for pattern, trick in NAMES:
            if pattern.fullmatch(entry.name.lower()):
                anatomy.mark(trick, f"{entry.name!r}")
        if entry.name.lower() == "objectpool" and entry.child != NOBODY:
            anatomy.mark(Trick.EMBEDDED_OBJECT, f"{entry.name!r}")
    end = compound.end()
    rest = reader.size - end
    if rest <= -compound.sector_bytes:
        raise Malformed(f"it should have {end} bytes")
    if rest > PADDING or reader.read(end, max(rest, 0)).strip(b"\0"):
        anatomy.mark(Trick.TRAILING_DATA, f"{rest} bytes behind the last sector")
    return compound


def _root(compound: Compound) -> Iterator[Entry]:
    return compound.children(compound.entries[0])


def _word(compound: Compound, stream: Entry, anatomy: Anatomy) -> None:
    data = compound.stream(stream, TEXT)
    if len(data) < 32 or data[:2] != b"\xec\xa5":
        raise Malformed("the text has no Fib")
    if data[11] & 1:
        anatomy.mark(Trick.ENCRYPTED, "fEncrypted")
    if DDE.search(data):
        anatomy.mark(Trick.SCRIPT, "a field DDE")


def _excel(compound: Compound, stream: Entry, anatomy: Anatomy) -> None:
    """The records of the workbook up to the first sheet."""
    data, at = compound.stream(stream, GLOBALS), 0
    if data[:2] not in (b"\x09\x08", b"\x09\x04", b"\x09\x02"):
        raise Malformed("the workbook does not begin")
    while at + 4 <= len(data):
        kind, length = struct.unpack_from("<2H", data, at)
        if kind == SHEET and data[at + 9 : at + 10] == bytes([MACRO_SHEET]):
            anatomy.mark(Trick.MACROS, f"a macro sheet at {at}")
        if kind == PASSWORD:
            anatomy.mark(Trick.ENCRYPTED, "FilePass")
        if kind == END:
            return
        at += 4 + length


def _powerpoint(compound: Compound, _: Entry, anatomy: Anatomy) -> None:
    for entry in _root(compound):
        if entry.name.lower() == "current user":
            token = compound.stream(entry, 16)[12:16]
            if token == ENCRYPTED_TOKEN.to_bytes(4, "little"):
                anatomy.mark(Trick.ENCRYPTED, "headerToken")


LOOKS = {"doc": _word, "xls": _excel, "ppt": _powerpoint}
