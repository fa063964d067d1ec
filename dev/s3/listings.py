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


@dataclass(frozen=True, slots=True)
class Asked:
    """What every kind of list may be asked for. `write` writes names as they are, or percent-encoded."""

    prefix: str
    delimiter: str
    limit: int
    write: Callable[[str], str]
    encoding: str

    @classmethod
    def of(cls, call: Call, limit: str) -> Asked:
        """`limit` is what the request calls the size of a page."""
        query, encoding = call.query, call.query.get("encoding-type", "")
        if encoding not in ("", "url"):
            raise Refused(400, "InvalidArgument", "Invalid Encoding Method specified in Request")
        write = (lambda name: quote(name, safe="/-_.~")) if encoding else str
        most = call.integer(limit, PAGE, PAGE)
        return cls(query.get("prefix", ""), query.get("delimiter", ""), most, write, encoding)

    def page(self, found: Iterable[Row], after: str) -> Page[Row]:
        return page_of(found, self.prefix, self.delimiter, self.limit, after)

    def head(self) -> Fields:
        """The question, as every answer repeats it."""
        return [
            ("Prefix", self.write(self.prefix)),
            ("Delimiter", self.write(self.delimiter) if self.delimiter else None),
            ("EncodingType", self.encoding or None),
        ]

    def tail(self, page: Page[Row]) -> Fields:
        groups: Fields = [("CommonPrefixes", [("Prefix", self.write(prefix))]) for prefix in page.prefixes]
        return [("IsTruncated", "true" if page.is_truncated else "false"), *groups]


@dataclass(frozen=True, slots=True)
class Markers(Generic[Row]):
    """Where a list of rows with ids begins: after the row `id` of `key`, or after every row of `key` without an id.

    `name` is what the list calls the id (VersionId, UploadId), `id_of` finds it in a row.
    """

    name: str
    id_of: Callable[[Row], str]
    key: str
    id: str

    @classmethod
    def of(cls, call: Call, name: str, parameter: str, id_of: Callable[[Row], str]) -> Markers[Row]:
        return cls(name, id_of, call.query.get("key-marker", ""), call.query.get(parameter, ""))

    @property
    def after(self) -> str:
        """The key up to which rows were on earlier pages; with an id, `rest` knows better."""
        return "" if self.id else self.key

    def rest(self, found: Iterable[Row]) -> Iterator[Row]:
        """What comes after the marked row; everything where none is marked."""
        is_past = not self.id
        for row in found:
            if is_past or row.key > self.key:
                yield row
            is_past = is_past or (row.key == self.key and self.id_of(row) == self.id)

    def head(self, write: Callable[[str], str]) -> Fields:
        return [("KeyMarker", write(self.key)), (f"{self.name}Marker", self.id)]

    def onward(self, page: Page[Row], write: Callable[[str], str]) -> Fields:
        """Where the next page begins, if there is one."""
        if not page.is_truncated:
            return []
        ends_in_row = bool(page.rows) and page.rows[-1].key == page.last
        last = self.id_of(page.rows[-1]) if ends_in_row else None
        return [("NextKeyMarker", write(page.last)), (f"Next{self.name}Marker", last)]


def _latest(found: Iterable[Version]) -> Iterator[Version]:
    """The current version of each key, delete markers left out."""
    key = None
    for version in found:
        if version.key != key and not version.is_marker:
            yield version
        key = version.key


async def list_objects(call: Call) -> Answer:
    asked = Asked.of(call, "max-keys")
    token, start = call.query.get("continuation-token", ""), call.query.get("start-after", "")
    after = _name_of(token) if token else ""
    found = _latest(versions.in_order(call.service.db, call.bucket, asked.prefix, max(after, start)))
    page = asked.page((version for version in found if version.key > start), after)
    rows: Fields = [("Contents", _object_fields(version, asked.write)) for version in page.rows]
    fields: Fields = [
        ("Name", call.bucket),
        *asked.head(),
        ("MaxKeys", asked.limit),
        ("KeyCount", len(page.rows) + len(page.prefixes)),
        ("StartAfter", asked.write(start) if start else None),
        ("ContinuationToken", token or None),
        ("NextContinuationToken", _token_of(page.last) if page.is_truncated else None),
    ]
    return xml_answer("ListBucketResult", [*fields, *asked.tail(page), *rows])


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
    asked = Asked.of(call, "max-keys")
    marked = Markers[Version].of(call, "VersionId", "version-id-marker", lambda version: version.version)
    newest: dict[str, int] = {}
    found = _noting(newest, versions.in_order(call.service.db, call.bucket, asked.prefix, marked.key))
    page = asked.page(marked.rest(found), marked.after)
    rows: Fields = [_version_fields(version, newest[version.key], asked.write) for version in page.rows]
    head: Fields = [("Name", call.bucket), *asked.head(), ("MaxKeys", asked.limit), *marked.head(asked.write)]
    return xml_answer("ListVersionsResult", [*head, *marked.onward(page, asked.write), *asked.tail(page), *rows])


def _noting(newest: dict[str, int], found: Iterable[Version]) -> Iterator[Version]:
    """The same versions; the first one of each key is its latest."""
    for version in found:
        newest.setdefault(version.key, version.id)
        yield version


def _version_fields(version: Version, newest: int, write: Callable[[str], str]) -> tuple[str, xml.Value]:
    latest = "true" if version.id == newest else "false"
    if version.is_marker:
        named: Fields = [("Key", write(version.key)), ("VersionId", version.version), ("IsLatest", latest)]
        return "DeleteMarker", [*named, ("LastModified", version.stored_at)]
    return "Version", [*_object_fields(version, write), ("VersionId", version.version), ("IsLatest", latest)]


async def list_uploads(call: Call) -> Answer:
    asked = Asked.of(call, "max-uploads")
    marked = Markers[Upload].of(call, "UploadId", "upload-id-marker", lambda upload: upload.id)
    found = uploads.in_order(call.service.db, call.bucket, asked.prefix, marked.key)
    page = asked.page(marked.rest(found), marked.after)
    rows: Fields = [("Upload", _upload_fields(upload, asked.write)) for upload in page.rows]
    head: Fields = [("Bucket", call.bucket), *asked.head(), ("MaxUploads", asked.limit), *marked.head(asked.write)]
    return xml_answer(
        "ListMultipartUploadsResult", [*head, *marked.onward(page, asked.write), *asked.tail(page), *rows]
    )


def _upload_fields(upload: Upload, write: Callable[[str], str]) -> Fields:
    return [
        ("Key", write(upload.key)),
        ("UploadId", upload.id),
        ("Initiated", upload.started),
        ("StorageClass", "STANDARD"),
        ("ChecksumAlgorithm", upload.algorithm.upper()),
        ("ChecksumType", upload.kind),
    ]
