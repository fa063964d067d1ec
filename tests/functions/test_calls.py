"""How many AWS calls each use case makes, by the deployed functions on the strict S3 endpoint and moto.

Calls are what a warm request takes and what AWS bills (docs/cost.md). A change that adds one fails here, and says
which; if it is meant, the table below is where it is agreed to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bench.cost.assumptions import MIB
from bench.cost.site import Site, site
from bench.cost.stories import SETTLED_SECONDS, Design, body_of, create
from tests.functions.deployed import event

IN_PARTS, SINGLE = Design(part_size=5 * MIB, first=0), Design(is_single=True)
SIZE, SMALL = 5 * MIB + 1, 1000
"""Two parts, the second of one byte."""
Calls = Mapping[str, int]

READ, UPDATE, TRANSACTION = "DynamoDB GetItem", "DynamoDB UpdateItem", "DynamoDB TransactWriteItems"
RATE: Calls = {UPDATE: 1}
"""Of an owner who was idle, or at work at this function (docs/decisions/0008)."""
TELL: Calls = {"EventBridge PutEvents": 1, UPDATE: 1}
"""An event is owed in the transaction of its move, then sent, then marked as sent (docs/decisions/0015)."""
MANIFEST: Calls = {"DynamoDB BatchWriteItem": 1, "DynamoDB BatchGetItem": 1}
"""What a file is made of: written before S3 is asked, and read by whoever asks, so that S3 gets what is kept."""
LOOK: Calls = {"S3 HeadObject": 1, "S3 GetObject": 1}
"""An inspection of a file of no known format."""
CREATE: Calls = {TRANSACTION: 1, "S3 CreateMultipartUpload": 1, "EventBridge PutEvents": 1, UPDATE: 1}
COMPLETE: Calls = {READ: 1, "S3 ListParts": 1, "S3 CompleteMultipartUpload": 1, UPDATE: 1, TRANSACTION: 1}
PUBLISH: Calls = {READ: 1, UPDATE: 2, "S3 CopyObject": 1, TRANSACTION: 1}
"""The bars of design and review, apart from what is named above: nothing may be added to these three."""
SHARDS = 4


def calls(*tables: Calls) -> Counter[str]:
    """All of these together."""
    return sum(map(Counter, tables), Counter[str]())


BUDGET: Mapping[str, Counter[str]] = {
    "create, first of an owner": calls(RATE, CREATE),
    "create": calls(RATE, CREATE),
    "create, the same again": calls(RATE, {TRANSACTION: 1}),
    "create, one PUT": calls(RATE, {TRANSACTION: 1}, TELL),
    "sign, first of an owner": calls(RATE, {READ: 1}),
    "sign": calls(RATE, {READ: 1}),
    "resume: what is missing": calls({READ: 1, "S3 ListParts": 1}),
    "progress": calls({READ: 1, UPDATE: 1}),
    "report of all, auto_complete": calls({READ: 1, UPDATE: 1}, {**COMPLETE, READ: 0}, MANIFEST, TELL),
    "capability, made": calls({READ: 1, UPDATE: 1}),
    "capability, status": calls({READ: 2, "S3 ListParts": 1}),
    "complete": calls(COMPLETE, MANIFEST, TELL),
    "status, stored": calls({READ: 1}),
    "process": calls(PUBLISH, LOOK, TELL),
    "process, the same event again": calls({READ: 1}),
    "process, one PUT": calls(PUBLISH, LOOK, TELL, {"S3 HeadObject": 1, TRANSACTION: 1}, TELL),
    "results, none wanted": calls({READ: 1}),
    "file": calls({READ: 1}),
    "download": calls({READ: 1}),
    "cancel": calls(
        {READ: 1, UPDATE: 1, "S3 AbortMultipartUpload": 1, "S3 ListMultipartUploads": 1, TRANSACTION: 1}, TELL
    ),
    "remove": calls(
        {READ: 1, UPDATE: 1, TRANSACTION: 1},
        {"S3 DeleteObject": 1, "S3 ListObjectVersions": 1, "S3 DeleteObjects": 1},
        TELL,
    ),
    "sweep of nothing": calls({"DynamoDB Query": 2 * SHARDS}),
    "sweep of three ends": calls(
        {"DynamoDB Query": 3 * SHARDS},
        {READ: 3, UPDATE: 3, "S3 DeleteObject": 2, "S3 ListMultipartUploads": 2, "S3 HeadObject": 2},
    ),
}


class Life:
    """Requests and events about uploads on one site; `seen` is what each of them called."""

    def __init__(self, here: Site) -> None:
        self.here, self.seen, self.id = here, dict[str, Counter[str]](), ""

    def create(self, name: str, size: int, design: Design, **again: Any) -> Any:
        step, upload = create(self.here, size, design, **again)
        self.seen[name], self.id = step.operations(), upload["id"]
        return upload

    def ask(self, name: str, about: str, body: Any = None, **changes: Any) -> Any:
        step, answer = self.here.ask(about, self.id, body, **changes)
        self.seen[name] = step.operations()
        return answer

    def hear(self, name: str, is_again: bool = False) -> None:
        self.seen[name] = self.here.process(self.id, is_again).operations()

    def send(self, signed: Sequence[Mapping[str, Any]]) -> None:
        for part in signed:
            self.here.put(part, body_of(part["number"], part["length"]))


def in_parts(life: Life) -> None:
    """One upload of two parts from create to its end, with everything that may be asked about it."""
    life.create("create, first of an owner", SIZE, IN_PARTS)
    life.create("create", SIZE, IN_PARTS, key="again")
    life.create("create, the same again", SIZE, IN_PARTS, key="again")
    life.ask("sign, first of an owner", "sign", {"numbers": [1]})
    signed = life.ask("sign", "sign", {"numbers": [1, 2]})["parts"]
    life.send(signed[:1])
    life.ask("resume: what is missing", "status")
    life.ask("progress", "progress", {"stored": [[1, 1]]})
    token = life.ask("capability, made", "token", {})["token"]
    held = event("api_by_token_status")["headers"] | {"authorization": f"Bearer {token}"}
    life.ask("capability, status", "by_token_status", headers=held)
    life.send(signed[1:])
    life.ask("complete", "complete", {"size": SIZE})
    life.ask("status, stored", "status")
    life.hear("process")
    life.hear("process, the same event again", is_again=True)
    life.seen["results, none wanted"] = life.here.derive(life.id).operations()
    life.ask("file", "file")
    life.ask("download", "file_url")


def in_one_put(life: Life) -> None:
    upload = life.create("create, one PUT", SMALL, SINGLE)
    life.here.put(upload["signed"]["parts"][0], body_of(0, SMALL))
    life.hear("process, one PUT")


def completing_itself(life: Life) -> None:
    upload = life.create("create", SIZE, IN_PARTS, auto_complete=True)
    life.send(life.here.ask("sign", upload["id"], {"numbers": [1, 2]})[1]["parts"])
    life.ask("report of all, auto_complete", "progress", {"stored": [[1, 2]]})


def removed(life: Life) -> None:
    in_one_put(life)
    life.ask("remove", "file_delete")


def cancelled(life: Life) -> None:
    life.create("create", SIZE, IN_PARTS)
    life.ask("cancel", "abort")


def swept(life: Life) -> None:
    """Nothing is due; hours later what was sent of two published files is, and a last look at a cancelled one."""
    life.seen["sweep of nothing"] = life.here.sweep().operations()
    life.here.later(SETTLED_SECONDS)
    life.seen["sweep of three ends"] = life.here.sweep().operations()
    life.here.later(0)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Counter[str]]:
    with site(tmp_path_factory.mktemp("site")) as here:
        life = Life(here)
        for story in (in_parts, in_one_put, cancelled, swept, removed, completing_itself):
            story(life)
        return life.seen


@pytest.mark.parametrize("name", BUDGET)
def test_a_use_case_makes_no_more_calls_than_agreed(seen: Mapping[str, Counter[str]], name: str) -> None:
    """Neither a call more, which all pay for, nor one less, which nobody agreed to."""
    more, less = seen[name] - BUDGET[name], BUDGET[name] - seen[name]
    assert not more, f"{name} calls AWS more often than agreed: {dict(more)}"
    assert not less, f"{name} calls AWS less often than the table says; lower it: {dict(less)}"


def test_everything_that_was_done_has_a_budget(seen: Mapping[str, Counter[str]]) -> None:
    """No use case is left out of the table by a slip."""
    assert seen.keys() == BUDGET.keys()
