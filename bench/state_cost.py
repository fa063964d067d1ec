"""What a session costs in DynamoDB as its parts grow: write units and bytes, from the calls of the functions.

Counted as in bench/cost, on moto, with parts of a few bytes so that ten thousand of them are sent in seconds: what is
written does not depend on how long a part is. The two usual designs are computed from our own record and from what
they have to note of a part: number, ETag, length and checksum.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.asking import Asked, Links
from bench.bars import judged
from bench.cost.capacity import WRITE_BYTES, Item, item_bytes
from bench.cost.meter import Call
from bench.cost.site import Site, site
from bench.cost.stories import Design, create
from bench.progress import doing

COUNTS = (1, 100, 1_000, 10_000)
PART, WINDOW, THREADS = 64, 1000, 4
MOST_SHARE = 0.1
ITEM_BYTES = 400 << 10
"""The largest item (DynamoDB developer guide, "Service, account, and table quotas")."""
NOTED: Item = {"number": {"N": "10000"}, "etag": {"S": "0" * 32}, "length": {"N": "16777216"}, "crc": {"S": "0" * 12}}


@dataclass(frozen=True, slots=True)
class Told:
    """Write units by step; the record once all parts are sent; bytes of all items of the upload once it is complete."""

    parts: int
    units: Mapping[str, float]
    record: Item
    kept: int

    @property
    def total(self) -> float:
        return sum(self.units.values())

    def row(self) -> str:
        steps = "".join(f"{units:>9g}" for units in self.units.values())
        return f"  {self.parts:>6,}{steps}{self.total:>9g}{item_bytes(self.record):>9,}{self.kept:>10,}"


def written(calls: Sequence[Call]) -> float:
    return sum(call.used["dynamodb.write"] for call in calls)


def tell(here: Site, parts: int) -> Told:
    """One upload, from create to complete."""
    doing(f"{parts:,} parts")
    size = parts * PART
    step, upload = create(here, size, Design(part_size=PART, first=0))
    units = {"create": written(step.calls), "sign": 0.0}
    signed = list[Mapping[str, Any]]()
    for at in range(1, parts + 1, WINDOW):
        step, window = here.ask("sign", upload["id"], {"range": [at, min(at + WINDOW - 1, parts)]})
        units["sign"] += written(step.calls)
        signed += window["parts"]
    first = len(here.meter.calls)
    put(signed)
    units["parts"] = written(here.meter.calls[first:])
    record = max(here.items(upload["id"]), key=item_bytes)
    units["complete"] = written(here.ask("complete", upload["id"], {"size": size})[0].calls)
    return Told(parts, units, record, sum(map(item_bytes, here.items(upload["id"]))))


def put(signed: Sequence[Mapping[str, Any]]) -> None:
    place = urlsplit(signed[0]["url"])
    requests = (
        Asked("PUT", each["url"].partition(place.netloc)[2], bytes(each["length"]), each["headers"]) for each in signed
    )
    with Links(f"http://{place.netloc}") as links, ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(links.ask, requests):
            pass


def in_a_list(record: Item, parts: int) -> str:
    """Units if the record held a list that each part is added to, rewritten with every part."""
    base, entry = item_bytes(record), item_bytes(NOTED) + 4
    fits = min(parts, (ITEM_BYTES - base) // entry)
    units = sum(-(-(base + count * entry) // WRITE_BYTES) for count in range(1, fits + 1))
    return f"{units:,}" if fits == parts else f"{units:,}, full at part {fits + 1:,}"


def as_items(record: Item, parts: int) -> str:
    """Units if each part were an item of its own."""
    keys = {name: record[name] for name in ("pk", "sk")}
    return f"{parts * -(-item_bytes({**keys, **NOTED}) // WRITE_BYTES):,}"


def rows(counts: Sequence[int] = COUNTS) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="portway-bench-") as folder, site(Path(folder), min_part=1) as here:
        tell(here, 1)
        told = [tell(here, count) for count in counts]
    yield "write units of one upload (indexes and rates included), and bytes: its record, all items once complete"
    yield f"  {'parts':>6}{''.join(f'{step:>9}' for step in told[0].units)}{'in all':>9}{'record':>9}{'items':>10}"
    yield from (each.row() for each in told)
    yield f"  {'parts':>6}  for the parts alone: ours, one item a part, a list in the record"
    for each in told:
        units = as_items(each.record, each.parts), in_a_list(each.record, each.parts)
        yield f"  {each.parts:>6,}  {each.units['parts']:g}; {units[0]}; {units[1]}"
    parts = max(each.units["parts"] for each in told)
    yield judged("write units for parts that arrive", f"{parts:g}", "0", parts == 0)
    most = told[-1]
    share = most.total / most.parts
    what = f"write units of the whole upload/of an item for each part, {most.parts:,} parts"
    yield judged(what, f"{share:.2f}", f"≤ {MOST_SHARE}", share <= MOST_SHARE)


def short() -> Iterator[str]:
    return rows((1, 3))
