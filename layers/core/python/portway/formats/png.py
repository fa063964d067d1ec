"""PNG: signature, chunks by length to IEND. W3C Portable Network Graphics (Third Edition), sections 5 and 11."""

from __future__ import annotations

from collections.abc import Iterator

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.pixels import measure
from portway.reader import Reader

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 100_000


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: width, height, is_animated."""
    anatomy = Anatomy()
    end = _walk(reader, bounds, anatomy)
    if end < reader.size:
        anatomy.mark(Trick.TRAILING_DATA, f"{reader.size - end} bytes behind IEND")
    return anatomy


def _walk(reader: Reader, bounds: Bounds, anatomy: Anatomy) -> int:
    """The offset behind IEND."""
    for kind, at, length in chunks(reader):
        if (at == len(SIGNATURE)) != (kind == b"IHDR"):
            raise Malformed(f"chunk {kind!r} at {at}: IHDR comes first, and once")
        if kind == b"IHDR":
            header = reader.read(at + 8, 8)
            measure(anatomy, bounds, int.from_bytes(header[:4]), int.from_bytes(header[4:]))
        if kind == b"acTL":
            anatomy.facts["is_animated"] = True
        if kind == b"IEND":
            return at + 12 + length
    raise Malformed("no IEND")


def chunks(reader: Reader) -> Iterator[tuple[bytes, int, int]]:
    """Kind, offset and length of the data of each chunk; the data begin eight bytes behind the offset."""
    if reader.read(0, len(SIGNATURE)) != SIGNATURE:
        raise Malformed("no PNG signature")
    at = len(SIGNATURE)
    for _ in range(MAX_CHUNKS):
        head = reader.read(at, 8)
        length, kind = int.from_bytes(head[:4]), head[4:]
        if len(head) < 8 or at + 12 + length > reader.size or not (kind.isalpha() and kind.isascii()):
            raise Malformed(f"no whole chunk at {at}")
        yield kind, at, length
        at += 12 + length
        if kind == b"IEND":
            return
    raise Malformed(f"more than {MAX_CHUNKS} chunks")
