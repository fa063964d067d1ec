"""Files of unknown size over the native API: `size: null`, lengths with each window, the size at the end."""

from __future__ import annotations

from typing import Any

from tests.protocols.service import Service
from tests.protocols.steps import FILE, MIB, PART, created
from tests.protocols.test_native_refusals import refused


def sign(api: Service, upload_id: str, lengths: dict[str, int], **more: Any) -> Any:
    body = {"numbers": [int(number) for number in lengths], "lengths": lengths, **more}
    answer = api.call("POST", f"/v1/uploads/{upload_id}/parts", body)
    assert answer.status == 200, answer.text
    return answer.document


def test_a_stream_from_create_to_its_file(api: Service) -> None:
    """Nothing says a size before complete does; then everything is as with any file."""
    upload = created(api, size=None)
    assert (upload["size"], upload["part_count"], upload["signed"]) == (None, None, None)
    assert upload["part_size"] == PART
    api.put_parts(sign(api, upload["id"], {"1": PART}), {1: b"\1" * PART})
    view = api.call("GET", f"/v1/uploads/{upload['id']}").document
    assert (view["size"], view["percentage"], view["bytes_stored"], view["missing"]) == (None, None, PART, [])
    api.put_parts(sign(api, upload["id"], {"2": MIB}), {2: b"\2" * MIB})
    done = api.call("POST", f"/v1/uploads/{upload['id']}/complete", {"size": PART + MIB})
    assert (done.status, done.document["size"], done.document["part_count"]) == (200, PART + MIB, 2)
    assert api.arrive(upload["id"]) == "published"
    assert api.call("GET", f"/v1/files/{upload['id']}").document["size"] == PART + MIB


def test_a_template_serves_streams_too(api: Service) -> None:
    """A window of whole parts as one template; the lengths are those that were asked for."""
    upload = created(api, size=None)
    signed = sign(api, upload["id"], {"1": PART, "2": PART}, form="template")
    assert (signed["form"], signed["numbers"]) == ("template", [1, 2])


def test_complete_without_a_size_says_what_to_do(api: Service) -> None:
    """422 for the field `size`; the upload goes on."""
    upload = created(api, size=None)
    api.put_parts(sign(api, upload["id"], {"1": 5}), {1: b"hello"})
    problem = refused(api.call("POST", f"/v1/uploads/{upload['id']}/complete"), 422, "invalid_request")
    assert [(fault["field"], fault["code"]) for fault in problem["errors"]] == [("size", "missing")]
    assert api.call("POST", f"/v1/uploads/{upload['id']}/complete", {"size": 5}).status == 200


def test_a_stream_that_grows_too_large_is_413(api: Service) -> None:
    """The category's limit holds for what is signed, not for what somebody declared."""
    upload = created(api, size=None, part_size=None, category="data", name="a.csv", content_type="text/csv")
    lengths = {"400": upload["part_size"]}
    answer = api.call("POST", f"/v1/uploads/{upload['id']}/parts", {"numbers": [400], "lengths": lengths})
    assert refused(answer, 413, "invalid_request")["errors"][0]["code"] == "too_large"


def test_a_request_says_that_it_does_not_know_the_size(api: Service) -> None:
    """`size` cannot be left out by mistake: null is said."""
    without = {name: value for name, value in FILE.items() if name != "size"}
    problem = refused(api.call("POST", "/v1/uploads", without), 422, "invalid_request")
    assert problem["errors"][0]["field"] == "size"
