"""Zip archives, as people and as attackers make them."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

from dev.corpus.samples import Sample
from dev.corpus.zips import LINK, PIPE, Entry, archive, overlapping, quoted

ZIP = "application/zip"
TEXT = b"What was said in the meeting, and what follows from it.\n" * 40
WHEN = (2026, 1, 1, 0, 0, 0)
PROGRAM = b"MZ\x90\0\x03" + bytes(59) + b"PE\0\0" + bytes(200)


def zipped(
    files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"", wide: bool = False
) -> bytes:
    """A zip as Python's own library writes it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as made:
        made.comment = comment
        for name, data in files.items():
            info = zipfile.ZipInfo(name, WHEN)
            info.compress_type = method
            with made.open(info, "w", force_zip64=wide) as member:
                member.write(data)
    return target.getvalue()


class Pipe(io.RawIOBase):
    """A target that cannot seek: writers put a data descriptor behind each member."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        added = bytes(data)  # type: ignore[call-overload]
        self.data += added
        return len(added)


def streamed() -> bytes:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in FILES.items():
            made.writestr(zipfile.ZipInfo(name, WHEN), data, zipfile.ZIP_DEFLATED)
    return pipe.data


def photos() -> bytes:
    """Members that do not pack, some of them large."""
    noise = random.Random(4)
    return zipped({f"summer/{number}.jpg": noise.randbytes(300_000) for number in range(4)}, zipfile.ZIP_STORED)


def folders() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as made:
        for folder in ("a/", "a/b/", "a/c/"):
            made.writestr(zipfile.ZipInfo(folder, WHEN), b"")
            made.writestr(zipfile.ZipInfo(folder + "notes.txt", WHEN), TEXT)
    return target.getvalue()


FILES = {"notes.txt": TEXT, "table.csv": b"a,b\n1,2\n" * 200, "Übersicht – 2026.md": TEXT, "empty.txt": b""}
GOOD: dict[str, Callable[[], bytes]] = {
    "deflated": lambda: zipped(FILES),
    "stored": lambda: zipped(FILES, zipfile.ZIP_STORED),
    "bzip2": lambda: zipped(FILES, zipfile.ZIP_BZIP2),
    "zip64": lambda: zipped(FILES, wide=True),
    "streamed": streamed,
    "with a comment": lambda: zipped(FILES, comment=b"made in spring"),
    "photos": photos,
    "folders": folders,
    "empty": lambda: zipped({}),
    "a folder of unknown mode": lambda: archive(Entry(name=b"a/", mode=0xFFFF), Entry(name=b"a/b.txt", data=TEXT)),
    "many small ones": lambda: zipped({f"{number}.txt": b"%d" % number for number in range(3000)}),
    "a document inside": lambda: zipped({"letter.docx": zipped({"word/document.xml": TEXT})}, zipfile.ZIP_STORED),
    "well packed": lambda: zipped(
        {"log.txt": b"".join(b"%d all is well\n" % each for each in range(200_000))}, zipfile.ZIP_DEFLATED
    ),
}


def bomb() -> bytes:
    """1 MB that says that it is 1 GB, and is."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)  # stands alone, and so may be repeated
    return archive(Entry(name=b"zeros", packed_data=block * 1024 + packer.flush(), size=1 << 30, crc=0))


