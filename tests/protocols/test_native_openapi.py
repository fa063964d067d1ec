"""docs/api/openapi.json: what clients, and generators of clients, may rely on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from dev import openapi
from portway.protocols import native, native_by_token, native_documents
from tests.protocols.documented import document, faults
from tests.protocols.steps import BY_JWT

BY_TOKEN = {route[2] for route in native_by_token.ROUTES}
ROUTES = {route[2] for route in BY_JWT} | BY_TOKEN


def operations() -> Iterator[dict[str, Any]]:
    for item in document()["paths"].values():
        yield from item.values()


def examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    for operation in operations():
        described = {"request": operation.get("requestBody", {}), **operation["responses"]}
        media = [(where, media) for where, each in described.items() for media in each.get("content", {}).values()]
        for where, content in media:
            for name, example in content.get("examples", {}).items():
                yield f"{operation['operationId']} {where} {name}", content["schema"], example["value"]


def test_the_committed_document_is_what_the_code_answers() -> None:
    """`make openapi` was run after the last change of the wire."""
    assert openapi.TARGET.read_text("utf-8") == openapi.text()


def test_a_stale_document_is_told(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` fails with a short difference, and `make openapi` makes it pass."""
    stale = tmp_path / "openapi.json"
    stale.write_text(openapi.text().replace("/v1/uploads", "/v2/uploads"), "utf-8")
    monkeypatch.setattr(openapi, "ROOT", tmp_path)
    monkeypatch.setattr(openapi, "TARGET", stale)
    assert openapi.main(["--check"]) == 1
    printed = capsys.readouterr().out
    assert "/v2/uploads" in printed
    assert len(printed.splitlines()) <= openapi.MOST_LINES + 1
    assert openapi.main([]) == 0
    assert openapi.main(["--check"]) == 0


def test_the_document_is_openapi() -> None:
    """It is valid OpenAPI 3.1, without a reference into nothing."""
    validate(document())
    assert document()["openapi"].startswith("3.1.")


def test_every_route_is_described() -> None:
    """Each operation has words, its refusals, the gateway's, and nothing of the framework's own."""
    assert {operation["operationId"] for operation in operations()} == ROUTES
    for operation in operations():
        assert len(operation["description"]) > 20
        assert {"401", "429", "500", "503"} <= operation["responses"].keys()
        told = json.dumps(operation["responses"])
        assert ("`forbidden`" in told, "`bad_token`" in told) == (
            (False, True) if operation["operationId"] in BY_TOKEN else (True, False)
        )
    assert "ValidationError" not in openapi.text()


def test_every_code_of_the_core_has_a_status_and_words() -> None:
    """No refusal of the native API is left to a client's guess."""
    assert native.STATUS.keys() | native_documents.OUTSIDE.keys() == native_documents.WHEN.keys()
    assert native_documents.REFUSED.keys() == ROUTES


def test_the_document_says_which_token_a_route_takes() -> None:
    """A client library made from it sends the owner's JWT, or the token of one upload, and never mistakes them."""
    assert document()["security"] == [{"bearer": []}]
    for operation in operations():
        assert operation.get("security") == ([{"capability": []}] if operation["operationId"] in BY_TOKEN else None)
    assert document()["components"]["securitySchemes"].keys() == {"bearer", "capability"}


@pytest.mark.parametrize(("place", "schema", "value"), [pytest.param(*each, id=each[0]) for each in examples()])
def test_every_example_is_as_its_schema_says(place: str, schema: dict[str, Any], value: Any) -> None:
    """Examples are real requests and answers; the one that shows everything that can be wrong is wrong indeed."""
    assert bool(faults(schema, value)) == (place == "create request everything_that_is_wrong_at_once")
