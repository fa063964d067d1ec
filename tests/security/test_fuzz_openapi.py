"""Requests made from the OpenAPI document, as it allows them and as it does not: the API answers as documented."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import deepcopy
from http import HTTPStatus
from typing import Any
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dev.front.payload import Request
from portway.protocols.native_by_token import PREFIX
from tests.protocols.documented import document
from tests.protocols.service import ENVIRONMENT, service
from tests.protocols.steps import tiny, tiny_with_token
from tests.security.effort import tries
from tests.security.front import TOKENS, Front
from tests.security.written import secrets_in

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
STAGES = ("created", "sent", "completed", "published", "removed")
INTERNALS = re.compile(r"Traceback|botocore|boto3|dynamodb|pydantic|powertools|\.py\b|arn:aws|UPLOAD#|QUOTA#", re.I)
ALLOWED, NOT_ALLOWED = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
REFUSED = ["400", "403", "404", "409", "410", "413", "415", "422"]


def served(front: Front, tokens: Sequence[str]) -> Callable[..., Iterable[bytes]]:
    """The gateway and the API behind it as a WSGI application, for the owner; or by the token of one of his uploads.

    Which upload a request by token is about is decided by the request, so that it is always the same.
    """

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        target = f"{environ['REQUEST_URI'].partition('?')[0]}?{environ['QUERY_STRING']}".removesuffix("?")
        sent = [(name[5:].replace("_", "-"), str(environ[name])) for name in environ if name.startswith("HTTP_")]
        sent += [("content-type", environ["CONTENT_TYPE"])] if environ.get("CONTENT_TYPE") else []
        chosen = tokens[crc32(body + target.encode()) % len(tokens)]
        bearer = chosen if target.startswith(PREFIX) else TOKENS["owner"]
        sent += [("authorization", f"Bearer {bearer}")]
        answer = front.answer(Request(method=environ["REQUEST_METHOD"], target=target, headers=sent, body=body))
        start(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(answer.headers))
        return [answer.body]

    return application


def unlocked() -> dict[str, Any]:
    """The document for somebody who has a good token: test_tokens.py and test_capability.py are about all others."""
    opened = deepcopy(document())
    del opened["security"], opened["components"]["securitySchemes"]
    for item in opened["paths"].values():
        for operation in item.values():
            operation.pop("security", None)
    return opened


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[Any, list[str]]]:
    """The schema, bound to an API, and the ids of uploads in every state."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        api = service()
        config = SchemathesisConfig.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSED}}})
        schema = schemathesis.openapi.from_dict(unlocked(), config=config)
        schema.app = served(Front(api, []), [tiny_with_token(api, stage)[1] for stage in STAGES])
        yield schema, [*(tiny(api, stage) for stage in STAGES), "7ZK3M9Q2X4B6C8D0E1F5G7H9JA", "no-id", "%2e%2e"]
        assert not secrets_in(api.logs.getvalue())


def requests() -> Iterator[Any]:
    """Every operation; also with what its document does not allow, where it allows anything beside an id."""
    for path, item in sorted(document()["paths"].items()):
        for method, operation in sorted(item.items()):
            can_be_wrong = "requestBody" in operation or [
                p for p in operation.get("parameters", ()) if p["in"] == "query"
            ]
            for mode in (ALLOWED, NOT_ALLOWED) if can_be_wrong else (ALLOWED,):
                yield pytest.param(path, method, mode, id=f"{operation['operationId']}-{mode.value}")


@pytest.mark.parametrize(("path", "method", "mode"), [*requests()])
def test_requests_made_from_the_document_are_answered_as_documented(
    world: tuple[Any, list[str]], path: str, method: str, mode: GenerationMode
) -> None:
    """Status, headers and schema as documented, what is not allowed is refused; no error and nothing internal."""
    schema, ids = world
    operation, names = schema[path][method.upper()], re.findall(r"\{(\w+)\}", path)
    chosen = [operation.as_strategy(mode, path_parameters=dict.fromkeys(names, each)) for each in ids if names]

    @settings(max_examples=tries(60), deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=st.one_of(*chosen) if names else operation.as_strategy(mode))
    def one(case: schemathesis.Case[Any]) -> None:
        response = case.call()
        case.validate_response(response, checks=CHECKS)
        assert response.status_code != 401
        if response.status_code >= 300:
            assert not INTERNALS.search(response.text)

    one()
