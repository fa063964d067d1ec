"""What DynamoSessions promises beyond its port: the shape of items, their size, patience, and errors without doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portway.aws import manifests, records
from portway.aws.dynamodb import DynamoSessions
from portway.aws.tables import TRIES
from portway.consequences import Event
from portway.decisions import MAX_WHY, MOST_KEPT, Action, Decision
from portway.errors import Unavailable
from portway.model import ManifestRef, Principal, PublishedObject, Status, Step, StoredObject, Upload
from portway.quotas import Account
from portway.verdicts import Reason
from tests.contracts.conftest import at_once
from tests.contracts.journeys import EVERYTHING, ROOM, VERDICT
from tests.contracts.tables import TABLE, moto_table, table_properties
from tests.fakes.clock import START
from tests.fakes.uploads import OWNER, an_upload, some_parts

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

DAY = 86_400
OURS = records.quota_key(Account(OWNER.tenant))


@pytest.fixture
def client() -> Iterator[DynamoDBClient]:
    with moto_table() as client:
        yield client


@pytest.fixture
def store(client: DynamoDBClient) -> DynamoSessions:
    return DynamoSessions(client, TABLE, pause=at_once)


def items(client: DynamoDBClient) -> dict[str, dict[str, Any]]:
    """All items of the table by sort key, of the accounts only the owner's."""
    return {item["sk"]["S"]: item for item in client.scan(TableName=TABLE)["Items"] if item["pk"] != OURS["pk"]}


def calls(client: DynamoDBClient) -> list[tuple[str, dict[str, Any]]]:
    """From now on every call to DynamoDB: operation and parameters."""
    seen: list[tuple[str, dict[str, Any]]] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        seen.append((model.name, params))

    client.meta.events.register("provide-client-params.dynamodb.*", note)
    return seen


class Failing:
    """A client whose next calls fail with these errors, one each."""

    def __init__(self, client: DynamoDBClient, *errors: Exception) -> None:
        self.client, self.errors = client, list(errors)

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.client, name)

        def fail_or_call(**arguments: Any) -> Any:
            if self.errors:
                raise self.errors.pop(0)
            return call(**arguments)

        return fail_or_call


def failing(client: DynamoDBClient, *errors: Exception) -> DynamoSessions:
    broken: Any = Failing(client, *errors)
    return DynamoSessions(broken, TABLE, pause=at_once)


def client_error(code: str, operation: str = "UpdateItem", **more: Any) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": ""}, **more}
    return ClientError(response, operation)


def conflicted() -> ClientError:
    reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
    return client_error("TransactionCanceledException", "TransactWriteItems", CancellationReasons=reasons)


def test_every_field_has_an_attribute() -> None:
    """A field that is added to the model cannot be forgotten in the table."""
    assert {field.name for field in fields(Upload)} == {"id", *records.ATTRIBUTES}


def test_the_template_has_what_the_store_asks_for() -> None:
    """Index names, their keys and the TTL attribute are those of the deployed table."""
    properties = table_properties()
    indexes = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in properties["GlobalSecondaryIndexes"]
    }
    assert indexes == {
        records.BY_OWNER: ["owner_pk", "owner_sk"],
        records.BY_CREATED: ["created_shard", "owner_sk"],
        records.BY_KEPT: ["kept_shard", "owner_sk"],
        records.BY_DUE: ["due_shard", "due_at"],
    }
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    text=names,
    metadata=st.dictionaries(names, names, max_size=4),
    number=st.integers(0, 1 << 60),
    reported=st.integers(0, 1 << 10_000),
    history=st.lists(st.builds(Step, st.sampled_from(Status), st.integers(0, 1 << 45)), min_size=1).map(tuple),
    reason=st.sampled_from([None, *Reason]),
)
def test_items_hold_any_value(
    text: str,
    metadata: dict[str, str],
    number: int,
    reported: int,
    history: tuple[Step, ...],
    reason: Reason | None,
) -> None:
    """Whatever a user calls a file, the record reads back the same."""
    upload = an_upload(
        name=text,
        metadata=metadata,
        size=number,
        lease=number,
        reported=reported,
        history=history,
        reason=reason,
        verdict=replace(VERDICT, reason=reason, content_type=text),
        owner=Principal(text, text),
    )
    assert records.session_upload(records.session_item(upload)) == upload


