"""How a file is cut, and which parts are there."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway.parts import (
    GIB,
    MIB,
    Layout,
    Limits,
    bitmap,
    missing,
    part_size_for,
    size_faults,
)

TIB = 1024 * GIB
LIMITS = Limits()
MOST = LIMITS.max_object
TINY = Limits(min_part=5, max_part=20, max_parts=10, default_part=5, step=1)
SIZES = st.integers(0, MOST) | st.integers(0, 40 * MIB) | st.integers(1, 10_000).map(lambda n: n * MIB)
NUMBERS = st.sets(st.integers(1, 300)).map(sorted)


@pytest.mark.parametrize(
    ("size", "part_size", "count"),
    [
        (0, 16 * MIB, 1),
        (1, 16 * MIB, 1),
        (16 * MIB, 16 * MIB, 1),
        (16 * MIB + 1, 16 * MIB, 2),
        (GIB, 16 * MIB, 64),
        (16_000 * MIB, 16 * MIB, 1000),
        (16_000 * MIB + 1, 17 * MIB, 942),
        (100 * GIB, 103 * MIB, 995),
        (TIB, 1049 * MIB, 1000),
        (4 * TIB, 4195 * MIB, 1000),
        (5 * TIB, 5 * GIB, 1024),
        (MOST, 5 * GIB, 10_000),
    ],
)
def test_part_sizes_grow_with_the_file(size: int, part_size: int, count: int) -> None:
    """16 MiB, then a thousandth of the file in whole MiB, then S3's largest part: a thousand parts are one page."""
    assert part_size_for(size, LIMITS) == part_size
    assert Layout(size, part_size).count == count


@given(SIZES)
def test_every_file_that_s3_takes_can_be_cut(size: int) -> None:
    """The parts make up the file to the byte, there are at most 10,000, and each one is of a size that S3 takes."""
    part_size = part_size_for(size, LIMITS)
    layout = Layout(size, part_size)
    last = layout.length(layout.count)
    assert 1 <= layout.count <= LIMITS.max_parts
    assert layout.part_size * (layout.count - 1) + last == size
    assert LIMITS.min_part <= part_size <= LIMITS.max_part
    assert 0 <= last <= part_size
    assert (last > 0) == (size > 0)
    assert size_faults(size, part_size, LIMITS) == []


@given(st.integers(0, 200), st.integers(5, 20))
def test_lengths_add_up_to_the_size(size: int, part_size: int) -> None:
    """Every part before the last is full; together they are the file."""
    layout = Layout(size, part_size)
    lengths = [layout.length(number) for number in range(1, layout.count + 1)]
    assert sum(lengths) == size
    assert lengths[:-1] == [part_size] * (layout.count - 1)


@given(st.integers(0, 200), st.integers(5, 20), st.data())
def test_stored_bytes_are_the_lengths_of_the_parts(size: int, part_size: int, data: st.DataObject) -> None:
    """Progress in bytes is exact, the short last part included."""
    layout = Layout(size, part_size)
    stored = data.draw(st.sets(st.integers(1, layout.count)))
    bits = bitmap([(number, number) for number in stored])
    assert layout.stored_bytes(bits) == sum(map(layout.length, stored))


def test_an_empty_file_is_one_empty_part() -> None:
    """Zero bytes are uploaded like any other file: one part of length 0."""
    layout = Layout(0, 16 * MIB)
    assert (layout.count, layout.length(1), layout.stored_bytes(0b10)) == (1, 0, 0)


@pytest.mark.parametrize(
    ("size", "wanted", "field", "code", "limit"),
    [
        (-1, None, "size", "too_small", 0),
        (MOST + 1, None, "size", "too_large", MOST),
        (GIB, 5 * MIB - 1, "part_size", "out_of_range", [5 * MIB, 5 * GIB]),
        (GIB, 5 * GIB + 1, "part_size", "out_of_range", [5 * MIB, 5 * GIB]),
        (GIB, 0, "part_size", "out_of_range", [5 * MIB, 5 * GIB]),
        (GIB, -1, "part_size", "out_of_range", [5 * MIB, 5 * GIB]),
        (TIB, 100 * MIB, "part_size", "out_of_range", [109_951_163, 5 * GIB]),
    ],
)
def test_a_size_that_s3_refuses_is_refused_before(
    size: int, wanted: int | None, field: str, code: str, limit: object
) -> None:
    """The answer names the field, the limit and the value: the least part size depends on the size of the file."""
    (fault,) = size_faults(size, wanted, LIMITS)
    assert (fault.field, fault.code, fault.limit) == (field, code, limit)
    assert fault.value == (size if field == "size" else wanted)


@pytest.mark.parametrize(
    ("size", "wanted"), [(0, None), (MOST, None), (MOST, 5 * GIB), (1, 5 * MIB), (1, 5 * GIB), (TIB, 109_951_163)]
)
def test_a_size_at_the_limit_is_taken(size: int, wanted: int | None) -> None:
    """What is just allowed is allowed; a small file may even ask for large parts."""
    assert size_faults(size, wanted, LIMITS) == []


@given(st.integers(0, TINY.max_object), st.integers(-5, 30))
def test_a_wished_part_size_without_fault_fits(size: int, wanted: int) -> None:
    """Whatever is not refused gives at most the parts that S3 allows."""
    if not size_faults(size, wanted, TINY):
        assert TINY.min_part <= wanted <= TINY.max_part
        assert Layout(size, wanted).count <= TINY.max_parts


@given(NUMBERS, st.integers(1, 300))
def test_missing_and_stored_parts_make_up_the_file(stored: list[int], count: int) -> None:
    """Each part of the file is either stored or missing, whatever else S3 may hold."""
    gaps = missing(stored, count)
    numbers = [number for first, last in gaps for number in range(first, last + 1)]
    assert numbers == sorted(set(range(1, count + 1)) - set(stored))
    assert all(after[0] - before[1] > 1 for before, after in pairwise(gaps)), "no two ranges touch"


@given(NUMBERS)
def test_a_bitmap_has_a_bit_for_each_part(numbers: list[int]) -> None:
    """Bit n stands for part n; overlapping and repeated ranges change nothing."""
    spans = [(number, number) for number in numbers]
    bits = bitmap(spans)
    assert [n for n in range(302) if bits >> n & 1] == numbers
    assert bitmap([*spans, *spans]) == bits


@pytest.mark.parametrize(
    ("stored", "count", "gaps"),
    [
        ([], 1, ((1, 1),)),
        ([], 10_000, ((1, 10_000),)),
        ([1, 2, 3], 3, ()),
        ([2], 3, ((1, 1), (3, 3))),
        ([1, 10_000], 10_000, ((2, 9_999),)),
        ([3, 5], 3, ((1, 2),)),
        ([5], 3, ((1, 3),)),
    ],
)
def test_missing_parts_are_named_in_ranges(stored: list[int], count: int, gaps: tuple[tuple[int, int], ...]) -> None:
    """One gap of nine thousand parts is two numbers; a part that does not belong to the file makes no gap."""
    assert missing(stored, count) == gaps
