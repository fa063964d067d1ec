"""Signing parts through the native API: both forms, checksums, limits, and URLs that S3 takes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dev.s3 import checksums
from portway.policy import Policies
from tests.protocols.documented import DocumentedService
from tests.protocols.service import CREDENTIALS, Answer, Service, service, shipped_policies
from tests.protocols.steps import BODIES, MIB, PART, created

CHECKSUMS = {number: checksums.b64(checksums.digest("crc64nvme", body)) for number, body in BODIES.items()}
HEADER = "x-amz-checksum-crc64nvme"
MOST = 10_000


def without_size_limit() -> Policies:
    """The shipped policy, for files of ten thousand parts."""
    shipped = shipped_policies()
    anything = replace(shipped.categories["anything"], max_size=1 << 50)
    return replace(shipped, categories={"anything": anything})


@pytest.fixture
def upload_of_ten_thousand(monkeypatch: pytest.MonkeyPatch) -> tuple[Service, str]:
    """Signed with a session token as long as those that AWS hands out."""
    monkeypatch.setattr("tests.protocols.service.CREDENTIALS", replace(CREDENTIALS, token="x" * 1500))
    api = service(DocumentedService, policies=without_size_limit())
    return api, created(api, size=MOST * PART, window=0)["id"]


def sign(api: Service, upload_id: str, **body: Any) -> Answer:
    return api.call("POST", f"/v1/uploads/{upload_id}/parts", body)


def test_urls_are_taken_by_s3_for_exactly_these_bytes(api: Service) -> None:
    """Each URL accepts its length and its checksum, and nothing else."""
    upload = created(api, window=0)
    answer = sign(api, upload["id"], numbers=[1, 3], checksums={"1": CHECKSUMS[1]})
    assert answer.status == 200
    first, last = answer.document["parts"]
    assert (first["number"], first["length"], first["headers"]) == (1, PART, {HEADER: CHECKSUMS[1]})
    assert (last["number"], last["length"], last["headers"]) == (3, MIB, {})
    put, now = api.door.put, api.clock()
    assert put(first["url"], BODIES[2], first["headers"], now=now).code == "BadDigest"
    assert put(first["url"], BODIES[1], {HEADER: CHECKSUMS[2]}, now=now).code == "SignatureDoesNotMatch"
    assert put(first["url"], BODIES[1][1:], first["headers"], now=now).code == "SignatureDoesNotMatch"
    assert put(first["url"], BODIES[1], {}, now=now).status == 403
    assert put(first["url"], BODIES[1], first["headers"], now=now).status == 200
    assert put(last["url"], BODIES[3], now=now + 899_000).status == 200
    assert put(last["url"], BODIES[3], now=now + 901_000).status == 403


@pytest.mark.parametrize("values", [{}, CHECKSUMS], ids=["without checksums", "with checksums"])
def test_a_template_makes_the_same_urls(api: Service, values: dict[int, str]) -> None:
    """Number and signature at their literals give the URL of the other form; `{checksum}` is the part's own."""
    upload_id = created(api, window=0)["id"]
    wanted = {str(number): value for number, value in values.items()}
    compact = sign(api, upload_id, range=[1, 3], form="template", checksums=wanted).document
    assert compact.keys() == {
        *("form", "method", "expires_at", "server_time", "template", "numbers", "signatures", "headers")
    }
    assert (compact["form"], compact["method"], compact["numbers"]) == ("template", "PUT", [1, 2, 3])
    assert compact["headers"] == ({HEADER: "{checksum}"} if values else {})
    urls = sign(api, upload_id, range=[1, 3], checksums=wanted).document
    assert (urls["form"], urls["expires_at"]) == ("urls", compact["expires_at"])
    made = [
        compact["template"].replace("{part_number}", str(number)).replace("{signature}", signature)
        for number, signature in zip(compact["numbers"], compact["signatures"], strict=True)
    ]
    assert made == [part["url"] for part in urls["parts"]]


def test_create_signs_with_the_checksums_it_is_given(api: Service) -> None:
    """`part_checksums` of create are those of its first window."""
    signed = created(api, part_checksums={"1": CHECKSUMS[1]})["signed"]
    assert [part["headers"] for part in signed["parts"]] == [{HEADER: CHECKSUMS[1]}, {}, {}]