def test_unknown_attributes_are_left_alone(client: DynamoDBClient, store: DynamoSessions) -> None:
    """A newer version's attributes survive a write of an older one: deployments may overlap."""
    upload = an_upload()
    store.add(upload, ROOM)
    client.update_item(
        TableName=TABLE,
        Key=records.session_key(upload.id),
        UpdateExpression="SET color = :c",
        ExpressionAttributeValues={":c": {"S": "blue"}},
    )
    store.save(upload, replace(upload, lease=1))
    assert items(client)["UPLOAD"]["color"] == {"S": "blue"}


def test_only_what_differs_is_written(client: DynamoDBClient, store: DynamoSessions) -> None:
    """A move names the attributes it changes, and touches no index key that stays the same."""
    upload = an_upload()
    store.add(upload, ROOM)
    seen = calls(client)
    store.save_told(upload, upload.moved(Status.OPEN, START + 1, multipart_id="u1"))
    ((operation, arguments),) = seen
    assert operation == "UpdateItem"
    assert arguments["UpdateExpression"] == "SET #status = :status, #history = :history, #multipart_id = :multipart_id"


def test_each_method_is_one_call(client: DynamoDBClient, store: DynamoSessions) -> None:
    """A use case pays for the calls that it names: one each; a list pays for its reads too."""
    seen = calls(client)
    upload = an_upload()
    store.add(upload, ROOM)
    store.get(upload.id)
    aborting = store.save_told(upload, upload.moved(Status.ABORTING, START))
    store.save(aborting, aborting.moved(Status.ABORTED, START))
    manifest = store.put_manifest(upload.id, some_parts(10_000))
    store.get_manifest(upload.id, manifest)
    assert [operation for operation, _ in seen] == [
        "TransactWriteItems",
        "GetItem",
        "UpdateItem",
        "TransactWriteItems",
        "BatchWriteItem",
        "BatchGetItem",
    ]


def test_live_records_have_no_ttl(client: DynamoDBClient, store: DynamoSessions) -> None:
    """TTL never decides: a record that is open, published or quarantined has none."""
    assert "ttl" not in records.session_item(an_upload())
    for status in (Status.PUBLISHED, Status.QUARANTINED):
        assert "ttl" not in records.session_item(an_upload(status=status, removing_at=START))


