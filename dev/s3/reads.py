"""Reading objects: GET and HEAD with ranges, parts, conditions and overrides; GetObjectAttributes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

from dev.s3 import versions, xml
from dev.s3.call import Answer, Call, xml_answer
from dev.s3.catalogue import moment
from dev.s3.headers import check_text
from dev.s3.objects import ENCRYPTION, checksum_headers, resolve, version_header
from dev.s3.refused import Refused
from dev.s3.versions import Piece, Version

OVERRIDES = {  # query parameter → the stored header that it replaces
    f"response-{name}": name
    for name in (
        "content-type",
        "content-language",
        "expires",
        "cache-control",
        "content-disposition",
        "content-encoding",
    )
}
MAX_PARTS_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Window:
    """The bytes `start` to `end` (exclusive) of an object; `is_partial` makes it a 206."""

    start: int
    end: int
    is_partial: bool = False


async def get(call: Call) -> Answer:
    held, window, headers = _read(call)
    return Answer(206 if window.is_partial else 200, headers, slices=versions.cut(held, window.start, window.end))


async def head(call: Call) -> Answer:
    _, window, headers = _read(call)
    return Answer(206 if window.is_partial else 200, headers)


def _read(call: Call) -> tuple[list[Piece], Window, dict[str, str]]:
    version = _resolve(call)
    check_read_conditions(version, call, prefix="")
    needs_pieces = call.request.method == "GET" or "partNumber" in call.query
    held = versions.pieces(call.service.db, version.owner) if needs_pieces else []
    headers, window = _headers(call, version), Window(0, version.size)
    if "partNumber" in call.query:
        window = _part(call, version, held)
        if version.part_count is not None:
            headers["x-amz-mp-parts-count"] = str(version.part_count)
    elif "range" in call.headers:
        window = range_of(call.headers["range"], version.size) or window
    headers["Content-Length"] = str(window.end - window.start)
    if window.is_partial:
        headers["Content-Range"] = f"bytes {window.start}-{window.end - 1}/{version.size}"
    elif call.headers.get("x-amz-checksum-mode", "").upper() == "ENABLED":
        headers.update(checksum_headers(version))
    return held, window, headers


def _resolve(call: Call) -> Version:
    try:
        return resolve(call)
    except Refused as refused:
        latest = versions.current(call.service.db, call.bucket, call.key)
        if refused.code in ("NoSuchKey", "MethodNotAllowed") and latest and latest.is_marker:
            refused.headers = {"x-amz-delete-marker": "true", **version_header(call, latest)}
        raise


def _headers(call: Call, version: Version) -> dict[str, str]:
    facts = version.facts
    headers = {
        "ETag": f'"{version.etag}"',
        "Last-Modified": format_datetime(moment(version.stored_at), usegmt=True),
        "Accept-Ranges": "bytes",
        **facts.headers,
        **ENCRYPTION,
        **{f"x-amz-meta-{name}": value for name, value in facts.metadata.items()},
        **version_header(call, version),
    }
    if facts.tags:
        headers["x-amz-tagging-count"] = str(len(facts.tags))
    overrides = {header: call.query[name] for name, header in OVERRIDES.items() if call.query.get(name)}
    check_text(overrides)
    return headers | overrides


def check_read_conditions(version: Version, call: Call, prefix: str) -> None:
    """The four conditions of a read, or those of a copy's source (`prefix`): Refused 412, or 304 for plain reads."""
    headers, stored = call.headers, moment(version.stored_at).replace(microsecond=0)
    match, none_match = headers.get(f"{prefix}if-match"), headers.get(f"{prefix}if-none-match")
    since = _date(headers.get(f"{prefix}if-modified-since"))
    before = _date(headers.get(f"{prefix}if-unmodified-since"))
    failed = not _names(match, version.etag) if match is not None else before is not None and stored > before
    unchanged = _names(none_match, version.etag) if none_match is not None else since is not None and stored <= since
    if failed or (unchanged and prefix):
        raise Refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
    if unchanged:
        raise Refused(304, "NotModified", "Not Modified")


def _names(condition: str, etag: str) -> bool:
    return any(one.strip().strip('"') in ("*", etag) for one in condition.split(","))


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text) if text else None
    except ValueError:
        return None


def range_of(text: str, size: int) -> Window | None:
    """The one range that a Range header asks for; None when it cannot be read; Refused InvalidRange outside."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", text.strip())
    if not match or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        message = "The requested range is not satisfiable"
        raise Refused(416, "InvalidRange", message, RangeRequested=text, ActualObjectSize=str(size))
    return Window(start, end, is_partial=True)


def _part(call: Call, version: Version, held: Sequence[Piece]) -> Window:
    """Where one part lies. Numbers count the object's parts, or name them as uploaded (`parts_by_number`)."""
    wanted = call.integer("partNumber", 0)
    if version.part_count is None:
        found = 0 if wanted == 1 else None
    elif call.service.options.parts_by_number:
        found = next((index for index, piece in enumerate(held) if piece.number == wanted), None)
    else:
        found = wanted - 1 if 1 <= wanted <= len(held) else None
    if found is None:
        raise Refused(416, "InvalidPartNumber", "The requested partnumber is not satisfiable")
    if version.part_count is None:
        return Window(0, version.size, is_partial=version.size > 0)
    start = sum(piece.size for piece in held[:found])
    return Window(start, start + held[found].size, is_partial=held[found].size > 0)


async def attributes(call: Call) -> Answer:
    version, wanted = resolve(call), call.headers.get("x-amz-object-attributes", "")
    names = {name.strip() for name in wanted.split(",")}
    checksum = f"Checksum{version.algorithm.upper()}"
    parts = _parts(call, version) if "ObjectParts" in names and version.part_count is not None else None
    fields: list[tuple[str, xml.Value]] = [
        ("ETag", version.etag if "ETag" in names else None),
        ("Checksum", [(checksum, version.checksum), ("ChecksumType", version.kind)] if "Checksum" in names else None),
        ("ObjectParts", parts),
        ("StorageClass", "STANDARD" if "StorageClass" in names else None),
        ("ObjectSize", version.size if "ObjectSize" in names else None),
    ]
    modified = format_datetime(moment(version.stored_at), usegmt=True)
    return xml_answer(
        "GetObjectAttributesResponse", fields, {"Last-Modified": modified, **version_header(call, version)}
    )


def _parts(call: Call, version: Version) -> list[tuple[str, xml.Value]]:
    """The page of parts; single parts are listed only where they carry checksums, as S3 does."""
    limit = int(call.headers.get("x-amz-max-parts", MAX_PARTS_PAGE))
    marker = int(call.headers.get("x-amz-part-number-marker", 0))
    name = f"Checksum{version.algorithm.upper()}"
    found = versions.pieces(call.service.db, version.owner, after=marker, limit=limit + 1)
    page = found[:limit]
    listed: list[tuple[str, xml.Value]] = [
        ("Part", [("PartNumber", piece.number), ("Size", piece.size), (name, piece.checksum)])
        for piece in page
        if piece.declared
    ]
    return [
        ("PartsCount", version.part_count),
        ("PartNumberMarker", marker),
        ("NextPartNumberMarker", page[-1].number if page else 0),
        ("MaxParts", limit),
        ("IsTruncated", "true" if len(found) > limit else "false"),
        *listed,
    ]
