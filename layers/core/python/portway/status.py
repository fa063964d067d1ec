"""What can be said about an upload at one moment: stored bytes, missing parts, speed and time left. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portway.model import HAS_OBJECT, Part, Status, Upload, Word
from portway.parts import Layout, Range, missing


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`speed` is in bytes per second, `seconds_left` in whole seconds. None for what nobody can know."""

    upload: Upload
    word: Word
    bytes_stored: int
    percentage: float | None
    missing: tuple[Range, ...]
    speed: int | None = None
    seconds_left: int | None = None


def snapshot(upload: Upload, parts: Sequence[Part]) -> Snapshot:
    """`parts` is what S3 holds of an open upload (ascending); for later states it is not needed."""
    if upload.status in HAS_OBJECT or upload.status is Status.COMPLETING:
        return Snapshot(upload, upload.word, upload.size, 100.0, ())
    if upload.status not in (Status.CREATING, Status.OPEN):
        return Snapshot(upload, upload.word, 0, 0.0, ())
    stored = sum(part.size for part in parts)
    percentage: float | None = stored * 10_000 // upload.size / 100 if upload.size else (100.0 if parts else 0.0)
    speed = _speed(upload, parts)
    left = -(-(upload.size - stored) // speed) if speed else None
    if upload.is_open_ended:
        percentage = left = None
    word = Word.IN_PROGRESS if parts else upload.word
    gaps = missing((part.number for part in parts), upload.part_count)
    return Snapshot(upload, word, stored, percentage, gaps, speed, left)


def reported_bytes(upload: Upload, bitmap: int) -> int:
    """Bytes of the parts that a client reported."""
    return Layout(upload.size, upload.part_size).stored_bytes(bitmap)


def _speed(upload: Upload, parts: Sequence[Part]) -> int | None:
    """From the last five reports; without two of them, from the times of the parts in S3."""
    samples = [(report.at, report.stored_bytes) for report in upload.reports]
    if len(samples) < 2:
        samples, total = [], 0
        for at, size in sorted((part.stored_at, part.size) for part in parts if part.stored_at is not None):
            total += size
            samples.append((at, total))
    if len(samples) < 2:
        return None
    milliseconds, gained = samples[-1][0] - samples[0][0], samples[-1][1] - samples[0][1]
    return gained * 1000 // milliseconds or None if milliseconds > 0 and gained > 0 else None
