"""Powertools' HTTP resolver, for JSON alone: by itself it would also take forms, NaN, and an array of one object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from json import JSONDecodeError
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

from portway.errors import Fault, Refused

MAX_BODY = 1 << 20
"""Characters of a body. The largest fair request names 10,000 checksums, in a quarter of that."""


class JsonResolver(APIGatewayHttpResolver):
    """Routes with validated requests, whose bodies are one JSON object or none."""

    def __init__(self) -> None:
        super().__init__(enable_validation=True, json_body_deserializer=json_object)

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """The answer to an event of an HTTP API, payload version 2.0."""
        return super().resolve(_with_plain_type(event), context)


def json_object(text: str) -> Any:
    """The object in a body. JSONDecodeError for what is not JSON, Refused for other JSON."""
    if len(text) > MAX_BODY:
        words = f"The body has over {MAX_BODY} characters."
        raise Refused([Fault("body", "too_large", words, MAX_BODY, len(text))])
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except JSONDecodeError:
        raise
    except ValueError as error:  # a constant, or more digits than Python converts
        raise JSONDecodeError(str(error), text, 0) from error
    if isinstance(found, dict):
        return found
    raise Refused([Fault("body", "not_an_object", "Send one JSON object.")])


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _with_plain_type(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The event with one of two content types: JSON, or something that Powertools does not try to read."""
    headers = event["headers"]
    if "content-type" not in headers:
        return event
    media_type = headers["content-type"].partition(";")[0].strip().lower()
    plain = "application/json" if media_type in ("", "application/json") else "application/octet-stream"
    return {**event, "headers": {**headers, "content-type": plain}}
