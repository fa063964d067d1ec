"""Examples for the OpenAPI document: one upload from create to download, as the API really answered it."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dev.s3 import checksums
from tests.protocols.service import ENVIRONMENT, OPERATOR, OWNER, Answer, Claim, Service, service, shipped_policies

MIB = 1 << 20
BODIES = {1: b"\1" * (5 * MIB), 2: b"\2" * (5 * MIB), 3: b"\3" * MIB}
FILE = {
    "name": "Messwerte März.bin",
    "size": 11 * MIB,
    "content_type": "application/octet-stream",
    "metadata": {"course": "biology-1"},
    "part_size": 5 * MIB,
    "window": 1,
}


@dataclass(frozen=True, slots=True)
class Example:
    """A request (`status` is None) or an answer of one operation."""

    operation: str
    status: int | None
    name: str
    words: str
    media_type: str
    value: Any


@dataclass(frozen=True, slots=True)
class _Story:
    """Asks, and keeps what was asked and answered."""

    api: Service
    kept: list[Example] = field(default_factory=list)

    def ask(
        self, operation: str, request: str, words: str, body: Any = None, who: Claim = OWNER, **headers: str
    ) -> Any:
        """`request` is a method and a path. The words are those of the request, and of its answer."""
        method, _, path = request.partition(" ")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.api.call(method, path, body, who=who, headers=sent)
        assert answer.status != 500, self.api.logs.getvalue()
        name = words.lower().replace(" ", "_")
        if body is not None:
            self.kept.append(Example(operation, None, name, words, "application/json", body))
        if answer.text:
            media_type = answer.headers["content-type"]
            self.kept.append(Example(operation, answer.status, name, words, media_type, answer.document))
        self.api.clock.pass_seconds(1)
        return _document(answer)


def examples() -> Sequence[Example]:
    """All of them, always the same."""
    os.environ |= ENVIRONMENT
    with contextlib.redirect_stdout(io.StringIO()):  # metrics
        policies = replace(shipped_policies(), version="0123456789ab")  # a rule that changes changes no example
        return _told(_Story(service(policies=policies)))


def _told(story: _Story) -> Sequence[Example]:
    created = story.ask("create", "POST /v1/uploads", "A file in three parts", FILE, idempotency_key="5f3c1c1e-8a52")
    wrong = {"name": "../notes.txt", "size": "11 MB", "content_type": "text/plain", "colour": "blue"}
    story.ask("create", "POST /v1/uploads", "Everything that is wrong at once", wrong)
    story.ask("create", "POST /v1/uploads", "Larger than anybody may send", {**FILE, "size": 6 << 40})
    upload, file = f"/v1/uploads/{created['id']}", f"/v1/files/{created['id']}"
    values = {str(number): checksums.b64(checksums.digest("crc64nvme", body)) for number, body in BODIES.items()}
    second = story.ask("sign_parts", f"POST {upload}/parts", "Full URLs", {"numbers": [2]})
    compact = {"range": [1, 3], "form": "template", "checksums": values}
    story.ask("sign_parts", f"POST {upload}/parts", "A template with checksums", compact)
    _told_by_token(story, upload)
    story.api.put_parts(created["signed"], BODIES)
    story.api.put_parts(second, BODIES)
    story.ask("report_progress", f"POST {upload}/progress", "Two parts are stored", {"stored": [[1, 2]]})
    story.ask("complete", f"POST {upload}/complete", "Too early", {})
    story.ask("get_upload", f"GET {upload}", "On its way")
    story.ask("get_file", f"GET {file}", "Not published yet")
    third = story.ask("sign_parts", f"POST {upload}/parts", "The last part", {"range": [3, 3]})
    story.api.put_parts(third, BODIES)
    story.ask("list_parts", f"GET {upload}/parts", "Three parts")
    story.ask("complete", f"POST {upload}/complete", "With everything to compare", {"size": 11 * MIB})
    story.api.arrive(created["id"])
    story.ask("get_upload", f"GET {upload}", "Published")
    story.ask("list_uploads", "GET /v1/uploads?status=completed", "One upload")
    story.ask("get_file", f"GET {file}", "A published file")
    story.ask("get_file_url", f"GET {file}/url", "To read it")
    story.ask("cancel", f"DELETE {upload}", "Too late to cancel")
    story.ask("delete_file", f"DELETE {file}", "Removed")
    story.ask("get_file", f"GET {file}", "Removed")
    story.ask("get_upload", f"GET /v1/uploads/{'0' * 26}", "Unknown")
    failed = story.ask("create", "POST /v1/uploads", "A file of one part", {**FILE, "part_size": 11 * MIB})
    story.api.put_parts(failed["signed"], {1: b"".join(BODIES.values())})
    story.ask("complete", f"POST /v1/uploads/{failed['id']}/complete", "Complete", {})
    story.api.give_up(failed["id"])
    _told_at_desk(story, f"/v1/operator/uploads/{failed['id']}")
    story.ask("retry_upload", f"POST /v1/uploads/{failed['id']}/retry", "Processed again")
    story.ask("retry_upload", f"POST {upload}/retry", "Removed meanwhile")
    return story.kept


def _told_by_token(story: _Story, upload: str) -> None:
    """A token is given, used and taken back."""
    given = story.ask("give_token", f"POST {upload}/token", "For a day", {"seconds": 86_400})
    bearer = f"Bearer {given['token']}"
    asked = {"numbers": [3]}
    story.ask("sign_parts_by_token", "POST /v1/capability/parts", "One part", asked, authorization=bearer)
    story.ask("get_upload_by_token", "GET /v1/capability", "On its way", authorization=bearer)
    story.ask("revoke_token", f"DELETE {upload}/token", "Taken back")
    story.ask("get_upload_by_token", "GET /v1/capability", "Taken back", authorization=bearer)


def _told_at_desk(story: _Story, upload: str) -> None:
    """An operator looks at a file that nobody could inspect, and has it inspected again."""
    story.ask("list_all_uploads", "GET /v1/operator/uploads?reason=error", "What failed", who=OPERATOR)
    story.ask("get_any_upload", f"GET {upload}", "Nobody could inspect it", who=OPERATOR)
    story.ask("get_any_url", f"GET {upload}/url", "To look at it", who=OPERATOR)
    why = {"why": "It opens, and it is what it says"}
    story.ask("release_any_upload", f"POST {upload}/release", "Not before somebody inspected it", why, OPERATOR)
    story.ask("retry_any_upload", f"POST {upload}/retry", "Inspected again", {"why": "It was our bug"}, OPERATOR)


def _document(answer: Answer) -> Mapping[str, Any]:
    document: Mapping[str, Any] = json.loads(answer.text or "{}")
    return document
