"""CopyObject and UploadPartCopy.

A copy of a whole object shares its source's files; bytes are read only where MD5 or checksum of the whole are unknown.
A copied part gets a file of its own, since its MD5 has to be computed anyway.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Sequence
from urllib.parse import unquote

from dev.s3 import access, multipart, objects, versions
from dev.s3.bodies import Received
from dev.s3.call import Answer, Call, xml_answer
from dev.s3.catalogue import Facts
from dev.s3.checksums import b64, running
from dev.s3.files import Slice
from dev.s3.reads import check_read_conditions
from dev.s3.refused import Refused
from dev.s3.rules import FULL, MAX_PART, choose_checksum
from dev.s3.versions import Content, Piece, Version

SOURCE = "x-amz-copy-source"


def source_of(call: Call) -> tuple[Version, dict[str, str]]:
    """The version to copy, and the header that names it; Refused when it is not there or its conditions fail."""
    path, _, query = call.headers[SOURCE].partition("?")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    version_id = query.removeprefix("versionId=") if query.startswith("versionId=") else ""
    if not bucket or not key:
        raise Refused(400, "InvalidArgument", "Invalid copy source object key", ArgumentName=SOURCE)
    there = Call(
        call.http,
        call.service,
        call.request,
        {},
        bucket,
        key,
        call.request_id,
        signer=call.signer,
        session=call.session,
    )
    access.authorize(there, "s3:GetObjectVersion" if version_id else "s3:GetObject", bucket, key)
    version = objects.resolve(there, version_id or None)
    check_read_conditions(version, call, prefix=f"{SOURCE}-")
    kept = versions.keeps_versions(call.service.db, bucket)
    return version, {f"{SOURCE}-version-id": version.version} if kept else {}


async def read_through(
    call: Call, slices: Sequence[Slice], algorithm: str, write: Callable[[bytes], object]
) -> Received:
    """Read `slices` in a worker thread into `write`, with the MD5 and the checksum of all of it."""
    files = call.service.files

    def work() -> Received:
        md5, checksum, size = hashlib.md5(usedforsecurity=False), running(algorithm), 0
        for block in files.blocks(slices):
            md5.update(block)
            checksum.update(block)
            write(block)
            size += len(block)
        return Received(size, md5.hexdigest(), algorithm, b64(checksum.digest()), declared=False)

    with files.reading():
        return await asyncio.get_running_loop().run_in_executor(call.service.pool, work)


async def copy_object(call: Call) -> Answer:
    source, headers = source_of(call)
    facts = _copied_facts(call, source)
    if source.size > MAX_PART:
        message = "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120"
        raise Refused(400, "InvalidRequest", message)
    with call.service.files.reading():
        held = versions.pieces(call.service.db, source.owner)
        content = await _copied_content(call, source, held, facts)

        def take(version: Version) -> list[str]:
            for number, piece in enumerate(held, 1):
                shared = Piece(number, piece.file, piece.size, piece.md5, piece.checksum, False, version.stored_at)
                versions.put_piece(call.service.db, version.owner, shared)
            return []

        version = objects.store(call, content, "CopyObject", take)
    fields = [
        ("LastModified", version.stored_at),
        ("ETag", f'"{version.etag}"'),
        ("ChecksumType", version.kind),
        (f"Checksum{version.algorithm.upper()}", version.checksum),
    ]
    headers |= {**objects.ENCRYPTION, **objects.version_header(call, version)}
    return xml_answer("CopyObjectResult", fields, headers)


def _copied_facts(call: Call, source: Version) -> Facts:
    """Headers, metadata and tags of the copy: the source's, or the request's where a directive says REPLACE."""
    own = objects.facts_of(call.headers)
    directives = {}
    for name in ("x-amz-metadata-directive", "x-amz-tagging-directive"):
        directives[name] = call.headers.get(name, "COPY").upper()
        if directives[name] not in ("COPY", "REPLACE"):
            raise Refused(400, "InvalidArgument", f"Unknown {name}.", ArgumentName=name)
    replaces_facts, replaces_tags = (word == "REPLACE" for word in directives.values())
    is_itself = (source.bucket, source.key) == (call.bucket, call.key)
    if is_itself and not replaces_facts and "?" not in call.headers[SOURCE]:
        message = (
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
            "object's metadata, storage class, website redirect location or encryption attributes."
        )
        raise Refused(400, "InvalidRequest", message)
    chosen = own if replaces_facts else source.facts
    return Facts(chosen.headers, chosen.metadata, own.tags if replaces_tags else source.facts.tags)


async def _copied_content(call: Call, source: Version, held: Sequence[Piece], facts: Facts) -> Content:
    """A plain object, whatever the source was: its ETag is an MD5, its checksum covers the whole."""
    asked = call.headers.get("x-amz-checksum-algorithm")
    algorithm = choose_checksum(asked, None)[0] if asked else source.algorithm
    if source.part_count is None and (algorithm, FULL) == (source.algorithm, source.kind):
        return Content(source.size, source.etag, algorithm, FULL, source.checksum, None, facts)
    slices = versions.cut(held, 0, source.size)
    read = await read_through(call, slices, algorithm, write=lambda _: None)
    return Content(source.size, read.md5, algorithm, FULL, read.checksum, None, facts)


async def upload_part_copy(call: Call) -> Answer:
    number, upload = multipart.this_number(call), multipart.this_upload(call)
    source, headers = source_of(call)
    start, end = _copied_range(call, source)
    slices = versions.cut(versions.pieces(call.service.db, source.owner), start, end)
    with call.service.files.incoming() as body:
        received = await read_through(call, slices, upload.algorithm, body.write)
        piece = multipart.keep_part(call, body, received, number)
    shown = piece.checksum if multipart.is_shown(upload, piece) else None
    fields = [
        ("LastModified", piece.stored_at),
        ("ETag", f'"{piece.md5}"'),
        (f"Checksum{upload.algorithm.upper()}", shown),
    ]
    return xml_answer("CopyPartResult", fields, {**headers, **objects.ENCRYPTION})


def _copied_range(call: Call, source: Version) -> tuple[int, int]:
    """Start and end (exclusive) of the source's bytes; the range must lie inside the source."""
    text = call.headers.get(f"{SOURCE}-range")
    start, end = 0, source.size
    if text is not None:
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", text)
        if not match:
            message = "The x-amz-copy-source-range value must be of the form bytes=first-last"
            raise Refused(400, "InvalidArgument", message, ArgumentName=f"{SOURCE}-range", ArgumentValue=text)
        start, end = int(match[1]), int(match[2]) + 1
        if start >= end or end > source.size:
            message = f"Range specified is not valid for source object of size: {source.size}"
            raise Refused(400, "InvalidArgument", message, ArgumentName=f"{SOURCE}-range", ArgumentValue=text)
    if end - start > MAX_PART:
        raise Refused(400, "InvalidRequest", "The specified copy source is larger than the maximum part size")
    return start, end
