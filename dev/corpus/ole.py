"""Office files of 1997 to 2003: a workbook by xlwt, all others by a writer of compound files."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import xlwt

from dev.corpus.compounds import compound
from dev.corpus.samples import Sample
from portway.media_types import EXTENSIONS

TEXT = b"\xec\xa5\xc1\0" + bytes(28) + "What was said\r".encode("utf-16-le") * 200
CURRENT = bytes(12) + (0xE391C05F).to_bytes(4, "little") + bytes(20)
LOCKED = bytes(12) + (0xF3D1C4DF).to_bytes(4, "little") + bytes(20)
VBA = {"VBA": {"dir": b"\1", "_VBA_PROJECT": b"\xcc\x61"}}


def workbook() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("a")
    for number in range(99):
        sheet.write(number, 0, number)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def record(kind: int, data: bytes) -> bytes:
    return struct.pack("<2H", kind, len(data)) + data


def records(*more: bytes) -> bytes:
    return compound({"Workbook": record(0x809, bytes(16)) + b"".join(more) + record(0x0A, b"")})


def text(**more: object) -> bytes:
    return compound({"WordDocument": TEXT, "1Table": bytes(99), **more})  # type: ignore[dict-item]


def show(current: bytes = CURRENT) -> bytes:
    return compound({"PowerPoint Document": bytes(500), "Current User": current})


def changed(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def endless() -> bytes:
    """A directory whose chain leads back to its beginning."""
    data = text()
    first, table = (int.from_bytes(data[at : at + 4], "little") for at in (48, 76))
    return changed(data, (table + 1) * 512 + 4 * first, first.to_bytes(4, "little"))


GOOD: dict[str, tuple[Callable[[], bytes], str]] = {
    "xls by xlwt": (workbook, "xls"),
    "xls": (lambda: records(record(0x85, bytes(6) + b"\1\0a")), "xls"),
    "doc": (text, "doc"),
    "doc with an empty pool": (lambda: text(ObjectPool={}), "doc"),
    "ppt": (show, "ppt"),
    "large doc": (lambda: compound({"WordDocument": TEXT * 300, "Data": bytes(9_000_000)}), "doc"),
}
HOSTILE: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "macros in a doc": (lambda: text(Macros=VBA), "doc", "macros"),
    "macros in an xls": (
        lambda: compound({"Workbook": record(0x809, bytes(16)), "_VBA_PROJECT_CUR": VBA}),
        "xls",
        "macros",
    ),
    "macro sheet": (lambda: records(record(0x85, bytes(5) + b"\1\1\0a")), "xls", "macros"),
    "object in a doc": (lambda: text(ObjectPool={"_1": {"\x01Ole10Native": b"\1"}}), "doc", "embedded_object"),
    "object in an xls": (
        lambda: compound({"Workbook": record(0x809, b""), "MBD0001AB2C": {"a": b"a"}}),
        "xls",
        "embedded_object",
    ),
    "doc with a password": (lambda: compound({"WordDocument": changed(TEXT, 11, b"\1")}), "doc", "encrypted"),
    "xls with a password": (lambda: records(record(0x2F, bytes(54))), "xls", "encrypted"),
    "ppt with a password": (lambda: show(LOCKED), "ppt", "encrypted"),
    "docx with a password": (
        lambda: compound({"EncryptedPackage": bytes(99), "EncryptionInfo": bytes(9)}),
        "docx",
        "encrypted",
    ),
    "DDE in a doc": (
        lambda: compound({"WordDocument": TEXT + "\x13 DDEAUTO cmd".encode("utf-16-le")}),
        "doc",
        "script",
    ),
    "xls under doc": (workbook, "doc", "malformed"),
    "doc under docx": (text, "docx", "malformed"),
    "data behind": (lambda: text() + b"<html>", "doc", "trailing_data"),
    "cut off": (lambda: text()[:3000], "doc", "malformed"),
    "endless directory": (endless, "doc", "malformed"),
}
SAMPLES = (
    *(Sample(name, EXTENSIONS[f".{kind}"], kind, make) for name, (make, kind) in GOOD.items()),
    *(
        Sample(name, EXTENSIONS[f".{kind}"], kind, make, frozenset({code}))
        for name, (make, kind, code) in HOSTILE.items()
    ),
)
