"""Files of the corpus as seeds: for each type that has a walker, small ones that are of this type, or pretend to be."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from dev.corpus.judging import families
from dev.corpus.samples import Sample
from portway.inspectors.structure import walker_of
from portway.media_types import canonical

LARGEST = 128 << 10
"""Bytes of a seed: what is true of a small file is true of a large one, later."""
SAMPLES = [sample for samples in families().values() for sample in samples if walker_of(canonical(sample.content_type))]
TYPES = sorted({canonical(sample.content_type) for sample in SAMPLES})

Edit = tuple[str, int, bytes]
"""What is done, at which thousandth of the file, with which bytes."""
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["overwrite", "insert", "remove", "cut", "repeat"]),
        st.integers(0, 1000),
        st.binary(min_size=1, max_size=16) | st.sampled_from([b"\xff" * 4, b"\xff" * 8, bytes(8), b"\x7f\xff\xff\xff"]),
    ),
    min_size=1,
    max_size=4,
)


@cache
def made(sample: Sample) -> bytes:
    return sample.make()


@cache
def good_of(content_type: str) -> bytes | None:
    """The smallest good file of a type."""
    good = [made(each) for each in SAMPLES if canonical(each.content_type) == content_type and not each.is_hostile]
    return min((each for each in good if 0 < len(each) <= LARGEST), key=len, default=None)


@cache
def seeds_of(content_type: str) -> list[bytes]:
    """All small files that were declared to be of a type."""
    all_made = [made(each) for each in SAMPLES if canonical(each.content_type) == content_type]
    return [each for each in all_made if len(each) <= LARGEST] or [b""]


def edited(data: bytes, edits: list[Edit]) -> bytes:
    """A file after these edits, one after the other."""
    for what, thousandth, more in edits:
        at = len(data) * thousandth // 1000
        data = {
            "overwrite": data[:at] + more + data[at + len(more) :],
            "insert": data[:at] + more + data[at:],
            "remove": data[:at] + data[at + len(more) :],
            "cut": data[:at],
            "repeat": data[:at] + data[at : at + 64 * len(more)] + data[at:],
        }[what]
    return data
