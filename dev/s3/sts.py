"""AssumeRole, so that signer roles work where there is no AWS: `POST /`, signed for the service `sts`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl

from dev.s3 import access, sessions, xml
from dev.s3.call import Answer, Call
from dev.s3.refused import Refused

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
FORM_TYPE = "application/x-www-form-urlencoded"
FIELDS = {"Action", "Version", "RoleArn", "RoleSessionName", "DurationSeconds"}
SHORTEST, LONGEST = 900, 3600
"""Seconds. Longer than an hour needs a role that says so, and is never possible for a role that assumes a role."""


def asks(call: Call) -> bool:
    """Whether a request is for STS and not for S3, which has no POST without a bucket."""
    return call.request.method == "POST" and not call.bucket and call.http.content_type == FORM_TYPE


async def answer(call: Call) -> Answer:
    """Credentials, or an error as STS words it."""
    try:
        return await _assume_role(call)
    except Refused as refused:
        error = [("Type", "Sender"), ("Code", refused.code), ("Message", refused.message)]
        return _xml("ErrorResponse", [("Error", error), ("RequestId", call.request_id)], refused.status)


async def _assume_role(call: Call) -> Answer:
    body = await call.http.read()
    call.request = replace(call.request, body_sha256=hashlib.sha256(body).hexdigest())
    access.authenticate(call, service="sts")
    fields = dict(parse_qsl(body.decode("utf-8", "replace")))
    if fields.get("Action") != "AssumeRole" or fields.keys() - FIELDS:
        names = ", ".join(sorted(fields.keys() - FIELDS))
        raise Refused(501, "NotImplemented", f"This endpoint does not implement {fields.get('Action')} {names}".strip())
    role, seconds = fields.get("RoleArn", ""), _seconds(fields)
    _check_may_assume(call, role)
    expires_at = call.now.replace(microsecond=0) + timedelta(seconds=seconds)
    given = sessions.issue(call.service.options.session_key, role, expires_at, call.request_id)
    credentials = [
        ("AccessKeyId", given.access_key),
        ("SecretAccessKey", given.secret),
        ("SessionToken", given.token),
        ("Expiration", expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")),
    ]
    arn = f"{role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/{fields['RoleSessionName']}"
    user = [("AssumedRoleId", f"{given.access_key}:{fields['RoleSessionName']}"), ("Arn", arn)]
    result = [("Credentials", credentials), ("AssumedRoleUser", user)]
    metadata = [("RequestId", call.request_id)]
    return _xml("AssumeRoleResponse", [("AssumeRoleResult", result), ("ResponseMetadata", metadata)])


def _seconds(fields: Mapping[str, str]) -> int:
    text = fields.get("DurationSeconds", str(LONGEST))
    if not text.isdecimal() or not SHORTEST <= int(text) <= LONGEST:
        raise Refused(400, "ValidationError", f"DurationSeconds must be from {SHORTEST} to {LONGEST}.")
    if not re.fullmatch(r"[\w+=,.@-]{2,64}", fields.get("RoleSessionName", ""), re.ASCII):
        raise Refused(400, "ValidationError", "RoleSessionName must be 2 to 64 of A-Z a-z 0-9 _ + = , . @ -")
    return int(text)


def _check_may_assume(call: Call, role: str) -> None:
    """The role must trust the caller, and the caller's own policies must allow it."""
    caller, known = access.principal(call), call.service.options.roles(role)
    trusts = known is not None and caller in known.trusted
    if not trusts or not access.is_allowed(call, "sts:AssumeRole", role):
        message = f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}"
        raise Refused(403, "AccessDenied", message)


def _xml(name: str, children: xml.Value, status: int = 200) -> Answer:
    body = xml.document(name, children, NAMESPACE)  # type: ignore[arg-type]
    return Answer(status, {"Content-Type": "text/xml"}, body)
