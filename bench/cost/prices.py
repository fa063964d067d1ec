"""The price table and what it makes of a usage."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("prices.json")
REGIONS = ("us-east-1", "eu-central-1")


class Usage(dict[str, float]):
    """Item of the price table → how much of it, in its own unit. What has no price is only told."""

    def __missing__(self, item: str) -> float:
        return 0.0

    def __add__(self, other: Mapping[str, float]) -> Usage:
        return Usage({item: self[item] + other.get(item, 0.0) for item in {**self, **other}})

    def __sub__(self, other: Mapping[str, float]) -> Usage:
        """What is left of it, never less than nothing."""
        return Usage({item: max(0.0, amount - other.get(item, 0.0)) for item, amount in self.items()})

    def times(self, factor: float) -> Usage:
        return Usage({item: factor * amount for item, amount in self.items()})


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars for one unit of each item, in one region."""

    region: str
    each: Mapping[str, float]

    def bill(self, used: Usage) -> Usage:
        """Dollars by item."""
        return Usage({item: amount * self.each[item] for item, amount in used.items() if item in self.each})

    def total(self, used: Usage) -> float:
        return sum(self.bill(used).values())


@cache
def table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def prices(region: str) -> Prices:
    return Prices(region, {name: item[region] / item["per"] for name, item in table()["items"].items()})


def price_rows() -> Iterator[str]:
    """The table as Markdown, for docs/cost.md."""
    yield f"| unit | {' | '.join(REGIONS)} | price page of AWS | how sure |"
    yield "|---|---:|---:|---|---|"
    for item in table()["items"].values():
        per = f"{item['per']:,} × " if item["per"] > 1 else ""
        dollars = " | ".join(f"{item[region]:.10f}".rstrip("0").rstrip(".") for region in REGIONS)
        yield f"| {per}{item['unit']} | {dollars} | {item['page']} | {item['sure']} |"
