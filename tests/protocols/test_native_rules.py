"""Requests that break rules: every fault is named at once, with its field, the limit and the value."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.protocols.service import Service
from tests.protocols.steps import FILE, MIB, created, tiny
from tests.protocols.test_native_refusals import refused

CATEGORIES = ["anything", "archives", "audio", "data", "documents", "images", "video"]
EVERYTHING_WRONG = {
    "name": "../notes.txt",
    "size": "11 MB",
    "content_type": "nonsense",
    "category": "secret",
    "metadata": {"a": 5},
    "part_size": True,
    "checksum_algorithm": "md5",
    "checksum": "?",
    "part_checksums": {"0": "", "x": "", "1": "AAAA"},
    "strategy": "both",
    "auto_complete": "yes",
    "window": 1001,
    "colour": "blue",
    "tenant": "other",
}


def test_everything_wrong_is_named_at_once(api: Service) -> None:
    """Wrong types, unknown fields and broken rules of one request come in one answer, each with limit and value."""
    problem = refused(api.call("POST", "/v1/uploads", EVERYTHING_WRONG), 422, "invalid_request")
    found = {(fault["field"], fault["code"]): fault for fault in problem["errors"]}
    assert found.keys() == {
        ("name", "separator"),
        ("size", "int_type"),
        ("content_type", "malformed"),
        ("category", "unknown"),
        ("metadata.a", "string_type"),
        ("part_size", "int_type"),
        ("checksum_algorithm", "enum"),
        ("checksum", "malformed_checksum"),
        ("part_checksums.0", "greater_than_equal"),
        ("part_checksums.x", "int_parsing"),
        ("strategy", "literal_error"),
        ("auto_complete", "bool_type"),
        ("window", "out_of_range"),
        ("colour", "extra_forbidden"),
        ("tenant", "extra_forbidden"),
    }
    assert found["name", "separator"]["value"] == "../notes.txt"
    assert found["size", "int_type"]["value"] == "11 MB"
    assert (found["window", "out_of_range"]["limit"], found["window", "out_of_range"]["value"]) == ([0, 1000], 1001)
    assert found["part_checksums.0", "greater_than_equal"]["limit"] == 1
    assert not api.sessions.uploads


@pytest.mark.parametrize(
    ("changes", "field", "code", "limit", "value"),
    [
        ({"name": ""}, "name", "empty", 1, 0),
        ({"name": "x" * 256}, "name", "too_long", 255, 256),
        ({"name": "€" * 342 + "x"}, "name", "too_long", 1024, 1027),
        ({"name": "a\nb"}, "name", "control_character", "without a control character", "a\nb"),
        ({"name": ".."}, "name", "dots", "a name", ".."),
        ({"name": "a\u202eb"}, "name", "bidi_control", "without a bidirectional override", "a\u202eb"),
        ({"size": -1}, "size", "too_small", 0, -1),
        ({"size": True}, "size", "int_type", None, True),
        ({"size": 1.0}, "size", "int_type", None, 1.0),
        ({"size": None, "strategy": "single"}, "strategy", "needs_size", None, None),
        ({"part_size": MIB}, "part_size", "out_of_range", [5 * MIB, 5 << 30], MIB),
        ({"metadata": {"a": "x" * 2048}}, "metadata", "too_large", 2048, 2056),
        ({"window": -1}, "window", "out_of_range", [0, 1000], -1),
        ({"category": "x"}, "category", "unknown", CATEGORIES, "x"),
    ],
)
def test_a_fault_names_field_limit_and_value(
    api: Service, changes: dict[str, Any], field: str, code: str, limit: object, value: object
) -> None:
    """So that a client can say what to change without knowing our rules."""
    problem = refused(api.call("POST", "/v1/uploads", {**FILE, **changes}), 422, "invalid_request")
    faults = [(fault["field"], fault["code"], fault["limit"], fault["value"]) for fault in problem["errors"]]
    assert (field, code, limit, value) in faults
    assert not api.sessions.uploads
    assert not api.objects.uploads


@pytest.mark.parametrize("size", [(5 << 40) + 1, 1 << 60, 10**30])
def test_a_file_that_is_too_large_is_413(api: Service, size: int) -> None:
    """With the limit; a number that JSON readers would bend is described instead of repeated."""
    problem = refused(
        api.call("POST", "/v1/uploads", {**FILE, "size": size, "part_size": None}), 413, "invalid_request"
    )
    (fault,) = problem["errors"]
    assert (fault["field"], fault["code"], fault["limit"]) == ("size", "too_large", 5 << 40)
    assert fault["value"] == (size if size < 1 << 63 else "a number of 100 bits")


@pytest.mark.parametrize("path", ["/{id}/parts", "/{id}/progress", "/{id}/complete"])
def test_unknown_fields_are_refused_everywhere(api: Service, path: str) -> None:
    """A misspelt field is an error, never ignored."""
    answer = api.call("POST", f"/v1/uploads{path.format(id=tiny(api, 'created'))}", {"chekcsum": "x"})
    assert ("chekcsum", "extra_forbidden") in {(f["field"], f["code"]) for f in answer.document["errors"]}


@pytest.mark.parametrize("stored", [[[0, 1]], [[2, 1]], [[1, 4]], [[1, 10**30]], [[-(10**30), 1]]])
def test_reports_are_within_the_parts(api: Service, stored: list[list[int]]) -> None:
    """A hint about parts that do not exist is refused, without any work for its numbers."""
    upload_id = created(api)["id"]
    problem = refused(api.call("POST", f"/v1/uploads/{upload_id}/progress", {"stored": stored}), 422, "invalid_request")
    assert (problem["errors"][0]["field"], problem["errors"][0]["limit"]) == ("stored", [1, 3])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("status=done", "status"),
        ("cursor=x", "cursor"),
    ],
)
def test_queries_are_checked(api: Service, query: str, field: str) -> None:
    """422 with the parameter's name."""
    problem = refused(api.call("GET", f"/v1/uploads?{query}"), 422, "invalid_request")
    assert [fault["field"] for fault in problem["errors"]] == [field]


@pytest.mark.parametrize("faults", ["unknown fields", "checksums"])
def test_thousands_of_faults_make_a_small_answer(api: Service, faults: str) -> None:
    """The first hundred are listed and ten of them told in words; a function may not answer more than 6 MB."""
    many = {
        "unknown fields": {**FILE, **{f"field{number}": number for number in range(20_000)}},
        "checksums": {**FILE, "part_checksums": {str(number): "?" for number in range(1, 10_001)}},
    }[faults]
    answer = api.call("POST", "/v1/uploads", many)
    problem = refused(answer, 422, "invalid_request")
    assert len(problem["errors"]) == 100
    assert re.search(r"And \d+ more\.$", problem["detail"])
    assert len(answer.text) < 100_000


def test_what_is_odd_is_a_warning_and_no_refusal(api: Service) -> None:
    """The category takes any file, so a contradiction is told at create; inspection will say the same."""
    answer = api.call("POST", "/v1/uploads", {**FILE, "name": "a.png", "content_type": "text/plain"})
    assert answer.status == 201
    (warning,) = answer.document["warnings"]
    assert (warning["field"], warning["code"], warning["limit"]) == ("content_type", "extension_mismatch", "image/png")
