"""The OpenAPI document of the native API, from the resolver that answers: `python -m dev.openapi [--check]`.

Writes docs/api/openapi.json; with --check only compares, and exits 1 with the first differences. The examples are
answers that were really given, by the same use cases over stores in memory with a fixed clock.
"""

from __future__ import annotations

import difflib
import json
import sys
import tomllib
from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools.event_handler.openapi.models import HTTPBearer, License, Tag

from dev.config import ROOT
from dev.openapi_examples import Example, examples
from portway.protocols.problems import Problem
from tests.protocols.service import service

TARGET, PROJECT = ROOT / "docs/api/openapi.json", ROOT / "pyproject.toml"
MOST_LINES = 40
SCHEMAS = "#/components/schemas/"
WORDS = """\
Files of any size go straight to object storage; this API decides, signs and remembers.

1. `POST /v1/uploads` declares a file; the answer says how to cut it and holds signed URLs for the first parts.
2. `PUT` each part to its URL: exactly its length, with exactly its headers. `POST …/parts` signs more of them.
3. `POST …/complete` puts the parts together; `GET /v1/uploads/{upload_id}` tells when the file is published.
4. `GET /v1/files/{file_id}/url` gives a URL to read it.

Sizes are bytes, times RFC 3339 in UTC, unknown fields are an error. Errors are `application/problem+json` (RFC 9457): \
decide by `code`, or by the status alone for the answers of the gateway, which are `application/json` with a `message`.
"""
GATEWAY = {"401": "Unauthorized: no token, or one that the gateway does not accept.", "429": "Too many requests."}
GATEWAY_TOO = ("403", "413", "429", "503")
"""Statuses with which the gateway may answer before our code is asked, in its own words."""
POWERTOOLS = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
"""Schemas of answers that problem documents take the place of."""
RETRY_AFTER = ("Retry-After", "integer", "Seconds to wait")
HEADERS = {
    "201": ("Location", "string", "Path of what was made"),
    "401": ("WWW-Authenticate", "string", "`Bearer`"),
    **dict.fromkeys(("202", "429", "500", "503"), RETRY_AFTER),
}
INTERNAL = {"Word": "UploadStatus", "FaultView": "Fault"}
"""Names of ours that say nothing to a client, and what they are called outside."""


def document() -> dict[str, Any]:
    """The whole document, always the same for the same code."""
    made = _generated()
    schemas = made["components"]["schemas"]
    for name in POWERTOOLS:
        del schemas[name]
    problem = Problem.model_json_schema(ref_template=SCHEMAS + "{model}", mode="serialization")
    schemas |= {**problem.pop("$defs"), "Problem": problem, "GatewayMessage": _object(message={"type": "string"})}
    operations = {operation["operationId"]: operation for operation in _operations(made)}
    for operation in operations.values():
        _finish(operation)
    _require_what_always_comes(schemas, operations)
    made["components"] |= {"schemas": dict(sorted(schemas.items())), "responses": _gateway_responses()}
    made["paths"] = {path: dict(sorted(item.items())) for path, item in sorted(made["paths"].items())}
    made = _renamed(_plain(made))
    made["info"]["title"] = "Portway"
    for example in examples():
        _show(next(o for o in _operations(made) if o["operationId"] == example.operation), example)
    return made


