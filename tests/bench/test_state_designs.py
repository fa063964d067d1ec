"""What the usual designs of a session would write: computed from the sizes of our own record."""

from __future__ import annotations

from bench.cost.capacity import Item
from bench.state_cost import as_items, in_a_list

RECORD: Item = {"pk": {"S": "UPLOAD#1"}, "sk": {"S": "UPLOAD"}, "more": {"S": "x" * 600}}


def test_an_item_for_each_part_is_a_unit_each() -> None:
    """A part's own notes are far below a kilobyte."""
    assert as_items(RECORD, 10_000) == "10,000"


def test_a_list_in_the_record_grows_with_the_square() -> None:
    """Ten times as many parts are far more than ten times as many units."""
    few, many = (int(in_a_list(RECORD, count).replace(",", "")) for count in (100, 1_000))
    assert many > 50 * few


def test_a_list_in_the_record_ends_at_the_largest_item() -> None:
    """400 KB, some thousands of parts before ten thousand."""
    assert "full at part" in in_a_list(RECORD, 10_000)
