"""The records of the local stack between two runs: moto forgets, so the table is written to a file and read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH = 25
"""Items in one BatchWriteItem, at most."""


def dump(dynamodb: DynamoDBClient, table: str, path: Path) -> int:
    """Write every item of `table`, one per line in DynamoDB's own JSON. The old file stays until the new one is whole.

    Returns the number of items.
    """
    scratch, count = path.with_suffix(".new"), 0
    with scratch.open("w", encoding="utf-8") as file:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            for item in page["Items"]:
                file.write(json.dumps(item) + "\n")
                count += 1
    scratch.replace(path)
    return count


def load(dynamodb: DynamoDBClient, table: str, path: Path) -> int:
    """Put back what `dump` wrote, into an empty table of the same keys. Returns how many; 0 without a file."""
    count = 0
    for rows in _batches(path):
        left: dict[str, Any] = {table: [{"PutRequest": {"Item": row}} for row in rows]}
        while left:
            left = dict(dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"])
        count += len(rows)
    return count


def _batches(path: Path) -> Iterator[list[dict[str, Any]]]:
    if not path.exists():
        return
    rows = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            rows.append(json.loads(line))
            if len(rows) == BATCH:
                yield rows
                rows = []
    if rows:
        yield rows
