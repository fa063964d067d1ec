"""The records of the local stack between two runs: moto forgets, so the table is written to a file and read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH = 25
"""Items in one BatchWriteItem, at most."""


class Damaged(Exception):
    """A file of records cannot be read. The message says where, and what to do."""


def dump(dynamodb: DynamoDBClient, table: str, path: Path, holds: Callable[[], bool] = lambda: True) -> bool:
    """Write every item of `table`, one per line in DynamoDB's own JSON. The old file stays until the new one is whole.

    It stays, too, if `holds` says in the end that the new one is worth nothing. Returns whether there is a new one.
    """
    scratch = path.with_suffix(".new")
    with scratch.open("w", encoding="utf-8") as file:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            for item in page["Items"]:
                file.write(json.dumps(item) + "\n")
    if not holds():
        scratch.unlink()
        return False
    scratch.replace(path)
    return True


def load(dynamodb: DynamoDBClient, table: str, path: Path) -> int:
    """Put back what `dump` wrote, into an empty table of the same keys. Returns how many; 0 without a file. Damaged."""
    count = 0
    for rows in _batches(path):
        left: dict[str, Any] = {table: [{"PutRequest": {"Item": row}} for row in rows]}
        while left:
            left = dict(dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"])
        count += len(rows)
    return count


def _row(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row: dict[str, Any] = json.loads(line)
    except ValueError:
        raise Damaged(f"line {number} of {path} is no record. Remove it, what it was about is forgotten") from None
    return row


def _batches(path: Path) -> Iterator[list[dict[str, Any]]]:
    if not path.exists():
        return
    rows = []
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            rows.append(_row(path, number, line))
            if len(rows) == BATCH:
                yield rows
                rows = []
    if rows:
        yield rows