def text() -> str:
    """The document as it is committed."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def _generated() -> dict[str, Any]:
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]
    generated = service().app.get_openapi_json_schema(
        title="Portway",
        version=project["version"],
        summary=project["description"],
        description=WORDS,
        license_info=License(name=project["license"], identifier=project["license"]),
        tags=[
            Tag(name="uploads", description="Files on their way"),
            Tag(
                name="tokens",
                description="One upload in the hands of a phone, a worker or a page, without its owner's JWT",
            ),
            Tag(name="files", description="Published files; a file has the id of its upload"),
            Tag(name="operators", description="For operators: the uploads of every tenant"),
        ],
        security=[{"bearer": []}],
        security_schemes={
            "bearer": HTTPBearer(bearerFormat="JWT"),
            "capability": HTTPBearer(description="The token of one upload, as `give_token` answered it"),
        },
    )
    made: dict[str, Any] = json.loads(generated)
    return made


def _operations(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in made["paths"].values():
        yield from item.values()


def _finish(operation: dict[str, Any]) -> None:
    """Headers and the gateway's answers; a body that may be left out is described by what it is when it is there."""
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if "anyOf" in body.get("schema", {}):
        body["schema"] = body["schema"]["anyOf"][0]
    responses = operation["responses"]
    if responses.get("422", {}).get("description") == "Validation Error":  # Powertools' own
        del responses["422"]
    for status, response in responses.items():
        _finish_response(status, response)
    alone = {status: {"$ref": f"#/components/responses/Gateway{status}"} for status in GATEWAY}
    operation["responses"] = dict(sorted({**alone, **responses}.items()))


def _finish_response(status: str, response: dict[str, Any]) -> None:
    if status in HEADERS:
        name, kind, description = HEADERS[status]
        response["headers"] = {name: {"description": description, "schema": {"type": kind}}}
    if status in GATEWAY_TOO:
        response["description"] += " The gateway's own refusal has a `message` only."
        response["content"]["application/json"] = {"schema": {"$ref": f"{SCHEMAS}GatewayMessage"}}
    if status == "204":
        del response["content"]


def _require_what_always_comes(schemas: dict[str, Any], operations: dict[str, Any]) -> None:
    """Answers hold every field, also those with a default; only requests may leave those out."""
    bodies = [operation["requestBody"]["content"]["application/json"] for operation in operations.values()
              if "requestBody" in operation]  # fmt: skip
    asked = {body["schema"]["$ref"].removeprefix(SCHEMAS) for body in bodies}
    for name, schema in schemas.items():
        if name not in asked and "properties" in schema:
            schema["required"] = list(schema["properties"])


def _gateway_responses() -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"{SCHEMAS}GatewayMessage"}}}
    words = "Answered by the gateway, not a problem document."
    return {f"Gateway{status}": {"description": f"{d} {words}", "content": content} for status, d in GATEWAY.items()}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _plain(node: Any) -> Any:
    """Without titles that repeat names, and with whole numbers as such."""
    if isinstance(node, dict):
        return {name: _plain(value) for name, value in node.items() if not (name == "title" and isinstance(value, str))}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    return int(node) if isinstance(node, float) and node.is_integer() else node


def _renamed(made: dict[str, Any]) -> dict[str, Any]:
    schemas = made["components"]["schemas"]
    made["components"]["schemas"] = {INTERNAL.get(name, name): schema for name, schema in sorted(schemas.items())}
    written = json.dumps(made)
    for name, outside in INTERNAL.items():
        written = written.replace(f'"{SCHEMAS}{name}"', f'"{SCHEMAS}{outside}"')
    renamed: dict[str, Any] = json.loads(written)
    return renamed


def _show(operation: dict[str, Any], example: Example) -> None:
    """Put an example where it belongs: at the request, or at the answer with its status."""
    place = operation["requestBody"] if example.status is None else operation["responses"][str(example.status)]
    content = place["content"][example.media_type]
    content.setdefault("examples", {})[example.name] = {"summary": example.words, "value": example.value}


def main(arguments: list[str]) -> int:
    made = text()
    if arguments != ["--check"]:
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        TARGET.write_text(made, "utf-8")
        return 0
    kept = TARGET.read_text("utf-8") if TARGET.exists() else ""
    if kept == made:
        return 0
    name, old, new = str(TARGET.relative_to(ROOT)), kept.splitlines(), made.splitlines()
    lines = difflib.unified_diff(old, new, name, "the code", n=1, lineterm="")
    print("\n".join(list(lines)[:MOST_LINES]))
    print("The OpenAPI document is not what the code answers: run `make openapi` and read the difference.")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
