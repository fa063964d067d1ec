"""Formats that are a chain of frames, each of which tells where the next one begins: MPEG audio, ADTS, Ogg.

A short file is followed from end to end. Of a long one its beginning, probes on the way and its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from portway.content import Malformed
from portway.formats.strangers import only_zeros
from portway.reader import Reader

WHOLE, BEGINNING = 1 << 20, 64 << 10
"""Bytes of a file that is followed from end to end, and of a beginning that is."""
PROBES = (0.25, 0.5, 0.75)
LINKS = 3
"""Frames in a row that cannot be there by chance."""


@dataclass(frozen=True, slots=True)
class Frame:
    """`kind` is what does not change from frame to frame, `samples` how long it sounds; `bit_rate` is 0 if it has none.

    `marks` are what a format wants to remember of it.
    """

    at: int
    length: int
    kind: tuple[int, ...] = ()
    samples: int = 0
    bit_rate: int = 0
    marks: tuple[int, ...] = ()


Parse = Callable[[bytes, int], Frame | None]
"""(bytes from an offset of the file on, that offset) → the frame that begins there; None when none does."""


@dataclass(slots=True)
class Followed:
    """What was seen of a chain: from its beginning, and at its end. `leftover` is where the last frame ends."""

    first: list[Frame] = field(default_factory=list)
    last: list[Frame] = field(default_factory=list)
    leftover: int = 0
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain from `first` to `end`. Frames begin with `sync`; `head` bytes tell their length, at most `longest`."""

    reader: Reader
    parse: Parse
    sync: bytes
    first: int
    end: int
    head: int
    longest: int

    def follow(self) -> Followed:
        """Malformed where the chain breaks, or where nothing begins."""
        is_whole = self.end - self.first <= WHOLE
        followed = Followed(is_whole=is_whole)
        followed.first = list(self._from(self.first, self.end if is_whole else self.first + BEGINNING))
        if not followed.first:
            raise Malformed(f"no frame at {self.first}")
        if is_whole:
            followed.last, followed.leftover = followed.first, _end(followed.first)
            return followed
        if _end(followed.first) < self.first + BEGINNING:
            raise Malformed(f"no frame at {_end(followed.first)}")
        kind = followed.first[0].kind
        for share in PROBES:
            self._resume(self.first + int((self.end - self.first) * share), kind)
        followed.last = self._resume(max(self.first, self.end - 2 * self.longest - BEGINNING), kind, whole=True)
        followed.leftover = _end(followed.last)
        return followed

    def _from(self, at: int, stop: int, kind: tuple[int, ...] | None = None) -> Iterator[Frame]:
        """Whole frames that follow one another, of one kind, until one ends behind `stop`."""
        while at < stop:
            self.reader.check()
            frame = self.parse(self.reader.read(at, min(self.head, self.end - at)), at)
            if frame is None or at + frame.length > self.end or (kind is not None and frame.kind != kind):
                return
            kind = frame.kind
            yield frame
            at += frame.length

    def _resume(self, at: int, kind: tuple[int, ...], whole: bool = False) -> list[Frame]:
        """The chain somewhere behind `at`: LINKS frames of it, or all to the end. Malformed when there is none."""
        window = self.reader.read(at, min(2 * self.longest, self.end - at))
        offset = -1
        while (offset := window.find(self.sync, offset + 1)) >= 0:
            stop = self.end if whole else at + offset + LINKS * self.longest
            frames = list(self._from(at + offset, stop, kind))
            if len(frames) >= LINKS or (frames and _end(frames) == self.end):
                return frames
        raise Malformed(f"no chain of frames at {at}")


def _end(frames: list[Frame]) -> int:
    return frames[-1].at + frames[-1].length


def is_cut(chain: Chain, followed: Followed) -> bool:
    """Whether the file ends inside a frame: a recording that was stopped."""
    left = chain.end - followed.leftover
    frame = chain.parse(chain.reader.read(followed.leftover, min(chain.head, left)), followed.leftover)
    return frame is not None and frame.length > left and frame.kind == followed.first[0].kind


def is_silent(chain: Chain, followed: Followed) -> bool:
    """Whether nothing but a few zero bytes follow the last frame."""
    return only_zeros(chain.reader, followed.leftover, chain.end)
