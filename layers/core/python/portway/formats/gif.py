"""GIF: header, blocks and sub-blocks to the trailer. GIF89a specification, sections 15 to 27."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.edits import Kept, Piece
from portway.formats.cursor import Cursor
from portway.formats.metadata import note_text, note_xmp
from portway.formats.pixels import Frames, measure
from portway.formats.polyglots import look_around, look_at_text
from portway.reader import Reader

EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B
COMMENT, APPLICATION = 0xFE, 0xFF
MAX_BLOCKS = 200_000
PUBLISHED = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")
"""Applications whose extensions say how pixels look: how often to repeat, and the colour profile."""
XMP = b"XMP DataXMP"
MAX_TEXT = 1 << 20


@dataclass(frozen=True, slots=True)
class Block:
    """`kind` is one of the three above, `label` says which extension; `name` is an application's."""

    kind: int
    at: int
    end: int
    label: int = 0
    name: bytes = b""
    size: tuple[int, int] = (0, 0)


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: width, height, bits_per_pixel, frames, is_animated, has_xmp."""
    anatomy, cursor, frames = Anatomy(), Cursor(reader), Frames()
    head = _head(cursor)
    measure(anatomy, bounds, int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little"))
    anatomy.facts["bits_per_pixel"] = 1 + (head[10] & 7)
    for block in blocks(cursor):
        if block.kind == IMAGE:
            frames.add(*block.size)
        elif block.label in (COMMENT, APPLICATION):
            _look_at_text(block, anatomy, bounds, reader)
    if not frames.count:
        raise Malformed("no pixels")
    frames.measure(anatomy, bounds)
    if cursor.at < reader.size:
        anatomy.mark(Trick.TRAILING_DATA, f"{reader.size - cursor.at} bytes behind the trailer")
    look_around(anatomy, reader)
    return anatomy


def strip(reader: Reader) -> Iterator[Piece]:
    """Everything but comments and applications' own extensions; how often to repeat stays."""
    cursor = Cursor(reader)
    _head(cursor)
    yield Kept(0, cursor.at)
    for block in blocks(cursor):
        if block.label not in (COMMENT, APPLICATION) or block.name in PUBLISHED:
            yield Kept(block.at, block.end - block.at)


def blocks(cursor: Cursor) -> Iterator[Block]:
    """Each block behind the header, the trailer included."""
    for _ in range(MAX_BLOCKS):
        at, kind = cursor.at, cursor.number(1)
        if kind == TRAILER:
            yield Block(TRAILER, at, cursor.at)
            return
        if kind == EXTENSION:
            yield _extension(cursor, at)
        elif kind == IMAGE:
            yield _image(cursor, at)
        else:
            raise Malformed(f"no block at {at}")
    raise Malformed(f"more than {MAX_BLOCKS} blocks")


def _head(cursor: Cursor) -> bytes:
    """Signature, screen descriptor, and the global colour table behind them."""
    head = cursor.take(13)
    if head[:6] not in (b"GIF87a", b"GIF89a"):
        raise Malformed("no GIF signature")
    _skip_colours(cursor, head[10])
    return head


def _extension(cursor: Cursor, at: int) -> Block:
    label = cursor.number(1)
    name = b""
    if label == APPLICATION:
        name = cursor.take(cursor.number(1))
        if len(name) != 11:
            raise Malformed(f"an application extension at {at} with a name of {len(name)} bytes")
    _skip_sub_blocks(cursor)
    return Block(EXTENSION, at, cursor.at, label, name)


def _image(cursor: Cursor, at: int) -> Block:
    head = cursor.take(9)
    _skip_colours(cursor, head[8])
    if not 1 <= cursor.number(1) <= 8:
        raise Malformed(f"pixels of a wrong code size in the image at {at}")
    _skip_sub_blocks(cursor)
    size = int.from_bytes(head[4:6], "little"), int.from_bytes(head[6:8], "little")
    return Block(IMAGE, at, cursor.at, size=size)


def _skip_colours(cursor: Cursor, flags: int) -> None:
    if flags & 0x80:
        cursor.skip(3 << (1 + (flags & 7)))


def _skip_sub_blocks(cursor: Cursor) -> None:
    """Each begins with its length; one without length is the last. Most of a file is here."""
    while True:
        data, here = cursor.window()
        start, size = here, len(data)
        while here < size:
            length = data[here]
            here += length + 1
            if not length:
                cursor.skip(here - start)
                return
        cursor.skip(here - start)


def _look_at_text(block: Block, anatomy: Anatomy, bounds: Bounds, reader: Reader) -> None:
    start = block.at + (2 if block.label == COMMENT else 14)
    length = block.end - start
    data = reader.read(start, min(length, MAX_TEXT))
    if block.name == XMP:
        note_xmp(anatomy, bounds, data)
        return
    text = _joined(data)
    if block.label == COMMENT:
        note_text(anatomy, bounds, text, "a comment", None if length <= MAX_TEXT else length)
    else:
        look_at_text(anatomy, text, f"the extension at {block.at}")


def _joined(data: bytes) -> bytes:
    """The content of sub-blocks, without their lengths."""
    pieces, at = list[bytes](), 0
    while at < len(data):
        pieces.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(pieces)
