"""The native API (docs/api/openapi.json) over the fake's world."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from portway_client import checksums
from portway_client.errors import Fault
from portway_client.testing import rules
from portway_client.testing.answers import Refused, document, invalid
from portway_client.testing.records import HAS_OBJECT, FakeUpload, file_view, item, part_view, view
from portway_client.testing.windows import Windows
from portway_client.testing.world import World
from portway_client.transport import Response

NO_CONTENT = Response(204, {})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, by whom, with what."""

    owner: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def fields(self, table: Mapping[str, rules.Kind], *required: str) -> dict[str, Any]:
        return rules.body_of(self.body, self.headers.get("content-type", ""), table, required)

    def whole(self, name: str, otherwise: int, most: int, least: int = 0) -> int:
        text = self.query.get(name, str(otherwise))
        if not text.isdecimal() or not least <= int(text) <= most:
            code = "int_parsing" if not text.isdecimal() else "less_than_equal"
            words = f"{name} must be a whole number from {least} to {most}."
            raise invalid([Fault(name, code, words, most, text)])
        return int(text)


@dataclass(frozen=True, slots=True)
class Api:
    world: World

    @property
    def windows(self) -> Windows:
        return Windows(self.world)

    def answer(self, method: str, url: str, asked: Asked) -> Response:
        """Raises Refused."""
        path = urlsplit(url).path
        for verb, pattern, operation in ROUTES:
            match = re.fullmatch(pattern, path)
            if match and verb == method:
                return operation(self, asked, *match.groups())
        raise Refused(404, "no_such_route", "There is no such route or method; see the OpenAPI document.")

    def create(self, asked: Asked) -> Response:
        key = asked.headers.get("idempotency-key")
        if key is not None and (not key.isprintable() or not 1 <= len(key) <= 255):
            words = "Idempotency-Key must be 1 to 255 printable characters."
            raise invalid([Fault("idempotency-key", "malformed", words, 255, len(key))])
        upload = self.world.create(asked.owner, asked.fields(rules.CREATE, "name", "size", "content_type"), key)
        count, window = upload.part_count or 0, upload.asked["window"]
        numbers = range(1, min(window, count) + 1) if upload.state == "OPEN" else range(0)
        given = {n: c for n, c in upload.asked["part_checksums"].items() if int(n) in numbers}
        content: dict[str, Any] = {
            "id": upload.id,
            "status": str(upload.status),
            "strategy": upload.strategy,
            "size": upload.size,
            "part_size": upload.part_size,
            "part_count": upload.part_count,
            "expires_at": self.world.clock.text(upload.expires_at),
            "server_time": self.world.clock.text(),
            "signed": self.windows.urls(upload, {n: upload.length(n) for n in numbers}, given) if numbers else None,
            "warnings": [],
        }
        return document(201, content, {"location": f"/v1/uploads/{upload.id}"})

    def sign(self, asked: Asked, upload_id: str) -> Response:
        body = asked.fields(rules.SIGN)
        numbers = rules.numbers_of(body)
        upload = self.world.owned(asked.owner, upload_id)
        if upload.state != "OPEN":
            raise _wrong_state(upload, "Only the parts of an open upload can be signed.")
        if found := list(rules.sign_faults(upload, body, numbers)):
            raise invalid(found)
        lengths = self.windows.lengths(upload, numbers, body.get("lengths", {}))
        if upload.expires_at - self.world.clock.now() < self.world.limits.session_seconds / 2:
            upload.expires_at = self.world.clock.now() + self.world.limits.session_seconds
        form = self.windows.template if body.get("form") == "template" else self.windows.urls
        return document(200, form(upload, lengths, body.get("checksums", {})))

    def status(self, asked: Asked, upload_id: str) -> Response:
        return document(200, view(self.world.owned(asked.owner, upload_id), self.world.clock))

    def parts(self, asked: Asked, upload_id: str) -> Response:
        after, limit = asked.whole("cursor", 0, 10_000), asked.whole("limit", 1000, 1000, 1)
        upload = self.world.owned(asked.owner, upload_id)
        is_open = upload.state == "OPEN"
        held = [p for n, p in sorted(upload.parts.items()) if n > after and (is_open or upload.state in HAS_OBJECT)]
        page = [part_view(part, self.world.clock, is_open=is_open) for part in held[:limit]]
        return document(200, {"parts": page, "cursor": page[-1]["number"] if len(held) > limit else None})

    def progress(self, asked: Asked, upload_id: str) -> Response:
        spans = asked.fields(rules.PROGRESS, "stored")["stored"]
        upload, missing = self.world.owned(asked.owner, upload_id), None
        count = upload.part_count or upload.signed_count
        if bad := [span for span in spans if not 1 <= span[0] <= span[1] <= count]:
            words = f"stored must hold ranges [first, last] within the parts 1 to {count}."
            raise invalid([Fault("stored", "out_of_range", words, [1, count], bad)])
        if upload.state == "OPEN":
            upload.reported |= {number for first, last in spans for number in range(first, last + 1)}
            if upload.asked["auto_complete"] and len(upload.reported) == count:
                missing = upload.missing()
                if not missing:
                    self.world.complete(upload)
        return document(200, {**item(upload, self.world.clock), "missing": missing})

    def complete(self, asked: Asked, upload_id: str) -> Response:
        body = asked.fields(rules.COMPLETE)
        upload = self.world.owned(asked.owner, upload_id)
        if upload.state in ("ABORTED", "EXPIRED"):
            raise _wrong_state(upload, "Create a new upload.")
        _agree(upload, body)
        if upload.state == "OPEN":
            size = int(body["size"]) if upload.size is None else upload.size
            upload.proof = body.get("checksum") or upload.asked.get("checksum")
            _prove(upload, size, upload.proof)
            upload.size = size
            self.world.complete(upload)
        is_late = upload.state == "COMPLETING"
        content = view(upload, self.world.clock)
        return document(202 if is_late else 200, content, {"retry-after": "2"} if is_late else {})

    def cancel(self, asked: Asked, upload_id: str) -> Response:
        upload = self.world.owned(asked.owner, upload_id)
        if upload.state not in ("OPEN", "ABORTED"):
            raise _wrong_state(upload, "Only an upload that is not completed can be cancelled.")
        if upload.state == "OPEN":
            upload.moved("ABORTING", self.world.clock.now())
            upload.moved("ABORTED", self.world.clock.now())
            upload.parts.clear()
        return NO_CONTENT

    def retry(self, asked: Asked, upload_id: str) -> Response:
        upload = self.world.owned(asked.owner, upload_id)
        if upload.removed_at is not None:
            raise Refused(410, "gone", "This file was removed. Upload it again if you need it.")
        if upload.state != "QUARANTINED" or upload.reason != "error" or upload.quarantined > 3:
            raise _wrong_state(upload, "There is nothing that its owner could try again.")
        upload.reason = None
        upload.moved("PROCESSING", self.world.clock.now())
        upload.due_at = self.world.clock.now() + self.world.inspect_seconds
        return document(202, view(upload, self.world.clock), {"retry-after": "300"})

    def uploads(self, asked: Asked) -> Response:
        wanted, limit = asked.query.get("status"), asked.whole("limit", 50, 100, 1)
        before = int(asked.query.get("cursor") or len(self.world.uploads))
        own = [u for u in self.world.uploads.values() if u.owner == asked.owner and u.index < before]
        own = sorted(map(self.world.settled, own), key=lambda upload: -upload.index)
        found = [upload for upload in own if wanted in (None, str(upload.status))]
        page = found[:limit]
        cursor = str(page[-1].index) if len(found) > limit else None
        return document(200, {"uploads": [item(upload, self.world.clock) for upload in page], "cursor": cursor})

    def file(self, asked: Asked, file_id: str) -> Response:
        return document(200, file_view(self._published(asked.owner, file_id), self.world.clock))

    def url(self, asked: Asked, file_id: str) -> Response:
        upload = self._published(asked.owner, file_id)
        if "result" in asked.query:
            raise Refused(404, "not_found", "No such upload. Check the id; only its owner can see an upload.")
        query = {"response-content-disposition": f"attachment; filename*=UTF-8''{quote(upload.name, safe='')}"}
        url = self.world.signer.url("GET", f"/files/{upload.id}", query, {})
        return document(200, {"url": url, "method": "GET", **self.world.signer.life()})

    def delete(self, asked: Asked, file_id: str) -> Response:
        upload = self.world.owned(asked.owner, file_id)
        if not upload.is_held:
            raise _wrong_state(upload, "There is no file yet. Cancel the upload instead.")
        if upload.removed_at is None:
            upload.removed_at = self.world.clock.now()
        return NO_CONTENT

    def _published(self, owner: str, file_id: str) -> FakeUpload:
        upload = self.world.owned(owner, file_id)
        if upload.removed_at is not None:
            raise Refused(410, "gone", "This file was removed. Upload it again if you need it.")
        if upload.state != "PUBLISHED":
            raise _wrong_state(upload, "There is no published file; see the status of the upload.")
        return upload


