"""Every benchmark has its place in docs/benchmarks.md, and every place its benchmark."""

from __future__ import annotations

from collections import Counter
from importlib import import_module

import pytest

from bench import book
from bench.__main__ import BENCHES


def test_book_and_benches_name_each_other() -> None:
    """A new bench gets a block, a removed one takes its figures along."""
    assert Counter(book.places(book.PAGE.read_text("utf-8"))) == Counter(list(BENCHES))


def test_the_summary_is_that_of_the_blocks() -> None:
    """Nobody edits a figure in one place only."""
    page = book.PAGE.read_text("utf-8")
    assert book.summarised(page) == page


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_can_be_run_whole_and_short(name: str) -> None:
    """Its module is there and has both."""
    module = import_module(f"bench.{BENCHES[name].module}")
    assert callable(module.rows)
    assert callable(module.short)
