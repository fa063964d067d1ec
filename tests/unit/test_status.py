"""What can be said about an upload at one moment."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway.model import Part, Report, Status, Upload, Word
from portway.parts import bitmap
from portway.status import reported_bytes, snapshot
from portway.verdicts import Reason
from tests.fakes.clock import START
from tests.fakes.uploads import MIB, an_upload
from tests.unit.world import at

OPEN = at(an_upload(), Status.OPEN)
"""40 MiB in parts of 16, 16 and 8."""


def part(number: int, seconds: float | None = None) -> Part:
    size = 16 * MIB if number < 3 else 8 * MIB
    return Part(number, size, "etag", None, None if seconds is None else START + round(seconds * 1000))


@pytest.mark.parametrize(
    ("numbers", "stored", "percentage", "missing", "word"),
    [
        ([], 0, 0.0, ((1, 3),), Word.INITIATED),
        ([2], 16 * MIB, 40.0, ((1, 1), (3, 3)), Word.IN_PROGRESS),
        ([1, 2], 32 * MIB, 80.0, ((3, 3),), Word.IN_PROGRESS),
        ([1, 2, 3], 40 * MIB, 100.0, (), Word.IN_PROGRESS),
    ],
)
def test_an_open_upload_is_as_far_as_its_parts(
    numbers: list[int], stored: int, percentage: float, missing: tuple[tuple[int, int], ...], word: Word
) -> None:
    """Bytes and percentage of what S3 holds, and in ranges what it does not."""
    seen = snapshot(OPEN, [part(number) for number in numbers])
    assert (seen.bytes_stored, seen.percentage, seen.missing, seen.word) == (stored, percentage, missing, word)


@pytest.mark.parametrize(("parts", "percentage"), [([], 0.0), ([Part(1, 0, "etag")], 100.0)])
def test_an_empty_file_is_there_or_not(parts: list[Part], percentage: float) -> None:
    """No division by nothing."""
    empty = replace(OPEN, size=0, part_count=1)
    seen = snapshot(empty, parts)
    assert (seen.bytes_stored, seen.percentage, seen.missing) == (0, percentage, () if parts else ((1, 1),))


@pytest.mark.parametrize(
    ("status", "reason", "word", "stored"),
    [
        (Status.CREATING, None, Word.INITIATED, 0),
        (Status.COMPLETING, None, Word.COMPLETING, 40 * MIB),
        (Status.STORED, None, Word.PROCESSING, 40 * MIB),
        (Status.PROCESSING, None, Word.PROCESSING, 40 * MIB),
        (Status.PUBLISHED, None, Word.COMPLETED, 40 * MIB),
        (Status.QUARANTINED, Reason.REJECTED, Word.FAILED, 40 * MIB),
        (Status.ABORTING, None, Word.CANCELLED, 0),
        (Status.ABORTED, Reason.CANCELLED, Word.CANCELLED, 0),
        (Status.ABORTED, Reason.PARTS_CHANGED, Word.FAILED, 0),
        (Status.EXPIRING, None, Word.EXPIRED, 0),
        (Status.EXPIRED, None, Word.EXPIRED, 0),
    ],
)
def test_every_other_state_is_all_or_nothing(status: Status, reason: Reason | None, word: Word, stored: int) -> None:
    """Sealed means that everything is there; ended without a file means that nothing is."""
    seen = snapshot(at(OPEN, status, reason=reason), ())
    assert (seen.word, seen.bytes_stored, seen.percentage) == (word, stored, 100.0 if stored else 0.0)
    assert (seen.speed, seen.seconds_left) == (None, None)


def test_speed_comes_from_the_reports() -> None:
    """From the first to the last of the five that are kept; the time left is rounded up."""
    reports = (Report(START, 0), Report(START + 1000, MIB), Report(START + 3000, 6 * MIB))
    seen = snapshot(replace(OPEN, reports=reports), [part(1, 1)])
    assert (seen.speed, seen.seconds_left) == (2 * MIB, 12)


def test_speed_comes_from_s3_when_there_are_no_reports() -> None:
    """From the times at which the parts arrived, in whatever order."""
    seen = snapshot(OPEN, [part(1, 8), part(2, 0)])
    assert (seen.speed, seen.seconds_left) == (2 * MIB, 4)


@pytest.mark.parametrize(
    ("upload", "parts"),
    [
        (OPEN, []),
        (OPEN, [part(1, 0)]),
        (OPEN, [part(1), part(2)]),
        (OPEN, [part(1, 5), part(2, 5)]),
        (replace(OPEN, reports=(Report(START, MIB), Report(START + 1000, MIB))), [part(1, 0), part(2, 9)]),
        (replace(OPEN, reports=(Report(START, MIB), Report(START, 2 * MIB))), []),
        (replace(OPEN, reports=(Report(START + 5, MIB), Report(START, 2 * MIB))), []),
        (replace(OPEN, reports=(Report(START, 0), Report(START + 86_400_000, 1))), []),
    ],
)
def test_nobody_guesses_a_speed(upload: Upload, parts: list[Part]) -> None:
    """One moment, no progress, a clock that stood still or ran back: unknown, never infinite or negative."""
    seen = snapshot(upload, parts)
    assert (seen.speed, seen.seconds_left) == (None, None)


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 40 * MIB)), max_size=5))
def test_what_is_said_about_speed_is_always_possible(samples: list[tuple[int, int]]) -> None:
    """Positive, and enough seconds for what is missing."""
    reports = tuple(Report(START + at, size) for at, size in samples)
    seen = snapshot(replace(OPEN, reports=reports), [part(1)])
    assert (seen.speed is None) == (seen.seconds_left is None)
    if seen.speed is not None and seen.seconds_left is not None:
        assert seen.speed > 0
        assert seen.speed * seen.seconds_left >= 24 * MIB > seen.speed * (seen.seconds_left - 1)


def test_percentages_do_not_lie_about_the_end() -> None:
    """Part by part they grow, and 100 is said only when all bytes are there."""
    upload = replace(OPEN, size=10_000 * 16 * MIB, part_count=10_000)
    parts = [Part(number, 16 * MIB, "etag") for number in range(1, 10_001)]
    seen = [snapshot(upload, parts[:count]).percentage for count in (0, 1, 5000, 9999, 10_000)]
    assert seen == [0.0, 0.01, 50.0, 99.99, 100.0]


def test_one_missing_byte_of_a_terabyte_is_not_100_percent() -> None:
    """Nobody closes the window before the last byte is there."""
    upload = replace(OPEN, size=1 << 40, part_size=(1 << 40) - 1, part_count=2)
    seen = snapshot(upload, [Part(1, (1 << 40) - 1, "etag")])
    assert seen.percentage == 99.99


def test_reported_bytes_count_the_short_last_part() -> None:
    """A report of all parts is the size of the file, to the byte."""
    assert reported_bytes(OPEN, bitmap([(1, 3)])) == OPEN.size
    assert reported_bytes(OPEN, bitmap([(3, 3)])) == 8 * MIB
