"""Holds every request that is taken, and every answer, to the OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from dev import openapi
from tests.protocols.service import OWNER, Answer, Claim, Service

Schema = Mapping[str, Any]


@cache
def document() -> dict[str, Any]:
    return openapi.document()


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """How the document describes this request; None when it knows no such route."""
    for template, operations in document()["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path.partition("?")[0]):
            found: dict[str, Any] | None = operations.get(method.lower())
            return found
    return None


def faults(schema: Schema, value: Any) -> list[str]:
    """What is wrong with a value, by a schema of the document."""
    whole = {**schema, "components": document()["components"]}
    checker = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(value)]


class DocumentedService(Service):
    """The service; a request or an answer that is not as documented fails the test."""

    def send(
        self,
        method: str,
        path: str,
        text: str | None,
        *,
        who: Claim | None = OWNER,
        headers: Mapping[str, str] | None = None,
        is_base64: bool = False,
    ) -> Answer:
        answer = super().send(method, path, text, who=who, headers=headers, is_base64=is_base64)
        operation = operation_of(method, path)
        if operation:
            _check_answer(operation, answer)
            if answer.status < 300 and text and not is_base64:
                _check_request(operation, text)
        return answer


def _check_answer(operation: Schema, answer: Answer) -> None:
    assert str(answer.status) in operation["responses"], f"{answer.status} of {operation['operationId']}: {answer.text}"
    response = operation["responses"][str(answer.status)]
    assert {name.lower() for name in response.get("headers", {})} <= answer.headers.keys()
    if "content" not in response:
        assert answer.text == ""
        return
    described = response["content"][answer.headers["content-type"]]
    assert not faults(described["schema"], answer.document)


def _check_request(operation: Schema, text: str) -> None:
    if "requestBody" in operation and text != "null":  # a body that nobody reads may be anything
        assert not faults(operation["requestBody"]["content"]["application/json"]["schema"], json.loads(text))