def _wrong_state(upload: FakeUpload, advice: str) -> Refused:
    words = f"The upload is in state {upload.state}. {advice}"
    return Refused(409, "wrong_state", words, state=upload.state)


def _agree(upload: FakeUpload, body: Mapping[str, Any]) -> None:
    """What complete says must not contradict what is known. Raises Refused."""
    known = {"checksum": upload.checksum or upload.asked.get("checksum"), "size": upload.size}
    found = list(rules.checksum_faults("checksum", upload.algorithm, body.get("checksum")))
    for name, value in known.items():
        if None not in (value, body.get(name)) and value != body[name]:
            found.append(Fault(name, "contradicts", f"{name} is another than what is known.", value, body[name]))
    if upload.size is None and body.get("size") is None:
        found.append(Fault("size", "missing", "size is not known yet: complete has to say it."))
    elif upload.size is None and body["size"] > upload.signed_bytes:
        words = f"Parts for {upload.signed_bytes} bytes were signed. Sign and send the others first."
        found.append(Fault("size", "not_signed", words, upload.signed_bytes, body["size"]))
    if found:
        raise invalid(found)


def _prove(upload: FakeUpload, size: int, checksum: str | None) -> None:
    """S3 is asked, the client is never believed. Raises Refused."""
    count = max(1, -(-size // upload.part_size))
    if missing := upload.missing(count):
        words = "S3 does not have every part yet. Sign and send the missing ones, then complete again."
        raise Refused(409, "parts_missing", words, missing=missing)
    found = [
        Fault(f"parts.{number}", "size_differs", "The part has another size.", wanted, len(part.content))
        for number, part in sorted(upload.parts.items())
        if len(part.content) != (wanted := max(0, min(upload.part_size, size - upload.part_size * (number - 1))))
        or number > count
    ]
    held = [(part.checksum, len(part.content)) for _, part in sorted(upload.parts.items())]
    if checksum and all(each for each, _ in held):
        whole = checksums.combine(upload.algorithm, [(each or "", length) for each, length in held])
        if whole != checksum:
            words = "The parts in S3 make a file with another checksum."
            found.append(Fault("checksum", "differs", words, checksum, whole))
    if found:
        raise Refused(422, "parts_differ", " ".join(fault.message for fault in found), found)


Operation = Callable[..., Response]
UPLOAD, FILE = r"/v1/uploads/([^/]+)", r"/v1/files/([^/]+)"
ROUTES: tuple[tuple[str, str, Operation], ...] = (
    ("POST", "/v1/uploads", Api.create),
    ("GET", "/v1/uploads", Api.uploads),
    ("GET", UPLOAD, Api.status),
    ("DELETE", UPLOAD, Api.cancel),
    ("GET", f"{UPLOAD}/parts", Api.parts),
    ("POST", f"{UPLOAD}/parts", Api.sign),
    ("POST", f"{UPLOAD}/progress", Api.progress),
    ("POST", f"{UPLOAD}/complete", Api.complete),
    ("POST", f"{UPLOAD}/retry", Api.retry),
    ("GET", FILE, Api.file),
    ("GET", f"{FILE}/url", Api.url),
    ("DELETE", FILE, Api.delete),
)


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
