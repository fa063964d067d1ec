"""moto as the local stack runs it: slimmed for days of use, and its transactions still all or nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "eu-central-1"
KEY = {"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}


@pytest.fixture(scope="module")
def moto() -> Iterator[subprocess.Popen[bytes]]:
    """The server in a process of its own."""
    with subprocess.Popen([sys.executable, "-m", "dev.moto"], stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.fixture(scope="module")
def table(moto: subprocess.Popen[bytes]) -> Any:
    """A client with a table that has a stream, as ours has."""
    assert moto.stdout is not None
    url = json.loads(moto.stdout.readline())["url"]
    config = Config(retries={"total_max_attempts": 1})
    client = boto3.Session("key", "secret").client("dynamodb", region_name=REGION, endpoint_url=url, config=config)
    client.create_table(
        TableName="t",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=list(KEY),  # type: ignore[arg-type]
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    return client


def item(pk: str, **numbers: int) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": "x"}, **{name: {"N": str(number)} for name, number in numbers.items()}}


def add(pk: str, **more: Any) -> dict[str, Any]:
    values = {":one": {"N": "1"}, **more.pop("values", {})}
    update = {"TableName": "t", "Key": item(pk), "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": values}
    return {"Update": {**update, **more}}


def count(table: Any, pk: str) -> str:
    return str(table.get_item(TableName="t", Key=item(pk))["Item"]["n"]["N"])


def test_a_cancelled_transaction_changes_nothing(table: Any) -> None:
    """The first action was done when the second was refused: what the first changed or made is undone."""
    table.put_item(TableName="t", Item=item("a", n=1))
    refused = add("a2", ConditionExpression="n > :most", values={":most": {"N": "5"}})
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        table.transact_write_items(
            TransactItems=[add("a"), {"Put": {"TableName": "t", "Item": item("new", n=1)}}, refused]
        )
    assert count(table, "a") == "1"
    assert "Item" not in table.get_item(TableName="t", Key=item("new"))


def test_a_transaction_changes_everything(table: Any) -> None:
    """And what it changed stays, also after a later one was cancelled."""
    table.transact_write_items(TransactItems=[add("b"), add("c")])
    with pytest.raises(ClientError):
        table.transact_write_items(TransactItems=[add("b"), add("c", ConditionExpression="n > :one")])
    assert (count(table, "b"), count(table, "c")) == ("1", "1")


def test_a_day_of_transactions_costs_little_memory(moto: subprocess.Popen[bytes], table: Any) -> None:
    """Unslimmed, three hundred transactions over three hundred records take gigabytes."""
    before = resident(moto.pid)
    for number in range(300):
        table.transact_write_items(TransactItems=[add(f"record {number}"), add("owner"), add("tenant")])
    assert resident(moto.pid) - before < 100


def test_a_transaction_takes_no_longer_when_the_table_is_large(moto: subprocess.Popen[bytes], table: Any) -> None:
    """Everybody else waits for it: who has uploaded much must not slow down who uploads now."""

    def ticks() -> int:
        began = spent(moto.pid)
        for number in range(100):
            table.transact_write_items(TransactItems=[add(f"own {number}"), add("owner"), add("tenant")])
        return spent(moto.pid) - began

    ticks()
    alone = ticks()
    for first in range(0, 1500, 25):
        puts = [{"PutRequest": {"Item": item(f"of others {first + number}", n=1)}} for number in range(25)]
        table.batch_write_item(RequestItems={"t": puts})
    assert ticks() < 2.5 * alone


def spent(pid: int) -> int:
    """What a process has had of the CPU, in ticks of the kernel (10 ms)."""
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[11:13]))


def resident(pid: int) -> int:
    """MiB of memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1]) * 4096 >> 20