def test_parts_come_in_the_order_of_their_numbers(api: Service) -> None:
    """However they were asked for, in the form with full URLs."""
    upload_id = created(api)["id"]
    parts = sign(api, upload_id, numbers=[3, 1, 2], checksums={"3": CHECKSUMS[3]}).document["parts"]
    assert [part["number"] for part in parts] == [1, 2, 3]


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "numbers", "either_or"),
        ({"numbers": [1], "range": [1, 1]}, "numbers", "either_or"),
        ({"numbers": []}, "numbers", "empty"),
        ({"numbers": [1, 1]}, "numbers", "repeated"),
        ({"numbers": [0]}, "numbers", "out_of_range"),
        ({"numbers": [4]}, "numbers", "out_of_range"),
        ({"numbers": [10**30]}, "numbers", "out_of_range"),
        ({"range": [2, 1]}, "range", "out_of_range"),
        ({"range": [1, 10_001]}, "range", "out_of_range"),
        ({"range": [-(10**30), 10**30]}, "range", "out_of_range"),
        ({"range": [3, 4]}, "range", "out_of_range"),
        ({"range": [1]}, "range.1", "missing"),
        ({"numbers": ["1"]}, "numbers.0", "int_type"),
        ({"numbers": [1], "form": "list"}, "form", "enum"),
        ({"numbers": [1], "checksums": {"2": CHECKSUMS[2]}}, "checksums", "not_asked_for"),
        ({"numbers": [1], "checksums": {"1": "AAAA"}}, "checksums.1", "malformed_checksum"),
        ({"numbers": [1], "checksums": {"0": CHECKSUMS[1]}}, "checksums.0", "greater_than_equal"),
        ({"numbers": [1, 2], "form": "template", "checksums": {"1": CHECKSUMS[1]}}, "checksums", "mixed"),
        ({"numbers": [1], "lengths": {"1": 5}}, "lengths", "not_asked_for"),
    ],
)
def test_what_cannot_be_signed_is_named(api: Service, body: dict[str, Any], field: str, code: str) -> None:
    """422 with the field and the rule, whatever is asked for."""
    answer = sign(api, created(api)["id"], **body)
    assert (answer.status, answer.document["code"]) == (422, "invalid_request")
    assert (field, code) in {(fault["field"], fault["code"]) for fault in answer.document["errors"]}


def test_a_checksum_of_another_algorithm_is_refused(api: Service) -> None:
    """An upload has one algorithm, for every part and for the whole."""
    upload_id = created(api, checksum_algorithm="crc32c", window=0)["id"]
    answer = sign(api, upload_id, numbers=[1], checksums={"1": CHECKSUMS[1]})
    assert (answer.status, answer.document["errors"][0]["code"]) == (422, "malformed_checksum")


def test_signing_renews_the_session(api: Service) -> None:
    """Once less than half of its life is left; its URLs never outlive it."""
    upload = created(api)
    api.clock.pass_seconds(13 * 3600)
    sign(api, upload["id"], numbers=[1])
    assert api.call("GET", f"/v1/uploads/{upload['id']}").document["expires_at"] > upload["expires_at"]
    api.clock.pass_seconds(7 * 86_400)
    answer = sign(api, upload["id"], numbers=[1])
    assert (answer.status, answer.document["code"], answer.document["state"]) == (409, "wrong_state", "EXPIRED")


def test_ten_thousand_parts_fit_into_one_answer(upload_of_ten_thousand: tuple[Service, str]) -> None:
    """The template form holds all parts that S3 allows in less than 1 MB, with checksums too."""
    api, upload_id = upload_of_ten_thousand
    values = {str(number): CHECKSUMS[1] for number in range(1, MOST + 1)}
    answer = sign(api, upload_id, range=[1, MOST], form="template", checksums=values)
    assert (answer.status, len(answer.document["signatures"])) == (200, MOST)
    assert len(answer.text.encode()) < 1_000_000
    assert len(json.dumps({"range": [1, MOST], "checksums": values})) < 300_000


def test_a_thousand_urls_fit_into_one_answer(upload_of_ten_thousand: tuple[Service, str]) -> None:
    """A thousand full URLs stay far below the 6 MB that a function may answer; more of them are refused."""
    api, upload_id = upload_of_ten_thousand
    values = {str(number): CHECKSUMS[1] for number in range(1, 1001)}
    answer = sign(api, upload_id, range=[1, 1000], checksums=values)
    assert (answer.status, len(answer.document["parts"])) == (200, 1000)
    assert len(answer.text.encode()) < 6_000_000
    more = sign(api, upload_id, range=[1, 1001])
    assert (more.status, more.document["errors"][0]["code"]) == (422, "too_many")
