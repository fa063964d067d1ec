"""Boxes of ISO base media files: mp4, mov, m4a, heic, avif. ISO/IEC 14496-12, section 4.2; QuickTime calls them atoms.

Only headers are read until a walker asks for a body. Boxes tile what they stand in: none overlaps, none reaches out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portway.content import Malformed
from portway.reader import OverBudget, Reader

MAX_BOXES, MAX_BODY = 50_000, 1 << 20
"""Boxes that are looked at in one file, and bytes of a body that is read whole."""
TOP_LEVEL = frozenset(
    b"ftyp styp moov moof mdat meta free skip wide uuid pnot udta sidx ssix mfra prft emsg pdin imda".split()
)
"""Boxes that are known to stand beside each other in a file."""


class Leftover(Malformed):
    """From offset `at` on there are bytes that are no box, behind at least one that is."""

    def __init__(self, at: int) -> None:
        super().__init__(f"no box at {at}")
        self.at = at


@dataclass(frozen=True, slots=True)
class Box:
    """`kind` is its four characters, `at` its offset; `body` and `end` are where its content begins and ends."""

    kind: bytes
    at: int
    body: int
    end: int

    @property
    def length(self) -> int:
        """Bytes of its content."""
        return self.end - self.body

    def __str__(self) -> str:
        return f"box {self.kind!r} at {self.at}"


class Boxes:
    """The boxes of one file. A file may have MAX_BOXES of them that are looked at: OverBudget beyond."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._seen = 0

    def top(self) -> Iterator[Box]:
        """Those that tile the file. Leftover where no further one begins; Malformed where a known one reaches out."""
        at, end = 0, self.reader.size
        while at < end:
            box = self._box(at, end)
            if box is None or not all(0x20 <= byte < 0x7F for byte in box.kind):
                raise Leftover(at) if at else Malformed("no box at 0")
            if box.end > end:
                raise Malformed(f"{box} ends {box.end - end} bytes behind the file") if _is_cut(box) else Leftover(at)
            yield box
            at = box.end

    def inside(self, parent: Box, skip: int = 0) -> Iterator[Box]:
        """The boxes that tile another one, behind `skip` bytes of fields of its own (4 for a full box).

        Fewer than eight zero bytes at the end are none: QuickTime ends lists so (QTFF, "User data atoms").
        """
        at = parent.body + skip
        while at < parent.end:
            rest = self.reader.read(at, min(8, parent.end - at))
            if len(rest) < 8 and not any(rest):
                return
            box = self._box(at, parent.end)
            if box is None or box.end > parent.end:
                raise Malformed(f"no whole box at {at}, in {parent}")
            yield box
            at = box.end

    def child(self, parent: Box, *path: bytes) -> Box | None:
        """The first box at the end of a path of kinds; none of those on the way has fields of its own."""
        here: Box | None = parent
        for kind in path:
            here = next((box for box in self.inside(here) if box.kind == kind), None) if here else None
        return here

    def read(self, box: Box, first: int = 0, length: int = MAX_BODY) -> bytes:
        """A stretch of its content; fewer bytes at its end."""
        return self.reader.read(box.body + first, max(0, min(length, MAX_BODY, box.length - first)))

    def fields(self, box: Box, first: int, length: int) -> bytes:
        """A stretch that must be there. Malformed when the box is too short for it."""
        data = self.read(box, first, length)
        if len(data) < length:
            raise Malformed(f"{box} has only {box.length} bytes")
        return data

    def _box(self, at: int, end: int) -> Box | None:
        """The box whose header stands here; None when there is no whole header. It may reach out of `end`."""
        self._seen += 1
        if self._seen > MAX_BOXES:
            raise OverBudget("boxes")
        self.reader.check()
        head = self.reader.read(at, min(32, end - at))
        size, kind, body = int.from_bytes(head[:4]), head[4:8], 8
        if size == 1:
            size, body = int.from_bytes(head[8:16]), 16
        elif size == 0:
            size = end - at  # to the end of what it stands in; the standard allows it for the file's last box
        body += 16 if kind == b"uuid" else 0
        return Box(kind, at, at + body, at + size) if len(head) >= body and size >= body else None


def brands(boxes: Boxes, box: Box) -> tuple[bytes, ...]:
    """What a `ftyp` or `styp` says the file is: the major brand first, then those it is compatible with."""
    data = boxes.fields(box, 0, 8)[:4] + boxes.read(box, 8, 4096)
    return tuple(data[at : at + 4] for at in range(0, len(data) - 3, 4))


def _is_cut(box: Box) -> bool:
    """Whether it is a box that the file ends in, not foreign bytes that look like one."""
    return box.at == 0 or box.kind in TOP_LEVEL
