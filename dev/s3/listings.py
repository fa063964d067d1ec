"""Lists of keys, versions and open uploads, in pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from urllib.parse import quote

from dev.s3 import uploads, versions, xml
from dev.s3.call import Answer, Call, xml_answer
from dev.s3.refused import Refused
from dev.s3.uploads import Upload
from dev.s3.versions import Version

PAGE = 1000
Row = TypeVar("Row", Version, Upload)
Fields = list[tuple[str, xml.Value]]


@dataclass
class Page(Generic[Row]):
    """One page: rows and common prefixes, and whether more follow. `last` is the name of its last entry."""

    rows: list[Row] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    last: str = ""
    is_truncated: bool = False


def page_of(found: Iterable[Row], prefix: str, delimiter: str, limit: int, after: str = "") -> Page[Row]:
    """Up to `limit` rows and groups. Rows up to the name `after` were on earlier pages; a group counts once."""
    page: Page[Row] = Page()
    for row in found:
        rest = row.key[len(prefix) :]
        end = rest.find(delimiter) if delimiter else -1
        group = prefix + rest[: end + len(delimiter)] if end >= 0 else ""
        if (group and group == page.last) or (after and (group or row.key) <= after):
            continue
        if len(page.rows) + len(page.prefixes) >= limit:
            page.is_truncated = limit > 0
            break
        page.last = group or row.key
        if group:
            page.prefixes.append(group)
        else:
            page.rows.append(row)
    return page


def _text(call: Call) -> Callable[[str], str]:
    """How names are written: as they are, or percent-encoded where `encoding-type=url` asks for it."""
    encoding = call.query.get("encoding-type", "")
    if encoding not in ("", "url"):
        raise Refused(400, "InvalidArgument", "Invalid Encoding Method specified in Request")
    return (lambda name: quote(name, safe="/-_.~")) if encoding else str


def _head(call: Call, write: Callable[[str], str]) -> Fields:
    query = call.query
    return [
        ("Name", call.bucket),
        ("Prefix", write(query.get("prefix", ""))),
        ("Delimiter", write(query["delimiter"]) if query.get("delimiter") else None),
        ("EncodingType", query.get("encoding-type") or None),
    ]


def _tail(page: Page[Row], write: Callable[[str], str]) -> Fields:
    groups: Fields = [("CommonPrefixes", [("Prefix", write(prefix))]) for prefix in page.prefixes]
    return [("IsTruncated", "true" if page.is_truncated else "false"), *groups]


def _latest(found: Iterable[Version]) -> Iterator[Version]:
    """The current version of each key, delete markers left out."""
    key = None
    for version in found:
        if version.key != key and not version.is_marker:
            yield version
        key = version.key


async def list_objects(call: Call) -> Answer:
    query, write = call.query, _text(call)
    prefix, limit = query.get("prefix", ""), call.integer("max-keys", PAGE, PAGE)
    token, start = query.get("continuation-token", ""), query.get("start-after", "")
    after = _name_of(token) if token else ""
    found = _latest(versions.in_order(call.service.db, call.bucket, prefix, max(after, start)))
    later = (version for version in found if version.key > start)
    page = page_of(later, prefix, query.get("delimiter", ""), limit, after)
    rows: Fields = [("Contents", _object_fields(version, write)) for version in page.rows]
    fields: Fields = [
        *_head(call, write),
        ("MaxKeys", limit),
        ("KeyCount", len(page.rows) + len(page.prefixes)),
        ("StartAfter", write(start) if start else None),
        ("ContinuationToken", token or None),
        ("NextContinuationToken", _token_of(page.last) if page.is_truncated else None),
    ]
    return xml_answer("ListBucketResult", [*fields, *_tail(page, write), *rows])


def _object_fields(version: Version, write: Callable[[str], str]) -> Fields:
    return [
        ("Key", write(version.key)),
        ("LastModified", version.stored_at),
        ("ETag", f'"{version.etag}"'),
        ("ChecksumAlgorithm", version.algorithm.upper()),
        ("ChecksumType", version.kind),
        ("Size", version.size),
        ("StorageClass", "STANDARD"),
    ]


def _token_of(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _name_of(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise Refused(400, "InvalidArgument", "The continuation token provided is incorrect") from None


async def list_versions(call: Call) -> Answer:
    query, write = call.query, _text(call)
    prefix, limit = query.get("prefix", ""), call.integer("max-keys", PAGE, PAGE)
    marker, version_marker = query.get("key-marker", ""), query.get("version-id-marker", "")
    newest: dict[str, int] = {}
    found = _noting(newest, versions.in_order(call.service.db, call.bucket, prefix, marker))
    later = _after_version(found, marker, version_marker)
    page = page_of(later, prefix, query.get("delimiter", ""), limit, after="" if version_marker else marker)
    rows: Fields = [_version_fields(version, newest[version.key], write) for version in page.rows]
    fields: Fields = [
        *_head(call, write),
        ("MaxKeys", limit),
        ("KeyMarker", write(marker)),
        ("VersionIdMarker", version_marker),
    ]
    if page.is_truncated:
        ends_in_row = bool(page.rows) and page.rows[-1].key == page.last
        fields += [("NextKeyMarker", write(page.last))]
        fields += [("NextVersionIdMarker", page.rows[-1].version if ends_in_row else None)]
    return xml_answer("ListVersionsResult", [*fields, *_tail(page, write), *rows])


def _noting(newest: dict[str, int], found: Iterable[Version]) -> Iterator[Version]:
    """The same versions; the first one of each key is its latest."""
    for version in found:
        newest.setdefault(version.key, version.id)
        yield version


def _after_version(found: Iterable[Version], key: str, version_id: str) -> Iterator[Version]:
    """What comes after one version in the list; everything where no version is named."""
    is_past = not version_id
    for version in found:
        if is_past or version.key > key:
            yield version
        is_past = is_past or (version.key == key and version.version == version_id)


def _version_fields(version: Version, newest: int, write: Callable[[str], str]) -> tuple[str, xml.Value]:
    latest = "true" if version.id == newest else "false"
    if version.is_marker:
        named: Fields = [("Key", write(version.key)), ("VersionId", version.version), ("IsLatest", latest)]
        return "DeleteMarker", [*named, ("LastModified", version.stored_at)]
    return "Version", [*_object_fields(version, write), ("VersionId", version.version), ("IsLatest", latest)]


async def list_uploads(call: Call) -> Answer:
    query, write = call.query, _text(call)
    prefix, limit = query.get("prefix", ""), call.integer("max-uploads", PAGE, PAGE)
    marker, id_marker = query.get("key-marker", ""), query.get("upload-id-marker", "")
    found = _after_upload(uploads.in_order(call.service.db, call.bucket, prefix, marker), marker, id_marker)
    page = page_of(found, prefix, query.get("delimiter", ""), limit, after="" if id_marker else marker)
    rows: Fields = [("Upload", _upload_fields(upload, write)) for upload in page.rows]
    fields: Fields = [
        ("Bucket", call.bucket),
        *_head(call, write)[1:],
        ("MaxUploads", limit),
        ("KeyMarker", write(marker)),
        ("UploadIdMarker", id_marker),
    ]
    if page.is_truncated:
        ends_in_row = bool(page.rows) and page.rows[-1].key == page.last
        fields += [("NextKeyMarker", write(page.last))]
        fields += [("NextUploadIdMarker", page.rows[-1].id if ends_in_row else None)]
    return xml_answer("ListMultipartUploadsResult", [*fields, *_tail(page, write), *rows])


def _after_upload(found: Iterable[Upload], key: str, upload_id: str) -> Iterator[Upload]:
    """What comes after one upload in the list; the uploads of its key that began earlier do not come again."""
    is_past = not upload_id
    for upload in found:
        if is_past or upload.key > key:
            yield upload
        is_past = is_past or (upload.key == key and upload.id == upload_id)


def _upload_fields(upload: Upload, write: Callable[[str], str]) -> Fields:
    return [
        ("Key", write(upload.key)),
        ("UploadId", upload.id),
        ("Initiated", upload.started),
        ("StorageClass", "STANDARD"),
        ("ChecksumAlgorithm", upload.algorithm.upper()),
        ("ChecksumType", upload.kind),
    ]
