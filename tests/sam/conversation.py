"""Every event of events/ about one upload, in an order in which each has something to do."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any

import requests

from dev.world import World

Asked = tuple[str, dict[str, Any]]
"""What the question is called, the name of a file of events/ first, and the event."""
CONTENT = bytes(range(256)) * (20 * 1024 * 1024 // 256)
OPEN = ("sign", "sign_template", "parts", "progress", "status", "status_stranger", "status_without_tenant", "list")
REFUSED = ("retry", "create_refused", "create_empty")
BY_TOKEN = ("sign", "parts", "progress", "status")
STORED = ("unknown_key", "late_version", "scan_result", "object_created", "duplicate", "batch")
PUBLISHED = ("file", "file_url", "abort")


def conversation(world: World) -> Generator[Asked, Any, None]:
    """Whoever drives it sends back each answer."""
    created = body((yield ask(world, "api_create")))
    upload_id: str = created["id"]
    for part in created["signed"]["parts"]:
        put(part, created["part_size"])
    for name in (*OPEN, *REFUSED):
        yield ask(world, f"api_{name}", upload_id)
    token = body((yield ask(world, "api_token", upload_id)))["token"]
    for name in BY_TOKEN:
        yield by_token(world, name, token)
    yield ask(world, "api_complete", upload_id)
    yield by_token(world, "complete", token)
    yield ask(world, "api_token_revoke", upload_id)
    for name in STORED:
        yield ask(world, f"process_{name}", upload_id)
    for name in ("api_status", "api_list"):
        yield ask(world, name, upload_id, " when published")
    for name in PUBLISHED:
        yield ask(world, f"api_{name}", upload_id)
    for name in ("derive_published", "dead_letter_batch", "sweep_schedule", "api_file_delete"):
        yield ask(world, name, upload_id)
    yield ask(world, "api_file", upload_id, " when deleted")


def ask(world: World, name: str, upload_id: str = "", when: str = "") -> Asked:
    return name + when, world.event(name, upload_id)


def by_token(world: World, name: str, token: str) -> Asked:
    """As somebody who has no JWT, but the token of this upload."""
    event = world.event(f"api_by_token_{name}", "")
    event["headers"]["authorization"] = f"Bearer {token}"
    return f"api_by_token_{name}", event


def body(answer: dict[str, Any]) -> Any:
    return json.loads(answer["body"])


def put(part: dict[str, Any], part_size: int) -> None:
    """Send one part as a client does."""
    first = (part["number"] - 1) * part_size
    piece = CONTENT[first : first + part["length"]]
    stored = requests.put(part["url"], data=piece, headers=part["headers"], timeout=60)
    assert stored.status_code == 200, stored.text
