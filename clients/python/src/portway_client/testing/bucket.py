"""S3 as a client with signed URLs sees it: puts of parts and of whole objects, reads with ranges."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from portway_client import checksums
from portway_client.testing.answers import RefusedByS3
from portway_client.testing.records import SHOWN_BY_ITSELF, FakeUpload, StoredPart
from portway_client.testing.world import World
from portway_client.transport import Response


@dataclass(frozen=True, slots=True)
class Bucket:
    world: World

    def admit(self, method: str, url: str, headers: Mapping[str, str]) -> tuple[FakeUpload, int]:
        """Which upload, and which part of it (0: the object itself). Raises RefusedByS3, before the body is read."""
        query = self.world.signer.check(method, url, headers)
        upload, number = self.world.uploads[urlsplit(url).path.rpartition("/")[2]], int(query.get("partNumber", 0))
        if number:
            self._find(upload)
        return upload, number

    def _find(self, upload: FakeUpload) -> None:
        if self.world.settled(upload).state != "OPEN":
            words = "The specified upload does not exist. It may have been aborted or completed."
            raise RefusedByS3(404, "NoSuchUpload", words)

    def put(self, upload: FakeUpload, number: int, headers: Mapping[str, str], content: bytes) -> Response:
        """A part, or with number 0 the object, whose bytes are here now. Raises RefusedByS3."""
        if number:
            self._find(upload)
        algorithm = upload.algorithm
        checksum = checksums.encode(algorithm, checksums.update(algorithm)(content, 0))
        declared = headers.get(f"x-amz-checksum-{algorithm}")
        if len(content) != int(headers["content-length"]):
            words = "You did not provide the number of bytes specified by the Content-Length HTTP header"
            raise RefusedByS3(400, "IncompleteBody", words)
        if declared not in (None, checksum):
            words = f"The {algorithm.upper()} you specified did not match the calculated checksum."
            raise RefusedByS3(400, "BadDigest", words)
        if number == 0 and upload.parts:
            words = "At least one of the pre-conditions you specified did not hold"
            raise RefusedByS3(412, "PreconditionFailed", words)
        shown = checksum if declared or algorithm == SHOWN_BY_ITSELF else None
        etag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
        before = upload.parts.get(number or 1)
        times = before.times + 1 if before else 1
        part = StoredPart(number or 1, content, etag, shown, self.world.clock.now(), times)
        if upload.state == "OPEN":
            upload.parts[part.number] = part
            if number == 0:
                self.world.complete(upload)
        return Response(200, {"etag": etag} | ({f"x-amz-checksum-{algorithm}": shown} if shown else {}))

    def get(self, upload: FakeUpload, headers: Mapping[str, str]) -> Response:
        """The published file, or a range of it. Raises RefusedByS3."""
        if upload.content is None or upload.removed_at is not None:
            raise RefusedByS3(404, "NoSuchKey", "The specified key does not exist.")
        content, size = upload.content, len(upload.content)
        about = {
            "etag": f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"',
            "accept-ranges": "bytes",
            "content-type": str(upload.asked["content_type"]),
        }
        match = re.fullmatch(r"bytes=(\d+)-(\d*)", headers.get("range", ""))
        if not match:
            return Response(200, {**about, "content-length": str(size)}, content)
        first, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
        if first >= size:
            raise RefusedByS3(416, "InvalidRange", "The requested range is not satisfiable")
        if headers.get("if-match", about["etag"]) != about["etag"]:
            words = "At least one of the pre-conditions you specified did not hold"
            raise RefusedByS3(412, "PreconditionFailed", words)
        said = {"content-range": f"bytes {first}-{last}/{size}", "content-length": str(last - first + 1)}
        return Response(206, {**about, **said}, content[first : last + 1])
