"""The good answers of the native API, as architecture and OpenAPI document promise them."""

from __future__ import annotations

import re
from datetime import datetime

import pytest

from portway.errors import Unavailable
from tests.protocols.service import Service
from tests.protocols.steps import BODIES, MIB, PART, SIZE, completed, created, published, sent

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
CREATED = {
    *("id", "status", "strategy", "size", "part_size", "part_count", "expires_at", "server_time", "signed", "warnings"),
}
ITEM = {"id", "status", "reason", "name", "size", "content_type", "category", "created_at", "expires_at", "removed_at"}
VIEW = ITEM | {
    *("metadata", "checksum_algorithm", "checksum", "strategy", "part_size", "part_count", "bytes_stored"),
    *("percentage", "speed"),
    *("seconds_left", "missing", "findings", "risk", "facts", "retained_until", "history", "attempts"),
    "server_time",
}
FILE_VIEW = {
    *("id", "name", "size", "content_type", "category", "metadata", "facts", "checksum_algorithm", "checksum"),
    *("created_at", "published_at", "retained_until", "results", "results_at"),
}


def test_create_answers_everything_that_is_needed_to_send(api: Service) -> None:
    """201 with the id, how to cut the file, when it ends, and the first signed parts; Location is the upload."""
    answer = api.call("POST", "/v1/uploads", {"name": "a.wav", "size": SIZE, "content_type": "audio/wav"})
    assert (answer.status, answer.headers["content-type"]) == (201, "application/json")
    upload = answer.document
    assert upload.keys() == CREATED
    assert answer.headers["location"] == f"/v1/uploads/{upload['id']}"
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", upload["id"])
    assert (upload["status"], upload["size"]) == ("initiated", SIZE)
    assert (upload["part_size"], upload["part_count"]) == (16 * MIB, 1)
    assert MOMENT.fullmatch(upload["expires_at"])
    assert _seconds(upload["server_time"], upload["expires_at"]) == 86_400
    assert upload["signed"].keys() == {"form", "method", "expires_at", "server_time", "parts"}
    (part,) = upload["signed"]["parts"]
    assert part.keys() == {"number", "length", "url", "headers"}
    assert (part["number"], part["length"], part["headers"]) == (1, SIZE, {})


def test_the_first_window_is_a_hundred_parts(api: Service) -> None:
    """`window` says how many parts create signs; 100 when it is left out, never more than there are."""
    assert len(created(api, size=1000 * PART)["signed"]["parts"]) == 100
    assert len(created(api, size=1000 * PART, window=1000)["signed"]["parts"]) == 1000
    assert len(created(api, window=1000)["signed"]["parts"]) == 3


def test_a_window_of_none_signs_nothing(api: Service) -> None:
    """A client that does not know its checksums yet asks for no URLs."""
    assert created(api, window=0)["signed"] is None


def test_an_empty_file_is_one_empty_part(api: Service) -> None:
    """0 bytes go the same way as every other file."""
    upload = created(api, size=0, part_size=None)
    assert (upload["part_count"], upload["signed"]["parts"][0]["length"]) == (1, 0)
    api.put_parts(upload["signed"], {1: b""})
    done = api.call("POST", f"/v1/uploads/{upload['id']}/complete", {"size": 0})
    assert (done.status, done.document["status"], done.document["percentage"]) == (200, "processing", 100)
    api.arrive(upload["id"])
    assert api.call("GET", f"/v1/files/{upload['id']}").document["size"] == 0


