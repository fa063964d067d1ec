"""POST /v1/uploads/{upload_id}/retry: the same bytes once more, for the owner of a file that nobody could process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portway.quotas import Quota
from portway.verdicts import Reason
from tests.protocols.documented import DocumentedService
from tests.protocols.service import Service, service
from tests.protocols.steps import tiny
from tests.protocols.test_native_refusals import refused


def retry(upload_id: str) -> str:
    return f"/v1/uploads/{upload_id}/retry"


def test_a_failed_file_is_published_by_the_next_sweep(api: Service) -> None:
    """202 with the upload, in processing, and when to ask again; nothing is sent a second time."""
    upload_id = tiny(api, "failed")
    shown = api.call("GET", f"/v1/uploads/{upload_id}").document
    assert (shown["status"], shown["reason"], shown["findings"][0]["code"]) == ("failed", "error", "not_processed")
    answer = api.call("POST", retry(upload_id))
    assert (answer.status, answer.headers["retry-after"]) == (202, "60")
    view = answer.document
    assert (view["status"], view["reason"], view["findings"], view["bytes_stored"]) == ("processing", None, [], 5)
    assert [(each["action"], each["code"], each["retryable"]) for each in view["attempts"]] == [
        ("process", "error", True)
    ]
    assert api.call("POST", retry(upload_id)) == answer, "asking twice is fine"
    api.sweeper.sweep()
    shown = api.call("GET", f"/v1/uploads/{upload_id}").document
    assert (shown["status"], [step["state"] for step in shown["history"]][-4:]) == (
        "completed",
        ["PROCESSING", "QUARANTINED", "PROCESSING", "PUBLISHED"],
    )
    assert api.call("GET", f"/v1/files/{upload_id}").status == 200


@pytest.mark.parametrize("reason", [Reason.REJECTED, Reason.INFECTED, Reason.NOT_SCANNED])
def test_what_was_judged_is_refused_with_advice(api: Service, reason: Reason) -> None:
    """409: an operator may have it inspected again, its owner may not."""
    upload_id = tiny(api, "failed")
    api.sessions.uploads[upload_id] = replace(api.sessions.uploads[upload_id], reason=reason)
    problem = refused(api.call("POST", retry(upload_id)), 409, "wrong_state")
    assert problem["state"] == "QUARANTINED"
    assert "Only an operator" in problem["detail"]


@pytest.mark.parametrize("until", ["created", "sent", "completed", "published"])
def test_what_is_on_its_way_or_published_is_refused(api: Service, until: str) -> None:
    """409 with what to do instead."""
    refused(api.call("POST", retry(tiny(api, until))), 409, "wrong_state")


def test_a_removed_file_is_gone(api: Service) -> None:
    """410: there is nothing left to process."""
    upload_id = tiny(api, "failed")
    assert api.call("DELETE", f"/v1/files/{upload_id}").status == 204
    refused(api.call("POST", retry(upload_id)), 410, "gone")


def test_it_needs_room_for_an_open_upload() -> None:
    """403 with the figures, as for a create."""
    api = service(DocumentedService, quota=Quota(1 << 40, 1))
    upload_id = tiny(api, "failed")
    tiny(api, "created")
    problem = refused(api.call("POST", retry(upload_id)), 403, "quota_exceeded")
    assert (problem["what"], problem["used"], problem["limit"], problem["wanted"]) == ("open_uploads", 1, 1, 1)
