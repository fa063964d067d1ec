"""What may legally stand behind the first picture of a JPEG: further pictures, a video, a phone's own trailer.

A multi-picture index (CIPA DC-007) or XMP (Android "Motion Photo format 1.0", "Ultra HDR image format") declares the
first two; Samsung's trailer declares itself at its end. What comes is walked; where it begins is not believed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from portway.content import Malformed
from portway.formats.directories import Directories
from portway.formats.isobmff import Box, Boxes
from portway.formats.polyglots import ZIP_TAIL
from portway.reader import Reader

NUMBER_OF_IMAGES, MAX_PICTURES = 0xB001, 64
MOTION = re.compile(rb"""(?:MotionPhoto|MicroVideo)\s*(?:=\s*["']|>)\s*1|Mime\s*=\s*["']video/|Mime>\s*video/""")
PICTURES = re.compile(rb"""Mime\s*(?:=\s*["']|>)\s*image/jpeg""")
TRAILER_HEAD, TRAILER_TAIL, ENTRY = b"SEFH", b"SEFT", 12
MAX_TRAILER = 64 << 10
PADDING = 64 << 10
"""Bytes of zeros that may stand between two parts, and at the end."""


@dataclass(slots=True)
class Declared:
    """What the first picture says of the rest of the file."""

    pictures: int = 0
    has_video: bool = False

    @property
    def facts(self) -> dict[str, object]:
        found: dict[str, object] = {"more_pictures": self.pictures} if self.pictures else {}
        return {**found, "has_video": True} if self.has_video else found

    def read_index(self, data: bytes) -> None:
        """A multi-picture index: how many pictures there are, the first included."""
        try:
            tiff = Directories(lambda at, length: data[at : at + length], len(data))
            count = tiff.number(tiff.directory(tiff.first).get(NUMBER_OF_IMAGES))
        except Malformed:
            return
        self._add(count - 1)

    def read_xmp(self, data: bytes) -> None:
        self.has_video = self.has_video or MOTION.search(data) is not None
        self._add(len(PICTURES.findall(data)) - 1)

    def _add(self, pictures: int) -> None:
        self.pictures = min(max(self.pictures, pictures), MAX_PICTURES)


def end_of_file(reader: Reader, at: int, declared: Declared, walk: Callable[[int], int]) -> int:
    """The offset behind all that is declared; `walk` says where a further picture ends. Malformed inside of it."""
    trailer = _trailer(reader)
    pictures = declared.pictures
    while (at := _behind_padding(reader, at, trailer)) < trailer:
        head = reader.read(at, 8)
        if pictures and head.startswith(b"\xff\xd8\xff"):
            pictures, at = pictures - 1, walk(at)
        elif declared.has_video and head[4:] == b"ftyp":
            boxes = Boxes(reader)
            at = max(box.end for box in boxes.inside(Box(b"file", at, at, trailer)))
        else:
            return at
    return reader.size if at == trailer else at


def _behind_padding(reader: Reader, at: int, end: int) -> int:
    data = reader.read(at, max(0, min(PADDING, end - at)))
    zeros = len(data) - len(data.lstrip(b"\0"))
    for first in (3, 2):  # the length of a box may begin with zeros itself
        if zeros >= first and data[zeros - first + 4 :].startswith(b"ftyp"):
            return at + zeros - first
    return at + zeros


def _trailer(reader: Reader) -> int:
    """Where a trailer of Samsung's begins: a directory at the file's end leads to it. The file's size without one."""
    tail = reader.tail(ZIP_TAIL)[-8:]  # what is looked for next is there, too
    length = int.from_bytes(tail[:4], "little")
    head_at = reader.size - 8 - length
    if tail[4:] != TRAILER_TAIL or not ENTRY <= length <= MAX_TRAILER or head_at < 0:
        return reader.size
    head = reader.read(head_at, length)
    back = [int.from_bytes(head[at + 4 : at + 8], "little") for at in range(12, len(head) - ENTRY + 1, ENTRY)]
    begin = head_at - max(back, default=0)
    return begin if head.startswith(TRAILER_HEAD) and begin > 0 else reader.size
