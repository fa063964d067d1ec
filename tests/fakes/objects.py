"""S3 in memory: versions, multipart uploads and their rules, for small bodies. Deterministic, cheap to copy.

The part rules are those of the strict endpoint (dev/s3/rules.py). `presigned.py` has the door for signed URLs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Self

from dev.s3 import checksums, rules
from dev.s3.refused import Refused
from portway.edits import Edit, Kept, size
from portway.errors import PartsChanged, StoreAnswer, Unavailable, UploadGone
from portway.model import ChecksumAlgorithm, Part, PublishedObject, StoredObject
from portway.ports import Headers, PartPage
from tests.fakes.clock import START

CRC32 = ChecksumAlgorithm.CRC32
Place = tuple[str, str]
"""Bucket and key."""
MEANINGS: Mapping[str, type[StoreAnswer]] = {
    "NoSuchUpload": UploadGone,
    "InvalidPart": PartsChanged,
    "InvalidPartOrder": PartsChanged,
    "EntityTooSmall": PartsChanged,
    "InvalidRequest": PartsChanged,
    "BadDigest": PartsChanged,
}


def _start() -> int:
    return START


@dataclass(frozen=True, slots=True)
class FakePart:
    data: bytes
    listed: Part
    is_declared: bool

    def stored(self) -> rules.StoredPart:
        part = self.listed
        return rules.StoredPart(part.number, part.size, part.etag, part.checksum or "", self.is_declared)


@dataclass(frozen=True, slots=True)
class FakeUpload:
    """An open multipart upload. `is_flying`: a part is on its way, and the next abort does not end it.

    With `headers` it is in the published bucket (FakeCopies).
    """

    key: str
    content_type: str
    algorithm: ChecksumAlgorithm
    session: str
    parts: Mapping[int, FakePart] = field(default_factory=dict)
    is_flying: bool = False
    headers: Headers | None = None


@dataclass(frozen=True, slots=True)
class FakeVersion:
    """One version of an object; disposition and Cache-Control only on published ones."""

    data: bytes
    stored: StoredObject
    content_type: str
    disposition: str | None = None
    cache_control: str | None = None


def _shown(data: bytes, stored: StoredObject, headers: Headers) -> FakeVersion:
    return FakeVersion(data, stored, headers.content_type, headers.disposition, headers.cache_control)


@contextmanager
def meanings() -> Iterator[None]:
    """S3's refusals as the port's answers."""
    try:
        yield
    except Refused as refused:
        raise MEANINGS.get(refused.code, Unavailable)(str(refused)) from refused


class FakeObjects:
    """A portway.ports.ObjectStore.

    `min_part`: least bytes of a part before the last. `remembers_completes`: a repeated Complete succeeds again, as
    AWS was seen to do; otherwise the upload is gone, as its documentation allows. `created` holds (key, version id) of
    every object that appeared in the incoming bucket, as S3's events would tell.
    """

    incoming, published = "incoming", "published"

    def __init__(
        self, min_part: int = rules.MIN_PART, remembers_completes: bool = False, now: Callable[[], int] = _start
    ) -> None:
        self.min_part, self.remembers_completes, self.now = min_part, remembers_completes, now
        self.uploads: dict[str, FakeUpload] = {}
        self.completed: dict[str, tuple[str, StoredObject]] = {}
        self.versions: dict[Place, tuple[FakeVersion, ...]] = {}
        self.created: list[tuple[str, str]] = []
        self._given = 0

    def __deepcopy__(self, memo: object) -> Self:
        copy = type(self)(self.min_part, self.remembers_completes, self.now)
        copy.uploads, copy.completed = dict(self.uploads), dict(self.completed)
        copy.versions, copy.created, copy._given = dict(self.versions), list(self.created), self._given
        return copy

    def start(self, key: str, content_type: str, algorithm: ChecksumAlgorithm, session: str) -> str:
        multipart_id = self._next("upload")
        self.uploads[multipart_id] = FakeUpload(key, content_type, algorithm, session)
        return multipart_id

    def upload_part(
        self, key: str, multipart_id: str, number: int, data: bytes, declared: Mapping[str, str] | None = None
    ) -> Part:
        """What a client's PUT does; `declared` is algorithm → value. Raises dev.s3.refused.Refused with S3's code."""
        rules.check_part_number(number)
        upload = self.opened(key, multipart_id)
        computed = checksums.b64(checksums.digest(upload.algorithm, data))
        for algorithm, value in (declared or {}).items():
            rules.check_part_algorithm(upload.algorithm, algorithm)
            if rules.check_checksum_text(algorithm, value) != computed:
                raise Refused(400, "BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
        part = Part(number, len(data), hashlib.md5(data, usedforsecurity=False).hexdigest(), computed, self.now())
        parts = {**upload.parts, number: FakePart(data, part, bool(declared))}
        self.uploads[multipart_id] = replace(upload, parts=parts)
        return part

    def put(
        self,
        key: str,
        data: bytes,
        content_type: str = "",
        declared: Mapping[str, str] | None = None,
        if_none_match: str | None = None,
    ) -> StoredObject:
        """What a client's PUT of an object does; `declared` is algorithm → value. Raises Refused as `upload_part`."""
        place = (self.incoming, key)
        if if_none_match == "*" and self.versions.get(place):
            raise Refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        whole: str | None = None
        for algorithm, value in (declared or {}).items():
            whole = checksums.b64(checksums.digest(algorithm, data))
            if rules.check_checksum_text(algorithm, value) != whole:
                raise Refused(400, "BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
        etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
        stored = StoredObject(self._next("version"), etag, len(data), whole)
        self._put(place, FakeVersion(data, stored, content_type))
        self.created.append((key, stored.version_id))
        return stored

    def list_parts(self, key: str, multipart_id: str, after: int = 0, limit: int = 1000) -> PartPage:
        with meanings():
            upload = self.opened(key, multipart_id)
        rest = [part.listed for number, part in sorted(upload.parts.items()) if number > after]
        return PartPage(tuple(rest[:limit]), rest[limit - 1].number if len(rest) > limit else None)

    def complete(
        self,
        key: str,
        multipart_id: str,
        parts: Sequence[Part],
        size: int,
        algorithm: ChecksumAlgorithm,
        checksum: str | None,
    ) -> StoredObject:
        if self.remembers_completes and self.completed.get(multipart_id, ("",))[0] == key:
            return self.completed[multipart_id][1]
        with meanings():
            return self._complete(key, multipart_id, parts, size, {algorithm: checksum} if checksum else {})

    def _complete(
        self, key: str, multipart_id: str, parts: Sequence[Part], size: int, declared: Mapping[str, str]
    ) -> StoredObject:
        upload = self.opened(key, multipart_id)
        algorithm = upload.algorithm
        listed = [rules.ListedPart(p.number, p.etag, {algorithm: p.checksum} if p.checksum else {}) for p in parts]
        stored = {number: part.stored() for number, part in upload.parts.items()}
        chosen = rules.check_manifest(listed, stored, algorithm=algorithm, minimum=self.min_part)
        rules.check_object_size(chosen, size)
        whole = rules.full_checksum(chosen, algorithm, checksums.COMBINE[algorithm])
        rules.check_object_checksum(algorithm, rules.FULL, whole, declared, rules.FULL)
        answer = StoredObject(self._next("version"), rules.multipart_etag(chosen), size, whole)
        data = b"".join(upload.parts[part.number].data for part in chosen)
        if upload.headers:
            self._put((self.published, key), _shown(data, answer, upload.headers))
        else:
            made = replace(answer, session=upload.session)
            self._put((self.incoming, key), FakeVersion(data, made, upload.content_type))
            self.created.append((key, answer.version_id))
        self.completed[multipart_id] = (key, answer)
        del self.uploads[multipart_id]
        return answer

    def abort(self, key: str, multipart_id: str) -> None:
        upload = self.uploads.get(multipart_id)
        if upload is None or upload.key != key:
            return
        if upload.is_flying:
            self.uploads[multipart_id] = replace(upload, is_flying=False)
        else:
            del self.uploads[multipart_id]

    def let_part_fly(self, multipart_id: str) -> None:
        """A part is on its way to this upload: the next abort will not end it."""
        self.uploads[multipart_id] = replace(self.uploads[multipart_id], is_flying=True)

    def open_uploads(self, key: str) -> tuple[str, ...]:
        return tuple(multipart_id for multipart_id, upload in self.uploads.items() if upload.key == key)

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        if version_id is not None:
            found = self.version(self.incoming, key, version_id)
            return found.stored if found else None
        versions = self.versions.get((self.incoming, key))
        return versions[-1].stored if versions else None

    def read(self, key: str, version_id: str, first: int, length: int) -> bytes:
        found = self.version(self.incoming, key, version_id)
        if found is None:
            raise Unavailable(f"There is no version {version_id} of {key}.")
        return found.data[first : first + length]

    def publish(self, key: str, stored: StoredObject, to_key: str, headers: Headers) -> PublishedObject:
        source = self.source(key, stored)
        etag = hashlib.md5(source.data, usedforsecurity=False).hexdigest()
        copy = replace(source.stored, version_id=self._next("version"), etag=etag, session=None)
        self._put((self.published, to_key), _shown(source.data, copy, headers))
        return PublishedObject(self.published, to_key, copy.version_id, headers.content_type)

    def source(self, key: str, stored: StoredObject) -> FakeVersion:
        """What is copied: one version, with the ETag that it had."""
        found = self.version(self.incoming, key, stored.version_id)
        if found is None or found.stored.etag != stored.etag:
            raise PartsChanged(f"Version {stored.version_id} of {key} is not as it was.")
        return found

    def publish_edited(self, key: str, version_id: str, to_key: str, headers: Headers, edit: Edit) -> PublishedObject:
        data = edited(edit, lambda first, length: self.read(key, version_id, first, length))
        checksum = checksums.b64(checksums.digest(CRC32, data))
        etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
        put = StoredObject(self._next("version"), etag, len(data), checksum)
        self._put((self.published, to_key), _shown(data, put, headers))
        proved = len(data), CRC32, checksum
        return PublishedObject(self.published, to_key, put.version_id, headers.content_type, *proved)

    def delete(self, key: str, version_id: str) -> None:
        place = (self.incoming, key)
        self.versions[place] = tuple(v for v in self.versions.get(place, ()) if v.stored.version_id != version_id)

    def unpublish(self, published: PublishedObject) -> None:
        below = f"{published.key}/"
        for place in [each for each in self.versions if each[1] == published.key or each[1].startswith(below)]:
            if place[0] == published.bucket:
                del self.versions[place]

    def put_published(self, place: Place, data: bytes, headers: Headers) -> None:
        """A PutObject of the whole body into the published bucket."""
        etag = hashlib.md5(data, usedforsecurity=False).hexdigest()
        self._put(place, _shown(data, StoredObject(self._next("version"), etag, len(data)), headers))

    def version(self, bucket: str, key: str, version_id: str) -> FakeVersion | None:
        """One version as it lies there, whoever may read it."""
        versions = self.versions.get((bucket, key), ())
        return next((version for version in versions if version.stored.version_id == version_id), None)

    def _put(self, place: Place, version: FakeVersion) -> None:
        self.versions[place] = (*self.versions.get(place, ()), version)

    def opened(self, key: str, multipart_id: str) -> FakeUpload:
        """An upload that is open; else Refused."""
        upload = self.uploads.get(multipart_id)
        if upload is None or upload.key != key:
            raise Refused(404, "NoSuchUpload", "The specified upload does not exist.")
        return upload

    def _next(self, kind: str) -> str:
        self._given += 1
        return f"{kind}-{self._given}"


def edited(edit: Edit, read: Callable[[int, int], bytes]) -> bytes:
    """What the edit makes of a version. Unavailable when it is shorter than the edit says."""
    data = b"".join(read(piece.first, piece.length) if isinstance(piece, Kept) else piece for piece in edit)
    if len(data) != size(edit):
        raise Unavailable(f"{size(edit)} bytes were asked for, {len(data)} came")
    return data
