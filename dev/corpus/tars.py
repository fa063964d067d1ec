"""Tar archives, and files behind a compression, as people and as attackers make them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import random
import struct
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from dev.corpus.archives import FILES, PROGRAM, TEXT, zipped
from dev.corpus.samples import Sample

TAR, GZIP, BZIP2, XZ = "application/x-tar", "application/gzip", "application/x-bzip2", "application/x-xz"
LONG = "a/very/long/path/" * 12 + "notes.txt"


@dataclass(frozen=True, slots=True)
class Odd:
    """A member that is no file: its type, where it leads, its headers."""

    name: str
    type: bytes = tarfile.REGTYPE
    link: str = ""
    pax: tuple[tuple[str, str], ...] = ()
    size: int = 0


def tarred(*members: tuple[str, bytes] | Odd, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar as Python's own library writes it."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as made:
        for each in members:
            name, data = each if isinstance(each, tuple) else (each.name, b"")
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_770_000_000
            if isinstance(each, Odd):
                info.type, info.linkname, info.pax_headers, info.size = each.type, each.link, dict(each.pax), each.size
            made.addfile(info, io.BytesIO(data))
    return target.getvalue()


def usual(form: int = tarfile.PAX_FORMAT) -> bytes:
    return tarred(*FILES.items(), (LONG if form != tarfile.USTAR_FORMAT else "long.txt", TEXT), form=form)


def large() -> bytes:
    """Members with blocks between their headers."""
    noise = random.Random(5)
    return tarred(*((f"{number}.bin.txt", noise.randbytes(700_000)) for number in range(3)))


def plain_gzip(data: bytes = TEXT) -> bytes:
    return gzip.compress(data, mtime=0)


def packed(make: Callable[[], bytes]) -> bytes:
    return plain_gzip(make())


def with_name(name: bytes) -> bytes:
    """The header that `gzip FILE` writes, with this name."""
    bare = plain_gzip()
    return bare[:3] + b"\x08" + bare[4:10] + name + b"\0" + bare[10:]


def with_extra(extra: bytes) -> bytes:
    bare = plain_gzip()
    return bare[:3] + b"\x04" + bare[4:10] + struct.pack("<H", len(extra)) + extra + bare[10:]


def checksummed(block: bytes) -> bytes:
    """A header of a tar with its checksum made right again."""
    total = sum(block[:148] + b" " * 8 + block[156:])
    return block[:148] + b"%06o\0 " % total + block[156:]


def sparse_bomb() -> bytes:
    """An old GNU sparse file: 512 bytes that say that they are 2^50."""
    head = bytearray(tarred(("holes", bytes(512)), form=tarfile.GNU_FORMAT))
    head[156:157] = b"S"
    head[483:495] = b"\x80" + (1 << 50).to_bytes(11)
    return checksummed(bytes(head[:512])) + bytes(head[512:])


def desync() -> bytes:
    """The pax header says 1,024 bytes, the header 512: readers see other members than the one who checked."""
    data = bytearray(tarred(Odd("a", pax=(("size", "1024"),)), ("b", bytes(2048))))
    at = data.index(b"ustar", 1024) - 257
    data[at + 124 : at + 136] = b"00000001000\0"
    return bytes(data[:at]) + checksummed(bytes(data[at : at + 512])) + bytes(data[at + 512 :])


def wrong_checksum() -> bytes:
    data = bytearray(usual())
    data[0] ^= 1
    return bytes(data)


GOOD: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "tar: pax": (usual, TAR, "tar"),
    "tar: gnu": (lambda: usual(tarfile.GNU_FORMAT), TAR, "tar"),
    "tar: ustar": (lambda: usual(tarfile.USTAR_FORMAT), TAR, "tar"),
    "tar: large members": (large, TAR, "tar"),
    "tar: folders": (lambda: tarred(Odd("a/", tarfile.DIRTYPE), ("a/b.txt", TEXT)), TAR, "tar"),
    "gzip: text": (plain_gzip, GZIP, "gz"),
    "gzip: with a name": (lambda: with_name(b"notes.txt"), GZIP, "gz"),
    "gzip: two members": (lambda: plain_gzip() + plain_gzip(), GZIP, "gz"),
    "gzip: nothing in it": (lambda: plain_gzip(b""), GZIP, "gz"),
    "gzip: noise": (lambda: plain_gzip(random.Random(6).randbytes(300_000)), GZIP, "gz"),
    "gzip: a tar": (lambda: plain_gzip(usual()), GZIP, "tgz"),
    "bzip2: text": (lambda: bz2.compress(TEXT), BZIP2, "bz2"),
    "bzip2: a tar": (lambda: bz2.compress(usual()), BZIP2, "bz2"),
    "xz: text": (lambda: lzma.compress(TEXT), XZ, "xz"),
    "xz: a tar": (lambda: lzma.compress(usual()), XZ, "xz"),
}
TRAPS: dict[str, tuple[Callable[[], bytes], str]] = {
    "link": (lambda: tarred(Odd("l", tarfile.SYMTYPE, "/etc/passwd")), "archive_link"),
    "hard link": (lambda: tarred(("a", TEXT), Odd("l", tarfile.LNKTYPE, "a")), "archive_link"),
    "device": (lambda: tarred(Odd("d", tarfile.CHRTYPE)), "archive_link"),
    "way up": (lambda: tarred(("../../x.txt", TEXT)), "archive_path"),
    "from the root": (lambda: tarred(("/etc/x.txt", TEXT)), "archive_path"),
    "way up in a pax header": (lambda: tarred(Odd("a", pax=(("path", "../x"),))), "archive_path"),
    "way up for all": (
        lambda: tarfile.TarInfo().create_pax_global_header({"path": "../x"}) + tarred(("a", TEXT)),
        "archive_lies",
    ),
    "way up in a long name": (lambda: tarred(("../" * 50 + "x", TEXT), form=tarfile.GNU_FORMAT), "archive_path"),
    "program": (lambda: tarred(("invoice.pdf", PROGRAM)), "executable"),
    "archive inside": (lambda: tarred(("a.txt", zipped(FILES))), "archive_nested"),
    "sparse bomb": (sparse_bomb, "archive_bomb"),
    "10,001 entries": (lambda: tarred(("a", b""))[:512] * 10_001 + bytes(1024), "archive_entries"),
    "two sizes": (desync, "archive_lies"),
    "wrong checksum": (wrong_checksum, "malformed"),
    "cut off": (lambda: usual()[:3000], "malformed"),
    "data behind": (lambda: usual() + b"<html>", "trailing_data"),
}
STREAMS: dict[str, tuple[Callable[[], bytes], str, str, str]] = {
    "gzip: bomb": (lambda: plain_gzip(bytes(3 << 20)), GZIP, "gz", "archive_bomb"),
    "bzip2: bomb": (lambda: bz2.compress(bytes(3 << 20)), BZIP2, "bz2", "archive_bomb"),
    "xz: bomb": (lambda: lzma.compress(bytes(3 << 20), preset=0), XZ, "xz", "archive_bomb"),
    "gzip: bomb in two members": (lambda: plain_gzip() + plain_gzip(bytes(3 << 20)), GZIP, "gz", "archive_bomb"),
    "gzip: wrong CRC": (lambda: plain_gzip()[:-8] + bytes(8), GZIP, "gz", "malformed"),
    "gzip: cut off": (lambda: plain_gzip()[:-9], GZIP, "gz", "malformed"),
    "gzip: data behind": (lambda: plain_gzip() + b"<html>", GZIP, "gz", "trailing_data"),
    "bzip2: data behind": (lambda: bz2.compress(TEXT) + b"MZ", BZIP2, "bz2", "trailing_data"),
    "xz: data behind": (lambda: lzma.compress(TEXT) + b"<?php", XZ, "xz", "trailing_data"),
    "gzip: gzip inside": (lambda: plain_gzip(plain_gzip()), GZIP, "gz", "archive_nested"),
    "gzip: program inside": (lambda: plain_gzip(PROGRAM), GZIP, "gz", "executable"),
    "gzip: name that leads up": (lambda: with_name(b"../../x"), GZIP, "gz", "archive_path"),
    "gzip: large extra field": (lambda: with_extra(b"<script>" * 999), GZIP, "gz", "metadata_oversized"),
    "gzip: data behind the tar inside": (lambda: plain_gzip(usual() + b"hidden"), GZIP, "tgz", "trailing_data"),
}
SAMPLES = (
    *(Sample(name, kind, extension, make) for name, (make, kind, extension) in GOOD.items()),
    *(Sample(f"tar: {name}", TAR, "tar", make, frozenset({code})) for name, (make, code) in TRAPS.items()),
    *(
        Sample(f"gzip: tar with {name}", GZIP, "gz", partial(packed, make), frozenset({code}))
        for name, (make, code) in TRAPS.items()
        if name not in ("wrong checksum", "cut off")
    ),
    *(
        Sample(name, kind, extension, make, frozenset({code}))
        for name, (make, kind, extension, code) in STREAMS.items()
    ),
)
