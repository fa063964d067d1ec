"""Fragments of movies: when the last one ends. ISO/IEC 14496-12, section 8.8."""

from __future__ import annotations

from portway.formats.isobmff import Box, Boxes
from portway.formats.mp4_tracks import Track

MAX_RUN = 100_000
OPTIONAL = ((0x1, 8), (0x2, 4), (0x8, 4), (0x10, 4), (0x20, 4))
"""Fields of `tfhd` by their flags (section 8.8.7); 0x8 is the duration of samples."""


def promised(boxes: Boxes, header: Box) -> int:
    """The duration of all fragments in `mehd`, in ticks of the movie."""
    wide = boxes.fields(header, 0, 1) == b"\1"
    return int.from_bytes(boxes.fields(header, 4, 8 if wide else 4))


def end_of(boxes: Boxes, movie: Box, fragment: Box, tracks: list[Track]) -> float:
    """Seconds until the last fragment ends; 0 when it does not say."""
    scales, usual = {track.id: track.scale for track in tracks}, _usual(boxes, movie)
    ends = [_end(boxes, each, scales, usual) for each in boxes.inside(fragment) if each.kind == b"traf"]
    return max(ends, default=0)


def _usual(boxes: Boxes, movie: Box) -> dict[int, int]:
    """The usual duration of a sample by track, from `trex`."""
    extends = boxes.child(movie, b"mvex")
    rows = [boxes.fields(each, 4, 12) for each in boxes.inside(extends) if each.kind == b"trex"] if extends else []
    return {int.from_bytes(row[:4]): int.from_bytes(row[8:12]) for row in rows}


def _end(boxes: Boxes, fragment: Box, scales: dict[int, int], usual: dict[int, int]) -> float:
    parts = {part.kind: part for part in boxes.inside(fragment)}
    if b"tfhd" not in parts or b"tfdt" not in parts:
        return 0
    header = boxes.fields(parts[b"tfhd"], 0, 8)
    track, ticks = int.from_bytes(header[4:8]), _default(boxes, parts[b"tfhd"], int.from_bytes(header[1:4]))
    wide = boxes.fields(parts[b"tfdt"], 0, 1) == b"\1"
    start = int.from_bytes(boxes.fields(parts[b"tfdt"], 4, 8 if wide else 4))
    runs = [each for each in boxes.inside(fragment) if each.kind == b"trun"]
    end = start + sum(_length(boxes, run, ticks or usual.get(track, 0)) for run in runs)
    return end / scales[track] if scales.get(track) else 0


def _default(boxes: Boxes, header: Box, flags: int) -> int:
    """The duration of samples that `tfhd` gives for its fragment; 0 for none."""
    at = 8 + sum(width for flag, width in OPTIONAL if flag < 0x8 and flags & flag)
    return int.from_bytes(boxes.fields(header, at, 4)) if flags & 0x8 else 0


def _length(boxes: Boxes, run: Box, ticks: int) -> int:
    """Ticks of all samples of a `trun` (section 8.8.8)."""
    head = boxes.fields(run, 0, 8)
    flags, count = int.from_bytes(head[1:4]), int.from_bytes(head[4:8])
    if not flags & 0x100:
        return count * ticks
    width = 4 * sum(1 for flag in (0x100, 0x200, 0x400, 0x800) if flags & flag)
    first = 8 + 4 * sum(1 for flag in (0x1, 0x4) if flags & flag)
    data = boxes.fields(run, first, min(count, MAX_RUN) * width) if count <= MAX_RUN else b""
    boxes.reader.check()
    return sum(int.from_bytes(data[at : at + 4]) for at in range(0, len(data), width))
