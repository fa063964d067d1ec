"""The corpus: every hostile file is found, no good one is. `make corpus` prints the same as a table."""

from __future__ import annotations

import pytest

from dev.corpus.judging import Judged, families, judge, table
from dev.corpus.samples import Sample

FAMILIES = families()
ALL = [(family, sample) for family, samples in FAMILIES.items() for sample in samples]
GOOD = [pytest.param(each, id=f"{family}-{each.name}") for family, each in ALL if not each.is_hostile]
HOSTILE = [pytest.param(each, id=f"{family}-{each.name}") for family, each in ALL if each.is_hostile]
LEAST = 12
"""Hostile files of each family."""


@pytest.mark.asvs("5.2.2")
@pytest.mark.parametrize("sample", HOSTILE)
def test_every_hostile_file_of_the_corpus_is_found(sample: Sample) -> None:
    """Under the responses that policies have when they say nothing, one of its tricks is named."""
    assert judge(sample).minded & sample.codes


@pytest.mark.asvs("5.2.2")
@pytest.mark.parametrize("sample", GOOD)
def test_no_good_file_of_the_corpus_is_kept_back(sample: Sample) -> None:
    """What real tools wrote passes without a flag."""
    judged = judge(sample)
    assert (judged.minded, judged.is_kept_back) == (set(), False)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_of_the_corpus_is_worth_its_name(family: str) -> None:
    """A dozen hostile files at least, good ones as well, and no two under one name."""
    samples = FAMILIES[family]
    assert len({each.name for each in samples}) == len(samples)
    assert sum(each.is_hostile for each in samples) >= LEAST
    assert not all(each.is_hostile for each in samples)


def test_the_corpus_is_large_enough() -> None:
    """Sixty hostile files at least, and no two families of one name."""
    assert len(HOSTILE) >= 60
    assert len(GOOD) >= 60


def test_the_table_of_the_corpus_counts_what_went_wrong() -> None:
    """A miss and a false alarm are not rounded away."""
    bad, good = HOSTILE[0].values[0], GOOD[0].values[0]
    assert isinstance(bad, Sample)
    assert isinstance(good, Sample)
    judged = [judge(bad), judge(good), Judged(bad, (), {}, 0, 0), Judged(good, judge(bad).findings, {}, 0, 0)]
    assert table({"some": judged}).splitlines()[2].startswith("| some | 2 | 1 | 2 | 1 | ")