def lying_bomb() -> bytes:
    """The directory says 3 kB from 3 kB; the stream unpacks to 3 MB."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packed.compress(bytes(3 << 20)) + packed.flush()
    return archive(Entry(name=b"small.txt", packed_data=data, size=len(data), crc=0))


def ratio_in_pieces() -> bytes:
    """No member is over its ratio, but there are enough of them to fill any disk."""
    return archive(*(Entry(name=b"%d" % n, data=b"", packed_data=b"\3\0", size=900_000, crc=0) for n in range(2000)))


def masked_name() -> bytes:
    """A name in an extra field that leads elsewhere than the name in the header."""
    path = b"../../.bashrc"
    field = struct.pack("<2HBL", 0x7075, 5 + len(path), 1, zlib.crc32(b"notes.txt")) + path
    return archive(Entry(name=b"notes.txt", data=TEXT, extra=field))


def plain(name: bytes = b"notes.txt", **fields: object) -> bytes:
    return archive(Entry(name=name, data=TEXT, **fields))  # type: ignore[arg-type]


def huge() -> bytes:
    return overlapping(60_000, TEXT)


def second_end() -> bytes:
    """An end record in the comment: who looks from behind finds another archive than who looks for the comment."""
    return archive(Entry(name=b"a", data=TEXT), comment=archive(Entry(name=b"b", data=TEXT)))


HOSTILE: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "bomb of 1 GB": (bomb, {"archive_bomb"}),
    "bomb that lies": (lying_bomb, {"archive_lies"}),
    "bomb in pieces": (ratio_in_pieces, {"archive_bomb"}),
    "60,000 entries": (huge, {"archive_entries"}),
    "entries that nobody counted": (
        lambda: archive(*([Entry(name=b"%d" % n) for n in range(50)]), count=3),
        {"archive_lies"},
    ),
    "full overlap": (lambda: overlapping(50, TEXT), {"archive_overlap"}),
    "quoted overlap": (lambda: quoted(20, TEXT), {"archive_overlap"}),
    "a zip inside": (lambda: plain(b"inner.zip"), {"archive_nested"}),
    "a zip inside under a document's name": (
        lambda: archive(Entry(name=b"letter.docx", data=zipped(FILES))),
        {"archive_nested"},
    ),
    "a zip inside under another name": (lambda: archive(Entry(name=b"a.txt", data=zipped(FILES))), {"archive_nested"}),
    "way up": (lambda: plain(b"../../etc/cron.d/x"), {"archive_path"}),
    "way up by backslashes": (lambda: plain(b"..\\..\\x.txt"), {"archive_path"}),
    "from the root": (lambda: plain(b"/etc/passwd"), {"archive_path"}),
    "a drive": (lambda: plain(b"C:/windows/x.txt"), {"archive_path"}),
    "a name with NUL": (lambda: plain(b"photo.png\0.txt"), {"archive_path"}),
    "a name that turns around": (lambda: plain("photo\u202egpj.txt".encode(), flags=1 << 11), {"archive_path"}),
    "another name in a field": (masked_name, {"archive_path"}),
    "link": (lambda: archive(Entry(name=b"l", data=b"/etc/passwd", mode=LINK)), {"archive_link"}),
    "pipe": (lambda: archive(Entry(name=b"p", mode=PIPE)), {"archive_link"}),
    "encrypted": (lambda: plain(flags=1), {"encrypted"}),
    "program by name": (lambda: plain(b"invoice.pdf.exe"), {"archive_member"}),
    "program by content": (lambda: archive(Entry(name=b"invoice.pdf", data=PROGRAM)), {"executable"}),
    "another local name": (lambda: plain(local_name=b"notes.exe"), {"archive_lies"}),
    "another local size": (lambda: plain(local_size=5), {"archive_lies"}),
    "wrong CRC": (lambda: plain(crc=5), {"archive_lies"}),
    "one name twice": (lambda: archive(Entry(name=b"a", data=b"x"), Entry(name=b"a", data=TEXT)), {"archive_lies"}),
    "a gap": (lambda: archive(Entry(name=b"a"), Entry(name=b"b", before=b"hidden" * 9)), {"archive_lies"}),
    "data behind a stream": (lambda: plain(packed_data=zlib.compress(TEXT)[2:-4] + b"hidden"), {"archive_lies"}),
    "data behind the directory": (lambda: archive(Entry(name=b"a"), between=b"hidden" * 9), {"archive_lies"}),
    "data before": (lambda: b"<html>" + zipped(FILES), {"second_format"}),
    "data behind": (lambda: zipped(FILES) + b"<html>", {"trailing_data"}),
    "a page in the comment": (lambda: zipped(FILES, comment=b"<script>alert(1)</script>"), {"second_format"}),
    "two ends": (second_end, {"archive_lies"}),
    "two counts": (lambda: archive(Entry(name=b"a"), wide=1, count=9), {"archive_lies"}),
    "zip64 with 2^40 entries": (lambda: archive(Entry(name=b"a"), wide=1 << 40, count=0xFFFF), {"archive_entries"}),
    "cut off": (lambda: zipped(FILES)[:-30], {"malformed"}),
    "no zip at all": (lambda: b"PK\3\4" + bytes(500), {"malformed"}),
}
SAMPLES = (
    *(Sample(f"zip: {name}", ZIP, "zip", make) for name, make in GOOD.items()),
    *(Sample(f"zip: {name}", ZIP, "zip", make, frozenset(codes)) for name, (make, codes) in HOSTILE.items()),
)
