"""BMP: file header, one of the information headers, pixels. Microsoft, "Bitmap storage"; OS/2 1.x and 2.x bitmaps."""

from __future__ import annotations

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.pixels import measure
from portway.formats.polyglots import look_around
from portway.reader import Reader

HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
"""Lengths of the information header, by which its version is known."""
DEPTHS = frozenset({1, 2, 4, 8, 16, 24, 32})
PLAIN, BITFIELDS, ALPHA_BITFIELDS = 0, 3, 6
PACKED = frozenset({1, 2, 4, 5})
"""Runs of 8 or 4 bits, and whole JPEG or PNG files: their header says how long they are."""
PADDING = 3
"""Bytes that some writers add to reach a multiple of four."""


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: width, height, bits_per_pixel."""
    anatomy, head = Anatomy(), reader.read(0, 14 + 124)
    size = _number(head, 14)
    if head[:2] != b"BM" or size not in HEADERS or len(head) < 14 + size or _number(head, 10) < 14 + size:
        raise Malformed("no BMP header")
    end = _core(head, anatomy, bounds) if size == 12 else _information(head, size, anatomy, bounds)
    if end > reader.size:
        raise Malformed(f"the file ends {end - reader.size} bytes too early")
    rest = reader.read(end, PADDING + 1)
    if len(rest) > PADDING or any(rest):
        anatomy.mark(Trick.TRAILING_DATA, f"{reader.size - end} bytes behind the pixels")
    look_around(anatomy, reader)
    return anatomy


def _core(head: bytes, anatomy: Anatomy, bounds: Bounds) -> int:
    """The end of the pixels, with OS/2's first header."""
    width, height, depth = (_number(head, at, 2) for at in (18, 20, 24))
    return _pixels(head, anatomy, bounds, width, height, depth)


def _information(head: bytes, size: int, anatomy: Anatomy, bounds: Bounds) -> int:
    """The end of the pixels, or of the colour profile behind them. A negative height is a picture from the top."""
    width, depth = _number(head, 18), _number(head, 28, 2)
    height = abs(int.from_bytes(head[22:26], "little", signed=True))
    coding = _number(head, 30) if size >= 40 else PLAIN
    if coding in PACKED:
        measure(anatomy, bounds, width, height)
        anatomy.facts["bits_per_pixel"] = depth
        end = _number(head, 10) + max(1, _number(head, 34))
    elif coding in (PLAIN, BITFIELDS, ALPHA_BITFIELDS):
        end = _pixels(head, anatomy, bounds, width, height, depth)
    else:
        raise Malformed(f"pixels in an unknown coding, {coding}")
    profile = 14 + _number(head, 126) + _number(head, 130) if size == 124 and _number(head, 130) else 0
    return max(end, profile)


def _pixels(head: bytes, anatomy: Anatomy, bounds: Bounds, width: int, height: int, depth: int) -> int:
    """The end of rows that are padded to four bytes each."""
    if depth not in DEPTHS:
        raise Malformed(f"{depth} bits for a pixel")
    measure(anatomy, bounds, width, height)
    anatomy.facts["bits_per_pixel"] = depth
    return _number(head, 10) + (width * depth + 31) // 32 * 4 * height


def _number(data: bytes, at: int, length: int = 4) -> int:
    return int.from_bytes(data[at : at + length], "little")