def test_dead_records_are_collected_a_week_later(client: DynamoDBClient, store: DynamoSessions) -> None:
    """An aborted upload, its manifest, its sent events and the points for it are kept for seven days, in seconds as TTL
    wants it.
    """
    upload = an_upload()
    store.add(upload, ROOM)
    manifest = store.put_manifest(upload.id, some_parts(2001))
    completing = upload.moved(Status.OPEN, START).moved(Status.COMPLETING, START, manifest=manifest)
    store.save(upload, completing)
    store.save(completing, completing.moved(Status.ABORTED, START + 5000, reason=Reason.PARTS_CHANGED))
    for event in store.unsent(START + 10_000, 10):
        store.sent(event)
    found = {key: item.get("ttl") for key, item in items(client).items()}
    assert found.pop("EVENT#CREATING#0") == {"N": str(START // 1000 + 7 * DAY)}
    assert found.pop("QUOTA") is None
    assert len(found) == 5  # session, event, points, two of the manifest
    assert {ttl["N"] for ttl in found.values() if ttl} == {str(START // 1000 + 5 + 7 * DAY)}
    assert None not in found.values()


def test_removed_files_are_collected_too() -> None:
    """Once a published file was removed, its record may go after seven days."""
    upload = an_upload(status=Status.PUBLISHED, removing_at=START, removed_at=START + 1000)
    assert records.session_item(upload)["ttl"] == {"N": str(START // 1000 + 1 + 7 * DAY)}


def test_a_manifest_item_fits() -> None:
    """2,000 parts with the longest checksums stay far below DynamoDB's 400 KB."""
    parts = [replace(part, etag="e" * 36, size=5 * 1024**3, checksum="c" * 44) for part in some_parts(10_000)]
    written = manifests.items("0" * 26, manifests.reference(parts), parts)
    assert len(written) == 5
    assert max(len(item["parts"]["S"]) for item in written) < 210_000


def test_a_usual_record_costs_two_write_units_at_most() -> None:
    """An ordinary record (no token, decision or scan) stays below 2 KB all its life: two write units a move."""
    ordinary = {**EVERYTHING, "reported": 1 << 1000, "stored": StoredObject("v" * 32, "e" * 35, 1)}
    ordinary |= {"capability": None, "decisions": (), "scan": None}
    full = an_upload(**ordinary)
    published = replace(full, published=PublishedObject("b" * 40, "k" * 50, "v" * 32, "audio/wav"))
    item = records.session_item(published)
    assert sum(len(name) + len(str(*value.values())) for name, value in item.items()) < 2048


def test_a_record_full_of_decisions_fits() -> None:
    """As many as are kept, with the longest words in the widest characters: below DynamoDB's 400 KB."""
    longest = Decision(START, "o" * 900, Action.RELEASE, "\U0001f3b5" * MAX_WHY, 1, Reason.IN_REVIEW)
    item = records.session_item(an_upload(**{**EVERYTHING, "decisions": (longest,) * MOST_KEPT}))
    assert sum(len(name) + len(str(*value.values()).encode()) for name, value in item.items()) < 200_000


@pytest.mark.parametrize("code", ["TransactionConflictException", "ThrottlingException"])
def test_save_is_patient(client: DynamoDBClient, store: DynamoSessions, code: str) -> None:
    """Others hold the item at this moment: the write is tried again and the caller notices nothing."""
    upload = an_upload()
    store.add(upload, ROOM)
    patient = failing(client, *[client_error(code)] * (TRIES - 1))
    assert patient.save(upload, replace(upload, lease=1)).lease == 1


def test_add_is_patient(client: DynamoDBClient) -> None:
    """A hot quota item is no reason to refuse an upload."""
    patient = failing(client, *[conflicted()] * (TRIES - 1))
    patient.add(an_upload(), ROOM)
    assert patient.get(an_upload().id) == an_upload()


def test_patience_ends(client: DynamoDBClient, store: DynamoSessions) -> None:
    """After a bounded number of tries the caller is told that nothing is certain."""
    with pytest.raises(Unavailable):
        failing(client, *[conflicted()] * TRIES).add(an_upload(), ROOM)
    assert store.get(an_upload().id) is None


@pytest.mark.parametrize(
    "error",
    [
        client_error("InternalServerError"),
        client_error("AccessDeniedException"),
        client_error("ValidationException"),
        client_error("ResourceNotFoundException"),
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
    ],
    ids=lambda error: str(error)[-60:],
)
def test_any_other_error_decides_nothing(client: DynamoDBClient, store: DynamoSessions, error: Exception) -> None:
    """No SDK error gets through: every one is Unavailable, from every method, with the SDK's own as its cause."""
    upload = an_upload()
    store.add(upload, ROOM)
    event = Event(f"{upload.id}#ABORTED#0", upload.id, "upload.failed", START, {})
    manifest = ManifestRef("0" * 64, 1)
    attempts: list[Callable[[DynamoSessions], object]] = [
        lambda broken: broken.add(an_upload(2), ROOM),
        lambda broken: broken.get(upload.id),
        lambda broken: broken.save(upload, replace(upload, lease=1)),
        lambda broken: broken.save(upload, replace(upload, removed_at=START)),
        lambda broken: broken.put_manifest(upload.id, some_parts(1)),
        lambda broken: broken.get_manifest(upload.id, manifest),
        lambda broken: broken.list_owned(OWNER, None, None, 1),
        lambda broken: broken.overdue(START, 1),
        lambda broken: broken.unsent(START, 1),
        lambda broken: broken.sent(event),
    ]
    for attempt in attempts:
        with pytest.raises(Unavailable) as unavailable:
            attempt(failing(client, error))
        assert unavailable.value.__cause__ is error
    assert store.get(upload.id) == upload
