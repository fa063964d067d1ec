"""The quarantine desk of operators under /v1/operator/uploads/{upload_id}, and what a file's owner sees of it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from portway.protocols import native_operators
from portway.verdicts import FACTS, Finding, Inspection, Reason, Risk, Severity
from tests.protocols.service import COLLEAGUE, OPERATOR, OWNER, STRANGER, Answer, Claim, Service
from tests.protocols.steps import tiny
from tests.protocols.test_native_refusals import refused

UPLOADS = "/v1/operator/uploads"
WHY = {"why": "Asked the sender"}
DETAIL = "object 17: /OpenAction /JavaScript"
DECISIONS = ("release", "reject", "retry")
NO_WORDS = [None, {}, {"why": ""}, {"why": " \n"}, {"why": "x" * 1001}, {"why": 1}, {"because": "x"}]
ABOUT_ONE = [(method, path) for method, path, *_ in native_operators.ROUTES if "<upload_id>" in path]


def in_review(api: Service, who: Claim = OWNER, reason: Reason = Reason.IN_REVIEW) -> str:
    """The id of a file that waits for a decision, with everything that an inspection may have found."""
    upload_id = tiny(api, "failed", who)
    record = api.sessions.uploads[upload_id]
    assert record.verdict is not None
    found = replace(
        record.verdict,
        reason=reason,
        risk=Risk.HIGH,
        findings=(Finding("pdf_action", Severity.REVIEW, "It does something.", DETAIL),),
        facts={"pages": 3, "objects": [DETAIL]},
        inspections=(Inspection("size", 0, 0), Inspection("structure", 12, 16_384)),
        bytes_read=16_384,
        milliseconds=12,
    )
    api.sessions.uploads[upload_id] = replace(record, reason=reason, verdict=found)
    return upload_id


def desk(api: Service, upload_id: str, what: str = "", body: Any = WHY, who: Claim = OPERATOR) -> Answer:
    path = f"{UPLOADS}/{upload_id}" + (what and f"/{what}")
    return api.call("GET" if what in ("", "url") else "POST", path, None if what in ("", "url") else body, who=who)


def own(api: Service, upload_id: str, who: Claim = OWNER) -> dict[str, Any]:
    view: dict[str, Any] = api.call("GET", f"/v1/uploads/{upload_id}", who=who).document
    return view


def test_an_operator_sees_the_whole_story(api: Service) -> None:
    """Record, verdict with details, what each inspector cost, the stored object, history and attempts."""
    upload_id = in_review(api, STRANGER)
    answer = desk(api, upload_id)
    story = answer.document
    record = api.sessions.uploads[upload_id]
    assert record.stored is not None
    assert (answer.status, story["tenant"], story["owner"], story["reason"]) == (200, "other", "stranger", "in_review")
    assert (story["stored"]["key"], story["stored"]["version_id"]) == (record.key, record.stored.version_id)
    verdict = story["verdict"]
    assert verdict["findings"] == [
        {"code": "pdf_action", "severity": "review", "words": "It does something.", "detail": DETAIL}
    ]
    assert verdict["inspections"][1] == {"inspector": "structure", "milliseconds": 12, "bytes_read": 16_384}
    assert (verdict["risk"], verdict["policy_version"]) == ("high", api.uploads.rules.policies.version)
    assert verdict["facts"] == {"pages": 3, "objects": [DETAIL]}
    assert ([step["state"] for step in story["history"]][-1], story["published"]) == ("QUARANTINED", None)
    assert story["decisions"] == []


@pytest.mark.parametrize("until", ["created", "sent", "completed", "published", "removed", "failed"])
def test_every_upload_has_a_story(api: Service, until: str) -> None:
    """From its first moment to its last."""
    upload_id = tiny(api, until)
    story = desk(api, upload_id).document
    (item,) = api.call("GET", "/v1/uploads").document["uploads"]
    assert (story["id"], story["status"]) == (upload_id, item["status"])
    assert (story["published"] is None) == (until not in ("published", "removed"))
    assert (story["verdict"] is None) == (until in ("created", "sent", "completed"))


def test_its_owner_learns_what_helps_him_and_no_more(api: Service) -> None:
    """Code, severity, words and risk, and facts that he could see in the file; no detail, no inspector, no decision."""
    upload_id = in_review(api)
    desk(api, upload_id, "url")
    view = own(api, upload_id)
    assert (view["status"], view["reason"], view["risk"]) == ("failed", "in_review", "high")
    assert view["facts"] == {"pages": 3}
    assert view["findings"] == [{"code": "pdf_action", "severity": "review", "words": "It does something."}]
    desk(api, upload_id, "release")
    shown = json.dumps([view, own(api, upload_id), api.call("GET", "/v1/uploads").document])
    for secret in (DETAIL, "structure", "decisions", "operator", WHY["why"], "16384"):
        assert secret not in shown
    assert "objects" not in FACTS


def test_a_released_file_is_published_and_shows_its_facts(api: Service) -> None:
    """202 with the decision and when to ask again; the next sweep publishes it."""
    upload_id = in_review(api)
    answer = desk(api, upload_id, "release")
    assert (answer.status, answer.headers["retry-after"]) == (202, "60")
    assert (answer.document["status"], answer.document["reason"]) == ("processing", None)
    (decision,) = answer.document["decisions"]
    assert {name: decision[name] for name in ("operator", "action", "why", "reason")} == {
        "operator": "operator",
        "action": "release",
        "why": WHY["why"],
        "reason": "in_review",
    }
    api.sweeper.sweep()
    file = api.call("GET", f"/v1/files/{upload_id}").document
    assert (file["content_type"], file["facts"]) == ("text/plain", {"pages": 3})
    again = desk(api, upload_id, "release")
    assert (again.status, again.document["status"], again.document["decisions"]) == (200, "completed", [decision])


def test_a_rejected_file_stays_where_it_is(api: Service) -> None:
    """Its owner sees `rejected`; asking again is 200 then, and another decision can still be made."""
    upload_id = in_review(api)
    assert desk(api, upload_id, "reject").status == 202
    api.sweeper.sweep()
    assert (own(api, upload_id)["status"], own(api, upload_id)["reason"]) == ("failed", "rejected")
    assert desk(api, upload_id, "reject").status == 200
    assert desk(api, upload_id, "retry").status == 202


@pytest.mark.parametrize("reason", sorted({Reason.INFECTED, Reason.REJECTED, Reason.NOT_SCANNED, Reason.ERROR}))
def test_whatever_was_kept_back_is_inspected_again(api: Service, reason: Reason) -> None:
    """By the policy of today; the old verdict counts no more."""
    upload_id = in_review(api, STRANGER, reason)
    answer = desk(api, upload_id, "retry")
    assert (answer.status, answer.document["status"], answer.document["verdict"]) == (202, "processing", None)
    assert answer.document["attempts"][-1]["code"] == reason
    api.sweeper.sweep()
    assert own(api, upload_id, STRANGER)["status"] == "completed"


@pytest.mark.parametrize("second", DECISIONS)
@pytest.mark.parametrize("first", DECISIONS)
def test_the_same_again_is_fine_and_another_decision_is_told(api: Service, first: str, second: str) -> None:
    """409 says what was decided and by whom, also to a second operator who says the same."""
    upload_id, other = in_review(api), {**OPERATOR, "sub": "oscar"}
    assert desk(api, upload_id, first) == desk(api, upload_id, first)
    action = {"retry": "inspect"}.get(first, first)
    problem = refused(desk(api, upload_id, second, who=other), 409, "wrong_state")
    assert (problem["state"], f"operator has decided to {action}" in problem["detail"]) == ("PROCESSING", True)
    assert len(desk(api, upload_id).document["decisions"]) == 1


def test_malware_is_not_released(api: Service) -> None:
    """409 with what to do instead."""
    problem = refused(desk(api, in_review(api, reason=Reason.INFECTED), "release"), 409, "wrong_state")
    assert "inspected again" in problem["detail"]


@pytest.mark.parametrize("what", [*DECISIONS, "remove"])
@pytest.mark.parametrize("body", NO_WORDS)
def test_nobody_decides_without_saying_why(api: Service, what: str, body: Any) -> None:
    """422 names the field, and nothing changes."""
    upload_id = in_review(api)
    before = api.sessions.uploads[upload_id]
    problem = refused(desk(api, upload_id, what, body), 422, "invalid_request")
    assert problem["errors"]
    assert api.sessions.uploads[upload_id] == before


def test_a_file_in_quarantine_is_downloaded_as_mere_bytes(api: Service) -> None:
    """Two minutes, an attachment of no type, under a name that nothing opens. Who asked is in record and log."""
    upload_id = in_review(api)
    answer = desk(api, upload_id, "url")
    query = dict(parse_qsl(urlsplit(answer.document["url"]).query))
    assert (answer.status, answer.document["method"], query["X-Amz-Expires"]) == (200, "GET", "120")
    assert query["response-content-type"] == "application/octet-stream"
    assert query["response-content-disposition"].startswith('attachment; filename="a.txt.quarantined"')
    (read,) = desk(api, upload_id).document["decisions"]
    assert (read["action"], read["operator"], read["why"]) == ("read", "operator", "")
    (line,) = [line for line in api.log_lines() if line["message"] == "quarantined file given out"]
    assert (line["operator"], line["upload_id"]) == ("operator", upload_id)


@pytest.mark.parametrize("until", ["created", "sent", "completed", "published"])
def test_only_what_is_in_quarantine_is_on_the_desk(api: Service, until: str) -> None:
    """409 for what is on its way or published: operators read no files but those they have to decide about."""
    upload_id = tiny(api, until)
    for what in ("url", *DECISIONS):
        refused(desk(api, upload_id, what), 409, "wrong_state")


def test_an_operator_removes_a_file(api: Service) -> None:
    """204, published or not, and again; afterwards it is gone, and the story says who did it and why."""
    for upload_id in (in_review(api), tiny(api, "published")):
        for _ in range(2):
            assert desk(api, upload_id, "remove").status == 204
        story = desk(api, upload_id).document
        assert [(each["action"], each["why"]) for each in story["decisions"]] == [("remove", WHY["why"])]
        assert story["removed_at"] == own(api, upload_id)["removed_at"] is not None
        for what in ("url", *DECISIONS):
            refused(desk(api, upload_id, what), 410, "gone")
    refused(desk(api, tiny(api, "sent"), "remove"), 409, "wrong_state")


def test_what_is_decided_is_logged_without_words_of_people(api: Service) -> None:
    """Who did what to which upload; why is in the record, where names may stand."""
    upload_id = in_review(api)
    desk(api, upload_id, "release")
    (line,) = [line for line in api.log_lines() if line["message"] == "decided"]
    assert (line["upload_id"], line["operator"], line["action"], line["lease"]) == (upload_id, "operator", "release", 2)
    assert WHY["why"] not in api.logs.getvalue()


@pytest.mark.parametrize("who", [OWNER, COLLEAGUE, STRANGER, {**OWNER, "roles": "[operators]"}])
@pytest.mark.parametrize(("method", "path"), ABOUT_ONE)
def test_for_others_there_is_no_desk(api: Service, method: str, path: str, who: Claim) -> None:
    """Neither for his own file nor for another's, whatever he sends: byte for byte as a path that was never there."""
    upload_id = in_review(api)
    before = api.sessions.uploads[upload_id]
    for body in (WHY, {"why": ""}, None) if method == "POST" else (None,):
        answer = api.call(method, path.replace("<upload_id>", upload_id), body, who=who)
        assert answer == api.call(method, "/v1/operator/unknown", body, who=who)
        refused(answer, 404, "no_such_route")
    assert api.sessions.uploads[upload_id] == before


@pytest.mark.parametrize("unknown", ["0" * 26, "x", "..", "%00"])
@pytest.mark.parametrize(("method", "path"), ABOUT_ONE)
def test_an_upload_that_is_not_there_is_told_to_operators(api: Service, method: str, path: str, unknown: str) -> None:
    """404 for an id that never was, and for what is no id."""
    answer = api.call(method, path.replace("<upload_id>", unknown), WHY if method == "POST" else None, who=OPERATOR)
    assert (answer.status, answer.document["code"]) in ((404, "not_found"), (404, "no_such_route"))