def test_the_status_says_where_an_upload_stands(api: Service) -> None:
    """Bytes, percentage, speed and time left, what is missing in ranges, and its history with times."""
    upload = created(api, metadata={"course": "biology"})
    api.clock.pass_seconds(2)
    api.put_parts(upload["signed"], {1: BODIES[1]})
    api.clock.pass_seconds(10)
    api.put_parts(upload["signed"], {3: BODIES[3]})
    view = api.call("GET", f"/v1/uploads/{upload['id']}").document
    assert view.keys() == VIEW
    assert (view["status"], view["bytes_stored"], view["missing"]) == ("in_progress", PART + MIB, [[2, 2]])
    assert (view["percentage"], view["speed"], view["seconds_left"]) == (54.54, MIB // 10, 51)
    assert (view["metadata"], view["checksum_algorithm"], view["checksum"]) == (
        {"course": "biology"},
        "crc64nvme",
        None,
    )
    assert [step["state"] for step in view["history"]] == ["CREATING", "OPEN"]
    assert all(MOMENT.fullmatch(step["at"]) for step in view["history"])
    assert _seconds(view["created_at"], view["server_time"]) == 12


def test_the_parts_are_listed_in_pages(api: Service) -> None:
    """What S3 holds, ascending; the cursor goes on where the page ended."""
    upload_id = sent(api)
    first = api.call("GET", f"/v1/uploads/{upload_id}/parts?limit=2").document
    assert [part["number"] for part in first["parts"]] == [1, 2]
    assert first["parts"][0].keys() == {"number", "size", "etag", "checksum", "stored_at"}
    rest = api.call("GET", f"/v1/uploads/{upload_id}/parts?limit=2&cursor={first['cursor']}").document
    assert [(part["number"], part["size"]) for part in rest["parts"]] == [(3, MIB)]
    assert rest["cursor"] is None


def test_the_parts_stay_listed_after_complete(api: Service) -> None:
    """Afterwards they are those that the file was made of."""
    upload_id = completed(api)
    page = api.call("GET", f"/v1/uploads/{upload_id}/parts?limit=2").document
    assert ([part["number"] for part in page["parts"]], page["cursor"]) == ([1, 2], 2)


def test_progress_is_a_hint(api: Service) -> None:
    """A report changes the word that the owner sees, and nothing else: completing still asks S3."""
    upload = created(api)
    answer = api.call("POST", f"/v1/uploads/{upload['id']}/progress", {"stored": [[1, 1], [2, 3]]})
    assert answer.status == 200
    assert answer.document.keys() == ITEM | {"missing"}
    assert (answer.document["status"], answer.document["missing"]) == ("in_progress", None)
    assert api.call("POST", f"/v1/uploads/{upload['id']}/complete").document["missing"] == [[1, 3]]


def test_progress_completes_when_it_was_asked_to(api: Service) -> None:
    """With `auto_complete` the last report completes the upload; a report that is wrong does not, and says why."""
    upload = created(api, auto_complete=True)
    early = api.call("POST", f"/v1/uploads/{upload['id']}/progress", {"stored": [[1, 3]]})
    assert (early.status, early.document["status"], early.document["missing"]) == (200, "in_progress", [[1, 3]])
    api.put_parts(upload["signed"], BODIES)
    last = api.call("POST", f"/v1/uploads/{upload['id']}/progress", {"stored": [[2, 3]]})
    assert (last.status, last.document["status"], last.document["missing"]) == (200, "processing", [])


@pytest.mark.parametrize("body", [None, {}, {"size": SIZE}])
def test_complete_answers_the_upload(api: Service, body: object) -> None:
    """200 with the upload: stored, nothing missing, its checksum as S3 computed it. Repeating it is fine."""
    upload_id = sent(api)
    for _ in range(2):
        answer = api.call("POST", f"/v1/uploads/{upload_id}/complete", body)
        assert answer.status == 200
        view = answer.document
        assert view.keys() == VIEW
        assert (view["status"], view["missing"], view["bytes_stored"]) == ("processing", [], SIZE)
        assert view["checksum"] is not None
        assert [step["state"] for step in view["history"]] == ["CREATING", "OPEN", "COMPLETING", "STORED"]


def test_complete_does_not_wait_for_a_slow_s3(api: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """202 and Retry-After when S3 has not answered: what was begun is finished by the event or the sweeper."""
    upload_id = sent(api)
    monkeypatch.setattr(api.objects, "complete", _no_answer)
    answer = api.call("POST", f"/v1/uploads/{upload_id}/complete")
    assert (answer.status, answer.headers["retry-after"], answer.document["status"]) == (202, "2", "completing")
    monkeypatch.undo()
    assert api.call("POST", f"/v1/uploads/{upload_id}/complete").status == 200


def test_a_last_report_does_not_wait_either(api: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for an upload that completes itself."""
    upload_id = sent(api, auto_complete=True)
    monkeypatch.setattr(api.objects, "complete", _no_answer)
    answer = api.call("POST", f"/v1/uploads/{upload_id}/progress", {"stored": [[1, 3]]})
    assert (answer.status, answer.headers["retry-after"], answer.document["status"]) == (202, "2", "completing")


@pytest.mark.parametrize("action", ["complete", "progress"])
def test_nothing_is_promised_that_was_not_begun(api: Service, monkeypatch: pytest.MonkeyPatch, action: str) -> None:
    """503, not 202, when S3 could not even be asked what arrived: the upload is still open, nobody will finish it."""
    upload_id = sent(api, auto_complete=True)
    monkeypatch.setattr(api.objects, "list_parts", _no_answer)
    answer = api.call("POST", f"/v1/uploads/{upload_id}/{action}", {"stored": [[1, 3]]} if action == "progress" else {})
    assert (answer.status, answer.document["code"], answer.headers["retry-after"]) == (503, "unavailable", "2")
    assert answer.document["retryable"] is True
    assert api.sessions.uploads[upload_id].status == "OPEN"


def test_cancelling_removes_the_parts(api: Service) -> None:
    """204 without a body; nothing is left in S3, and repeating it is fine."""
    upload_id = sent(api)
    for _ in range(2):
        answer = api.call("DELETE", f"/v1/uploads/{upload_id}")
        assert (answer.status, answer.text) == (204, "")
    assert not api.objects.uploads
    view = api.call("GET", f"/v1/uploads/{upload_id}").document
    assert (view["status"], view["reason"]) == ("cancelled", None)


def test_cancelling_does_not_wait_for_a_slow_s3(api: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """202 and Retry-After: the sweeper goes on. 503 when nothing was begun."""
    upload_id = sent(api)
    with monkeypatch.context() as patch:
        patch.setattr(api.objects, "abort", _no_answer)
        answer = api.call("DELETE", f"/v1/uploads/{upload_id}")
    assert (answer.status, answer.headers["retry-after"], answer.document["status"]) == (202, "2", "cancelled")
    other = sent(api)
    with monkeypatch.context() as patch:
        patch.setattr(api.sessions, "save", _no_answer)
        assert api.call("DELETE", f"/v1/uploads/{other}").status == 503


def test_own_uploads_are_listed_newest_first(api: Service) -> None:
    """By pages; `status` filters by the public word, and a page may be short although more follow."""
    ids = []
    for _ in range(3):
        ids.append(sent(api))
        api.clock.pass_seconds(1)
    api.call("DELETE", f"/v1/uploads/{ids[1]}")
    first = api.call("GET", "/v1/uploads?limit=2").document
    assert first["uploads"][0].keys() == ITEM
    assert [item["id"] for item in first["uploads"]] == [ids[2], ids[1]]
    rest = api.call("GET", f"/v1/uploads?limit=2&cursor={first['cursor']}").document
    assert ([item["id"] for item in rest["uploads"]], rest["cursor"]) == ([ids[0]], None)
    assert [i["id"] for i in api.call("GET", "/v1/uploads?status=cancelled").document["uploads"]] == [ids[1]]
    assert api.call("GET", "/v1/uploads?status=failed").document == {"uploads": [], "cursor": None}


def test_a_published_file_is_shown(api: Service) -> None:
    """Its id is the upload's; the type is the one it is served as."""
    file_id = published(api, name="ü.bin", metadata={"a": "b"})
    answer = api.call("GET", f"/v1/files/{file_id}")
    assert answer.status == 200
    assert answer.document.keys() == FILE_VIEW
    assert (answer.document["id"], answer.document["name"], answer.document["size"]) == (file_id, "ü.bin", SIZE)
    view = api.call("GET", f"/v1/uploads/{file_id}").document
    assert (view["status"], view["checksum"]) == ("completed", answer.document["checksum"])


def test_the_url_of_a_file_reads_it(api: Service) -> None:
    """A signed URL with our type and disposition inside the signature; it says when it ends."""
    file_id = published(api, name="ü.bin")
    link = api.call("GET", f"/v1/files/{file_id}/url").document
    assert link.keys() == {"url", "method", "expires_at", "server_time"}
    assert (link["method"], _seconds(link["server_time"], link["expires_at"])) == ("GET", 900)
    read = api.door.get(link["url"], now=api.clock())
    assert read.body == b"".join(BODIES.values())
    assert read.headers["content-disposition"] == "attachment; filename=\"_.bin\"; filename*=UTF-8''%C3%BC.bin"


def test_a_removed_file_is_gone(api: Service) -> None:
    """204, again on repetition; then 410, and its quota is free again."""
    file_id = published(api)
    for _ in range(2):
        assert api.call("DELETE", f"/v1/files/{file_id}").status == 204
    assert api.call("GET", f"/v1/files/{file_id}").status == 410
    assert api.call("GET", f"/v1/files/{file_id}/url").status == 410
    assert next(iter(api.sessions.counters.values())).size == 0


def _no_answer(*_: object, **__: object) -> None:
    raise Unavailable("no answer")


def _seconds(first: str, last: str) -> float:
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()
