"""The form POST: a signed policy, the fields that it allows, and a file that is streamed like any other body."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import BodyPartReader

from dev.s3 import access, bodies, headers, objects, sigv4
from dev.s3.bodies import BLOCK, Intake, Promise
from dev.s3.call import Answer, Call, xml_answer
from dev.s3.refused import Refused
from dev.s3.rules import MAX_PART
from dev.s3.versions import Version

MAX_FIELDS_BYTES = 20 * 1024
UNCHECKED = {"policy", "x-amz-signature", "file"}  # fields that the policy need not name


async def post(call: Call) -> Answer:
    """Refused 403 for what the policy does not allow, EntityTooLarge or EntityTooSmall for its content-length-range."""
    await call.go_on()
    fields, file = await _read_fields(call)
    options = call.service.options
    call.signer = sigv4.verify_form(fields, options.secrets, now=call.now, region=options.region)
    smallest, largest = check_policy(fields, call.now)
    headers.check_built(fields)
    call.key = fields["key"].replace("${filename}", file.filename or "")
    access.authorize(call, "s3:PutObject", call.bucket, call.key)
    facts = objects.facts_of({name: value for name, value in fields.items() if name != "x-amz-tagging"})
    with call.service.files.incoming() as body:
        promise = Promise(None, fields.get("content-md5", ""), "", *bodies.declared_checksum(fields))
        received = await _stream(call, file, Intake(promise, body.write), largest)
        if received.size < smallest:
            raise Refused(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size")
        version = objects.store_body(call, body, received, facts, "POST Object")
    return _answer(call, fields, version)


async def _read_fields(call: Call) -> tuple[dict[str, str], BodyPartReader]:
    """The fields before the file, names in lower case, and the file, not yet read."""
    fields: dict[str, str] = {"bucket": call.bucket}
    size = 0
    async for part in await call.http.multipart():
        if not isinstance(part, BodyPartReader):
            raise Refused(400, "MalformedPOSTRequest", "The body of your POST request is not well-formed.")
        name = (part.name or "").lower()
        if name == "file":
            if "key" not in fields:
                raise Refused(400, "InvalidArgument", "Bucket POST must contain a field named 'key'.")
            return fields, part
        value = await part.read()
        size += len(name) + len(value)
        if size > MAX_FIELDS_BYTES:
            message = "Your POST request fields preceding the upload file were too large."
            raise Refused(400, "MaxPostPreDataLengthExceeded", message)
        fields[name] = value.decode("utf-8", "replace")
    raise Refused(400, "InvalidArgument", "POST requires exactly one file upload per request.")


async def _stream(call: Call, file: BodyPartReader, intake: Intake, largest: int) -> bodies.Received:
    size = 0
    while block := await file.read_chunk(BLOCK):
        size += len(block)
        if size > largest:
            message = "Your proposed upload exceeds the maximum allowed size"
            raise Refused(400, "EntityTooLarge", message, MaxSizeAllowed=str(largest))
        await asyncio.get_running_loop().run_in_executor(call.service.pool, intake.feed, [bytes(block)])
    return intake.finish()


def check_policy(fields: Mapping[str, str], now: datetime) -> tuple[int, int]:
    """The bounds of the file's size that the policy sets; Refused AccessDenied for fields that it does not allow."""
    try:
        policy = json.loads(base64.b64decode(fields["policy"], validate=True))
        expires = datetime.fromisoformat(policy["expiration"].replace("Z", "+00:00"))
        conditions = [_parsed(condition) for condition in policy["conditions"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(400, "InvalidPolicyDocument", "Invalid Policy: invalid JSON or conditions.") from None
    if now > expires.replace(tzinfo=expires.tzinfo or UTC):
        raise _denied("Policy expired.")
    bounds, named = (0, MAX_PART), {"bucket"}
    for operator, name, value in conditions:
        if operator == "content-length-range":
            bounds = (int(name), int(value))
            continue
        named.add(name)
        if operator not in OPERATORS:
            raise _denied(f"Unknown condition {operator}")
        if not OPERATORS[operator](fields.get(name, ""), value):
            raise _denied(f'Policy Condition failed: ["{operator}", "${name}", "{value}"]')
    extra = {name for name in fields if not name.startswith("x-ignore-")} - named - UNCHECKED
    if extra:
        raise _denied(f"Extra input fields: {', '.join(sorted(extra))}")
    return bounds


OPERATORS: Mapping[str, Callable[[str, str], bool]] = {"eq": str.__eq__, "starts-with": str.startswith}


def _parsed(condition: Any) -> tuple[str, str, str]:
    """A condition as (operator, field in lower case without `$`, value)."""
    if isinstance(condition, dict):
        ((name, value),) = condition.items()
        return "eq", str(name).lower(), str(value)
    operator, name, value = (str(word) for word in condition)
    return operator.lower(), name.removeprefix("$").lower(), value


def _denied(why: str) -> Refused:
    return Refused(403, "AccessDenied", f"Invalid according to Policy: {why}")


def _answer(call: Call, fields: Mapping[str, str], version: Version) -> Answer:
    created = objects.created_headers(call, version)
    where = {"Bucket": call.bucket, "Key": call.key, "ETag": f'"{version.etag}"'}
    if redirect := fields.get("success_action_redirect"):
        joint = "&" if "?" in redirect else "?"
        return Answer(
            303,
            {
                **created,
                "Location": f"{redirect}{joint}{urlencode({name.lower(): value for name, value in where.items()})}",
            },
        )
    status = fields.get("success_action_status", "204")
    if status != "201":
        return Answer(200 if status == "200" else 204, created)
    answer = xml_answer("PostResponse", list(where.items()), created)
    answer.status = 201
    return answer
