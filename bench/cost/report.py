"""The tables that `make bench ONLY=cost` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.cost.prices import REGIONS, Prices, Usage, prices

MILLION, TB = 1_000_000, 1e12
GROUPS: Mapping[str, tuple[str, ...]] = {
    "S3": ("s3.",),
    "DynamoDB": ("dynamodb.",),
    "Lambda": ("lambda.",),
    "API": ("api.",),
    "events": ("eventbridge.", "sqs.", "scheduler."),
    "logs": ("logs.", "cloudwatch."),
    "other": ("balancer.", "fargate.", "ipv4.", "guardduty.", "kms."),
}
"""Columns; each item of the price table is in one of them."""


@dataclass(frozen=True, slots=True)
class Line:
    """One design at one size; `is_counted` unless a model says it."""

    name: str
    size: int
    used: Usage
    is_counted: bool = True


def grouped(used: Usage, at: Prices) -> Mapping[str, float]:
    """Dollars by column."""
    bill = at.bill(used)
    return {
        group: sum(amount for name, amount in bill.items() if name.startswith(starts))
        for group, starts in GROUPS.items()
    }


def designs(lines: list[Line]) -> Iterator[str]:
    """Dollars per million uploads and per TB, and what they are made of."""
    here, there = (prices(region) for region in REGIONS)
    columns = [group for group in GROUPS if any(grouped(line.used, here)[group] for line in lines)]
    head = "".join(f"{group:>10}" for group in columns)
    yield f"dollars per million uploads, {here.region} list prices; * = model, the rest is counted"
    yield f"  {'':<43}{'total':>9}{'per TB':>9}{head}   {there.region}  mostly"
    for line in lines:
        total, parts = here.total(line.used) * MILLION, grouped(line.used, here)
        shares = "".join(f"{parts[group] * MILLION:>10,.2f}" for group in columns)
        name = f"{line.name}{'' if line.is_counted else ' *'}"
        elsewhere = there.total(line.used) * MILLION
        largest = max(parts, key=lambda group: parts[group])
        most = f"{largest} {parts[largest] * MILLION / total:.0%}"
        yield f"  {name:<43}{total:>9,.2f}{per_tb(total, line.size):>9}{shares}{elsewhere:>12,.2f}  {most}"


def per_tb(per_million: float, size: int) -> str:
    return f"{per_million / MILLION * TB / size:,.2f}"


def month(title: str, items: Mapping[str, Usage]) -> Iterator[str]:
    """Dollars a month, line by line and together."""
    totals = {region: sum(prices(region).total(used) for used in items.values()) for region in REGIONS}
    yield f"{title}: " + ", ".join(f"${total:.2f} in {region}" for region, total in totals.items())
    for name, used in items.items():
        yield f"  {name:<43}{prices(REGIONS[0]).total(used):>9.4f}"
