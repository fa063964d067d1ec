"""The steps of an upload through the native API, for tests that are about a later one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portway.protocols import native, native_operators
from tests.protocols.service import OWNER, Claim, Service

BY_JWT = (*native.ROUTES, *native_operators.ROUTES)
"""The routes that ask for a JWT; those of a token for one upload do not."""

MIB = 1 << 20
SIZE, PART = 11 * MIB, 5 * MIB
BODIES = {1: b"\1" * PART, 2: b"\2" * PART, 3: b"\3" * MIB}
FILE = {"name": "a.bin", "size": SIZE, "content_type": "application/octet-stream", "part_size": PART}
TINY = {"name": "a.txt", "size": 5, "content_type": "text/plain"}


def created(api: Service, who: Claim = OWNER, **changes: Any) -> dict[str, Any]:
    """An open upload, by default in three parts; the answer of create."""
    answer = api.call("POST", "/v1/uploads", {**FILE, **changes}, who=who)
    assert answer.status == 201, answer.text
    document: dict[str, Any] = answer.document
    return document


def sent(api: Service, **changes: Any) -> str:
    """The id of an open upload whose three parts are all stored."""
    upload = created(api, **changes)
    api.put_parts(upload["signed"], BODIES)
    return str(upload["id"])


def completed(api: Service, **changes: Any) -> str:
    """The id of a stored upload."""
    upload_id = sent(api, **changes)
    assert api.call("POST", f"/v1/uploads/{upload_id}/complete").status == 200
    return upload_id


def published(api: Service, **changes: Any) -> str:
    """The id of a published file."""
    upload_id = completed(api, **changes)
    assert api.arrive(upload_id) == "published"
    return upload_id


def tiny(api: Service, until: str, who: Claim = OWNER, meanwhile: Callable[[str], object] = str) -> str:
    """The id of a file of five bytes that came as far as `created`, `sent`, `completed`, `published` or `removed`.

    Or to `failed` instead of being published: quarantined for the reason `error`. `meanwhile` hears the id at once.
    """
    upload = api.call("POST", "/v1/uploads", TINY, who=who).document
    steps: dict[str, Callable[[], object]] = {
        "created": lambda: meanwhile(upload["id"]),
        "sent": lambda: api.put_parts(upload["signed"], {1: b"hello"}),
        "completed": lambda: api.call("POST", f"/v1/uploads/{upload['id']}/complete", who=who),
    }
    good_end: dict[str, Callable[[], object]] = {
        "published": lambda: api.arrive(upload["id"]),
        "removed": lambda: api.call("DELETE", f"/v1/files/{upload['id']}", who=who),
    }
    bad_end = {"failed": lambda: api.give_up(upload["id"])}
    for step, take in {**steps, **(bad_end if until in bad_end else good_end)}.items():
        take()
        if step == until:
            return str(upload["id"])
    raise ValueError(until)


def given(api: Service, upload_id: str, seconds: int | None = None, who: Claim = OWNER) -> str:
    """A token for this upload."""
    answer = api.call("POST", f"/v1/uploads/{upload_id}/token", seconds and {"seconds": seconds}, who=who)
    assert answer.status == 201, answer.text
    return str(answer.document["token"])


def tiny_with_token(api: Service, until: str, seconds: int | None = None) -> tuple[str, str]:
    """The id of such a file, and its token, which was given when it was created."""
    tokens: list[str] = []
    upload_id = tiny(api, until, meanwhile=lambda made: tokens.append(given(api, made, seconds)))
    return upload_id, tokens[0]
