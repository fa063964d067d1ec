"""Functions die beside every AWS call of every use case, with the boto3 code that is deployed, on stores that are
real: S3's versions and open uploads are listed, the table is read, the bus has a queue behind it.

Before each call (its effect did not happen) and after it (it did, and nobody heard) the process ends. Then its client
comes back, or only the event does, or nobody but the schedule; the invariants of docs/faults.md hold at each step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from portway.aws.s3 import S3Objects
from portway.aws.tables import Table
from portway.model import StoredObject
from tests.faults.aws_lives import USE_CASES
from tests.faults.aws_runs import calls_of, crashed_everywhere
from tests.faults.aws_site import Site


@pytest.mark.parametrize("name", USE_CASES)
def test_a_crash_beside_any_call_harms_nothing(stores: Site, name: str, record_property: Callable[..., None]) -> None:
    """One version of the object, no open upload, the right quota, one event, the right bytes, whoever goes on."""
    figures = crashed_everywhere(stores, USE_CASES[name])
    record_property("figures", f"{name:32}{figures}")


def _one_by_one(table: Table, actions: Sequence[Any]) -> None:
    for action in actions:
        ((verb, rest),) = action.items()
        table._client.put_item(TableName=table._name, **rest) if verb == "Put" else table.update(rest)


def _no_upload(store: S3Objects, key: str) -> tuple[str, ...]:
    return ()


def _no_object(store: S3Objects, key: str, version_id: str | None = None) -> StoredObject | None:
    return HEAD(store, key, version_id) if version_id else None


HEAD = S3Objects.head
BUGS: Mapping[str, tuple[str, str, type, str, Callable[..., Any]]] = {
    "what a move entails is not in its transaction": ("cancel", "I[56]:", Table, "transact", _one_by_one),
    "a late upload is not looked for": ("create", "L2:", S3Objects, "open_uploads", _no_upload),
    "an object is not found": ("complete", "I4:", S3Objects, "head", _no_object),
}


@pytest.mark.parametrize("bug", BUGS)
def test_the_proof_finds_a_bug(stores: Site, bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof that cannot fail proves nothing. None of these bugs shows before something dies."""
    name, invariant, home, method, broken = BUGS[bug]
    monkeypatch.setattr(home, method, broken)
    assert calls_of(stores, USE_CASES[name])
    with pytest.raises(AssertionError, match=invariant):
        crashed_everywhere(stores, USE_CASES[name])
