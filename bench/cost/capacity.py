"""DynamoDB's read and write units, from the items before and after a call.

Source: DynamoDB developer guide, "DynamoDB item sizes and formats", "Read and write operations", "Global secondary
indexes: write capacity" and "Amazon DynamoDB Transactions: How it works": indexes hear of a transaction once it is
complete, so their entries are counted once and not twice (nobody here has seen such a bill).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Item = Mapping[str, Mapping[str, Any]]
KIB = 1024
READ_BYTES, WRITE_BYTES = 4 * KIB, KIB
STORED_BESIDES = 100
"""Bytes that are billed as storage for each item and each index entry, beyond its own."""
ABSENT: Item = {}


def item_bytes(item: Item) -> int:
    """Names and values, in UTF-8."""
    return sum(len(name.encode()) + value_bytes(value) for name, value in item.items())


def value_bytes(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    return int(SIZES[kind](held))


def _number(digits: str) -> int:
    """One byte for two significant digits, and one more."""
    significant = digits.lstrip("-0").replace(".", "").rstrip("0")
    return (len(significant) + 1) // 2 + 1


SIZES: Mapping[str, Any] = {
    "S": lambda text: len(text.encode()),
    "N": _number,
    "B": len,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "L": lambda values: 3 + sum(1 + value_bytes(value) for value in values),
    "M": lambda values: 3 + sum(1 + len(name.encode()) + value_bytes(value) for name, value in values.items()),
}


def read_units(item: Item, is_consistent: bool = True) -> float:
    """Of one item, also when it is not there."""
    return max(1, -(-item_bytes(item) // READ_BYTES)) * (1 if is_consistent else 0.5)


def query_units(found: Sequence[Item], is_consistent: bool = False) -> float:
    """Of one page: all of it is rounded up, not each item."""
    size = sum(map(item_bytes, found))
    return max(1, -(-size // READ_BYTES)) * (1 if is_consistent else 0.5)


@dataclass(frozen=True, slots=True)
class Written:
    """The units of one changed item, apart for the table and its indexes."""

    table: float
    indexes: float


@dataclass(frozen=True, slots=True)
class Indexes:
    """Global secondary indexes that hold keys only: name → the attributes of an entry, the table's keys included."""

    keys: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> Indexes:
        """Of a table as CloudFormation describes it. ValueError for an index with more than keys."""
        table = [key["AttributeName"] for key in properties["KeySchema"]]
        found = {}
        for index in properties["GlobalSecondaryIndexes"]:
            if index["Projection"] != {"ProjectionType": "KEYS_ONLY"}:
                raise ValueError(f"{index['IndexName']} holds more than keys: its writes are not modelled")
            found[index["IndexName"]] = (*(key["AttributeName"] for key in index["KeySchema"]), *table)
        return cls(found)

    def written(self, before: Item, after: Item, is_transaction: bool = False) -> Written:
        """A write bills the larger of the two items, double in a transaction; a refused one the item that was there."""
        size = max(item_bytes(before), item_bytes(after), 1)
        return Written(-(-size // WRITE_BYTES) * (2 if is_transaction else 1), sum(self._moved(before, after)))

    def stored_bytes(self, item: Item) -> int:
        """What storage is billed for: the item and its index entries."""
        held = [item, *(_entry(item, names) for names in self.keys.values())]
        return sum(item_bytes(each) + STORED_BESIDES for each in held if each)

    def _moved(self, before: Item, after: Item) -> Iterator[int]:
        """For each index: an entry that comes or goes is one write, one whose keys change is two."""
        for names in self.keys.values():
            old, new = _entry(before, names), _entry(after, names)
            if old != new:
                yield sum(-(-item_bytes(entry) // WRITE_BYTES) for entry in (old, new) if entry)


def _entry(item: Item, names: Sequence[str]) -> Item:
    return {name: item[name] for name in names} if all(name in item for name in names) else ABSENT
