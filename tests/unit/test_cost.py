"""How AWS bills what bench/cost counts: capacity units of DynamoDB, the price table, and the page that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cost.capacity import Indexes, Item, item_bytes, query_units, read_units
from bench.cost.prices import REGIONS, Usage, price_rows, prices, table
from bench.cost.report import GROUPS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "cost.md"
KEYS: Item = {"pk": {"S": "p"}, "sk": {"S": "s"}}
DUE = Indexes({"by-due": ("shard", "due", "pk", "sk")})


def kept(due: int) -> Item:
    return {**KEYS, "shard": {"S": "a"}, "due": {"N": str(due)}}


@pytest.mark.parametrize(
    ("value", "size"),
    [({"S": "ä"}, 2), ({"N": "-1230.5"}, 4), ({"N": "1700000000000"}, 2), ({"B": b"abc"}, 3), ({"BOOL": True}, 1)],
)
def test_an_item_is_as_large_as_dynamodb_says(value: Item, size: int) -> None:
    """Names count, too: each name here is one byte."""
    assert item_bytes({"a": value}) == 1 + size


def test_a_read_is_billed_by_four_kilobytes() -> None:
    """A missing item costs one unit; half of it when nobody minds an old answer; a page is rounded up as a whole."""
    large: Item = {"a": {"S": "x" * 4096}}
    assert [read_units({}), read_units(large), read_units(large, is_consistent=False)] == [1, 2, 1]
    assert query_units([KEYS] * 3) == 0.5


def test_a_write_is_billed_by_the_larger_item_and_doubly_in_a_transaction() -> None:
    """Before or after: whichever is larger, by kilobytes."""
    before, after = {**KEYS, "a": {"S": "x" * 2000}}, KEYS
    assert DUE.written(before, after).table == 2
    assert DUE.written(before, after, is_transaction=True).table == 4


def test_an_index_costs_where_its_keys_move() -> None:
    """An entry that comes or goes is one write, one that moves is two, one that stays is none."""
    moves = ((KEYS, kept(1)), (kept(1), kept(2)), (kept(2), KEYS), (kept(1), {**kept(1), "more": {"S": "x"}}))
    assert [DUE.written(*move).indexes for move in moves] == [1, 2, 1, 0]


def test_an_item_is_stored_with_its_index_entries() -> None:
    """Each of them is billed for a hundred bytes more."""
    assert DUE.stored_bytes(KEYS) == 106
    assert DUE.stored_bytes(kept(1)) == 2 * (100 + 6 + 6 + 5)


def test_an_index_that_holds_more_than_keys_is_not_passed_over() -> None:
    """Its writes would be billed otherwise than the meter thinks."""
    index = {"IndexName": "all", "KeySchema": [], "Projection": {"ProjectionType": "ALL"}}
    with pytest.raises(ValueError, match="all"):
        Indexes.of({"KeySchema": [], "GlobalSecondaryIndexes": [index]})


def test_a_bill_adds_up() -> None:
    """A million of what costs a dollar a million, and nothing for what is only told."""
    used = Usage({"api.request": 1_000_000, "lambda seconds": 5}) + Usage({"s3.put": 1000})
    assert prices("us-east-1").total(used) == pytest.approx(1.005)


def test_every_price_has_two_regions_a_page_and_a_column() -> None:
    """What was priced is shown in one column, and only in one."""
    for name, item in table()["items"].items():
        assert {*REGIONS, "page", "sure", "unit", "per"} == item.keys()
        beside = name.endswith("gb_month") or name.startswith("transfer.")
        columns = sum(name.startswith(starts) for starts in GROUPS.values())
        assert columns == 1 or beside, name


def test_the_page_shows_the_price_table() -> None:
    """A price that is changed in prices.json is changed in docs/cost.md: `python -m bench.cost --prices`."""
    text = PAGE.read_text("utf-8")
    assert [row for row in price_rows() if row not in text] == []
    assert table()["written"] in text


@pytest.mark.parametrize(
    ("said", "design"),
    [
        ("small files, one PUT each", "100 KiB, one PUT (default)"),
        ("files of 1 GiB in parts of 64 MiB", "1 GiB, large parts (64 MiB)"),
        ("files of 1 GiB in parts of 16 MiB, the default", "1 GiB, parts of 16 MiB (default)"),
    ],
)
def test_the_readme_says_what_the_page_says(said: str, design: str) -> None:
    """Dollars of a million uploads: when docs/cost.md is computed anew, README.md is, too."""
    dollars = figure(PAGE.read_text("utf-8"), design)
    assert figure((ROOT / "README.md").read_text("utf-8"), said) == round(dollars)


def figure(text: str, row: str) -> float:
    """The first number of a row of a table."""
    (line,) = [each for each in text.splitlines() if each.startswith(f"| {row} |")]
    return float(line.split("|")[2].strip(" *").replace(",", ""))
