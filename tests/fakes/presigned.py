"""The door that clients use: presigned URLs, judged by the same verifier as the strict S3 endpoint's."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from dev.s3 import rules, sigv4
from dev.s3.refused import Refused
from tests.fakes.objects import FakeObjects

CHECKSUM = "x-amz-checksum-"


@dataclass(frozen=True, slots=True)
class Answer:
    """HTTP status, S3's error code ("" for success), headers with lower-case names, body."""

    status: int
    code: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Door:
    """`secrets`: access key id → secret. Buckets are found path-style and virtual-hosted."""

    objects: FakeObjects
    secrets: Mapping[str, str]
    region: str

    def put(self, url: str, body: bytes, headers: Mapping[str, str] | None = None, *, now: int) -> Answer:
        """PUT of a part or an object at time `now` (ms), as HTTP clients send it: host and content-length are added."""
        sent = {"content-length": str(len(body)), **_lower(headers)}
        return self._answered("PUT", url, sent, body, now)

    def get(self, url: str, headers: Mapping[str, str] | None = None, *, now: int) -> Answer:
        """GET of one version of a published or incoming object at time `now` (ms)."""
        return self._answered("GET", url, _lower(headers), b"", now)

    def _answered(self, method: str, url: str, headers: Mapping[str, str], body: bytes, now: int) -> Answer:
        parts = urlsplit(url)
        request = sigv4.Request(method, parts.path, parts.query, {"host": parts.netloc, **headers})
        try:
            sigv4.verify(request, self.secrets, now=datetime.fromtimestamp(now / 1000, UTC), region=self.region)
            return self._put(parts, headers, body) if method == "PUT" else self._get(parts)
        except Refused as refused:
            return Answer(refused.status, refused.code)

    def _put(self, url: SplitResult, headers: Mapping[str, str], body: bytes) -> Answer:
        query, (bucket, key) = _query(url), self._place(url)
        if bucket != self.objects.incoming:
            raise Refused(403, "AccessDenied", "Only the incoming bucket takes anything.")
        _check_md5(headers.get("content-md5"), body)
        declared = {name.removeprefix(CHECKSUM): v for name, v in headers.items() if name.startswith(CHECKSUM)}
        if "uploadId" not in query:
            kind, condition = headers.get("content-type", ""), headers.get("if-none-match")
            stored = self.objects.put(key, body, kind, declared, condition)
            return Answer(200, headers={"etag": f'"{stored.etag}"', "x-amz-version-id": stored.version_id})
        number = rules.check_part_number(int(query["partNumber"]))
        part = self.objects.upload_part(key, query["uploadId"], number, body, declared)
        return Answer(200, headers={"etag": f'"{part.etag}"', **{CHECKSUM + name: v for name, v in declared.items()}})

    def _get(self, url: SplitResult) -> Answer:
        query, (bucket, key) = _query(url), self._place(url)
        version = self.objects.version(bucket, key, query.get("versionId", ""))
        if version is None:
            raise Refused(404, "NoSuchVersion", "The specified version does not exist.")
        served = {"content-type": version.content_type, "content-disposition": version.disposition or ""}
        overrides = {name: query.get(f"response-{name}", value) for name, value in served.items()}
        return Answer(200, headers={**overrides, "content-length": str(len(version.data))}, body=version.data)

    def _place(self, url: SplitResult) -> tuple[str, str]:
        path = unquote(url.path).removeprefix("/")
        for bucket in (self.objects.incoming, self.objects.published):
            if url.netloc.startswith(f"{bucket}."):
                return bucket, path
        bucket, _, key = path.partition("/")
        return bucket, key


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}


def _query(url: SplitResult) -> dict[str, str]:
    """A `+` in a query is a plus to S3."""
    pairs = parse_qs(url.query.replace("+", "%2B"), keep_blank_values=True)
    return {name: values[0] for name, values in pairs.items()}


def _check_md5(declared: str | None, body: bytes) -> None:
    actual = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    if declared is not None and declared != actual:
        raise Refused(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
