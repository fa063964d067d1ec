"""7z and RAR, built by hand: nobody here can write them otherwise."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from dev.corpus.samples import Sample

SEVEN, RAR = "application/x-7z-compressed", "application/vnd.rar"
TEXT = b"What was said.\n" * 20
HEADER = b"\x01\x05\x01\x11\x05\0a\0\0\0\0\0\0"


def seven(header: bytes = HEADER, data: bytes = TEXT, crc: int | None = None) -> bytes:
    start = struct.pack("<QQL", len(data), len(header), zlib.crc32(header) if crc is None else crc)
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<L", zlib.crc32(start)) + start + data + header


def vint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        value, out = value >> 7, out + bytes([value & 0x7F | 0x80])
    return out + bytes([value])


def block_5(kind: int, body: bytes = b"", data: bytes | None = None, extra: bytes = b"") -> bytes:
    flags = (1 if extra else 0) | (2 if data is not None else 0)
    head = vint(kind) + vint(flags) + (vint(len(extra)) if extra else b"")
    head += (vint(len(data)) if data is not None else b"") + body + extra
    sized = vint(len(head)) + head
    return struct.pack("<L", zlib.crc32(sized)) + sized + (data or b"")


def file_5(name: bytes = b"notes.txt", size: int = len(TEXT), extra: bytes = b"") -> bytes:
    body = vint(0) + vint(size) + vint(0) + vint(0) + vint(1) + vint(len(name)) + name
    return block_5(2, body, TEXT, extra)


def rar_5(*blocks: bytes) -> bytes:
    return b"Rar!\x1a\x07\x01\0" + block_5(1, vint(0)) + b"".join(blocks) + block_5(5, vint(0))


def block_4(kind: int, flags: int, body: bytes = b"", data: bytes = b"") -> bytes:
    head = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head + data


def file_4(name: bytes = b"notes.txt", flags: int = 0x8000, size: int = len(TEXT), mode: int = 0o100644) -> bytes:
    fields = (len(TEXT), size, 3, zlib.crc32(TEXT), 0, 29, 0x30, len(name), mode)
    return block_4(0x74, flags, struct.pack("<LLBLLBBHL", *fields) + name, TEXT)


def rar_4(*blocks: bytes, flags: int = 0) -> bytes:
    return b"Rar!\x1a\x07\0" + block_4(0x73, flags, bytes(6)) + b"".join(blocks) + block_4(0x7B, 0x4000)


def record(kind: int, data: bytes = b"") -> bytes:
    return vint(len(data) + 1) + vint(kind) + data


GOOD: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "7z": (seven, SEVEN, "7z"),
    "7z, packed header": (lambda: seven(b"\x17\x06\0\x01\x09\x10\0\x07\x0b\x01\0\0"), SEVEN, "7z"),
    "7z, empty": (lambda: seven(b"", b""), SEVEN, "7z"),
    "rar 5": (lambda: rar_5(file_5(), file_5(b"a/b.txt")), RAR, "rar"),
    "rar 4": (lambda: rar_4(file_4(), file_4(b"a/b.txt")), RAR, "rar"),
}
HOSTILE: dict[str, tuple[Callable[[], bytes], str, str, str]] = {
    "7z, encrypted": (lambda: seven(b"\x17\x06\x24\x06\xf1\x07\x01\x12"), SEVEN, "7z", "encrypted"),
    "7z, data behind": (lambda: seven() + b"<html>", SEVEN, "7z", "trailing_data"),
    "7z, cut off": (lambda: seven()[:-3], SEVEN, "7z", "malformed"),
    "7z, wrong CRC": (lambda: seven(crc=5), SEVEN, "7z", "malformed"),
    "rar 5, encrypted headers": (lambda: rar_5(block_5(4, bytes(20))), RAR, "rar", "encrypted"),
    "rar 5, encrypted file": (lambda: rar_5(file_5(extra=record(1, bytes(30)))), RAR, "rar", "encrypted"),
    "rar 5, way up": (lambda: rar_5(file_5(b"../../x")), RAR, "rar", "archive_path"),
    "rar 5, link": (lambda: rar_5(file_5(extra=record(5, b"\1\0\1a"))), RAR, "rar", "archive_link"),
    "rar 5, bomb": (lambda: rar_5(file_5(size=1 << 40)), RAR, "rar", "archive_bomb"),
    "rar 5, program": (lambda: rar_5(file_5(b"invoice.pdf.exe")), RAR, "rar", "archive_member"),
    "rar 5, data behind": (lambda: rar_5(file_5()) + b"<html>", RAR, "rar", "trailing_data"),
    "rar 5, cut off": (lambda: rar_5(file_5())[:60], RAR, "rar", "malformed"),
    "rar 4, encrypted headers": (lambda: rar_4(flags=0x80), RAR, "rar", "encrypted"),
    "rar 4, encrypted file": (lambda: rar_4(file_4(flags=0x8004)), RAR, "rar", "encrypted"),
    "rar 4, link": (lambda: rar_4(file_4(mode=0o120777)), RAR, "rar", "archive_link"),
    "rar 4, way up": (lambda: rar_4(file_4(b"../x")), RAR, "rar", "archive_path"),
}
SAMPLES = (
    *(Sample(name, kind, extension, make) for name, (make, kind, extension) in GOOD.items()),
    *(
        Sample(name, kind, extension, make, frozenset({code}))
        for name, (make, kind, extension, code) in HOSTILE.items()
    ),
)
