"""The function on the schedule: what nobody finished goes on, and nothing stays that is paid for."""

from __future__ import annotations

from typing import Any

import pytest

from portway.aws.s3 import S3Objects
from portway.errors import Unavailable
from tests.contracts.tables import TABLE
from tests.functions.deployed import INCOMING, Context, Deployed, client, event
from tests.functions.steps import open_upload, state, stored_upload

DAY = 86_400


def sweep(portway: Deployed) -> dict[str, Any]:
    """What the function says it did."""
    summary: dict[str, Any] = portway.sweep.handler(event("sweep_schedule"), Context())
    return summary


def used(portway: Deployed) -> tuple[int, int]:
    """Bytes and open uploads that are counted for the owner, and as many for his tenant."""
    items = client("dynamodb").scan(TableName=TABLE)["Items"]
    owner, tenant = [(int(i["used"]["N"]), int(i["open"]["N"])) for i in items if i["sk"]["S"] == "QUOTA"]
    assert owner == tenant
    return owner


def test_an_upload_that_nobody_finished_expires(portway: Deployed) -> None:
    """After its time its parts are removed from S3 and its quota is given back; then nothing is left to do."""
    upload_id = portway.call("create")[1]["id"]
    assert used(portway) == (20971520, 1)
    assert sweep(portway)["swept"] == 0
    portway.clock.pass_seconds(DAY + 1)
    assert sweep(portway)["swept"] == 1
    view = portway.call("status", upload_id)[1]
    assert (view["status"], view["history"][-1]["state"]) == ("expired", "EXPIRED")
    assert "Uploads" not in portway.s3.list_multipart_uploads(Bucket=INCOMING)
    assert used(portway) == (0, 0)
    assert [each["detail-type"] for each in portway.announced()] == ["upload.expired"]
    portway.clock.pass_seconds(DAY)
    sweep(portway)
    assert sweep(portway)["swept"] == 0


def test_a_cancel_that_was_interrupted_is_finished(portway: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client was told 202; the sweeper removes what is left and gives the quota back."""
    upload_id = open_upload(portway)
    with monkeypatch.context() as patch:
        patch.setattr(S3Objects, "abort", _no_answer)
        assert portway.call("abort", upload_id)[0] == 202
    portway.clock.pass_seconds(120)
    assert sweep(portway)["swept"] == 1
    assert state(portway, upload_id) == "ABORTED"
    assert "Uploads" not in portway.s3.list_multipart_uploads(Bucket=INCOMING)
    assert used(portway) == (0, 0)


def test_a_complete_that_was_interrupted_is_finished(portway: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client was told 202 and went away: the sweeper completes, and later publishes without any event."""
    upload_id = open_upload(portway)
    with monkeypatch.context() as patch:
        patch.setattr(S3Objects, "complete", _no_answer)
        assert portway.call("complete", upload_id, body="{}")[0] == 202
    portway.clock.pass_seconds(120)
    sweep(portway)
    assert state(portway, upload_id) == "STORED"
    portway.clock.pass_seconds(DAY)
    sweep(portway)
    assert state(portway, upload_id) == "PUBLISHED"


def test_an_upload_whose_event_was_lost_is_published(portway: Deployed) -> None:
    """Events are hints: the due time in the record is what counts."""
    upload_id = stored_upload(portway)
    portway.clock.pass_seconds(DAY)
    sweep(portway)
    assert state(portway, upload_id) == "PUBLISHED"
    assert [each["detail"]["id"] for each in portway.announced()] == [upload_id]


def test_one_that_cannot_go_on_holds_up_no_other(portway: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """What S3 refuses now is due again later; the others are done, and the summary says who waits."""
    # without parts: moto dates them by the wall clock, where the functions' clock would find activity
    stuck, other = (str(portway.call("create_empty")[1]["id"]) for _ in range(2))
    abort = S3Objects.abort

    def stubborn(self: S3Objects, key: str, upload_id: str) -> None:
        if key.endswith(stuck):
            raise Unavailable("no answer")
        abort(self, key, upload_id)

    portway.clock.pass_seconds(DAY + 1)
    with monkeypatch.context() as patch:
        patch.setattr(S3Objects, "abort", stubborn)
        summary = sweep(portway)
    assert [each["what"] for each in summary["waiting"]] == [stuck]
    assert (state(portway, stuck), state(portway, other)) == ("EXPIRING", "EXPIRED")
    portway.clock.pass_seconds(DAY)
    sweep(portway)
    assert state(portway, stuck) == "EXPIRED"
    assert used(portway) == (0, 0)


def _no_answer(*_: object, **__: object) -> Any:
    raise Unavailable("no answer")
