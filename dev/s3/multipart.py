"""Multipart uploads: create, upload and list parts, complete, abort."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote
from xml.etree.ElementTree import Element

from dev.s3 import bodies, objects, rules, uploads, versions, xml
from dev.s3.call import Answer, Call, xml_answer
from dev.s3.checksums import COMBINE, digest
from dev.s3.files import Incoming
from dev.s3.refused import Refused
from dev.s3.rules import ListedPart, StoredPart
from dev.s3.uploads import Upload
from dev.s3.versions import Content, Piece, Version

PAGE = 1000


async def create(call: Call) -> Answer:
    asked = (call.headers.get("x-amz-checksum-algorithm"), call.headers.get("x-amz-checksum-type"))
    checksum = rules.choose_checksum(*asked)
    facts = objects.facts_of(call.headers)
    upload = uploads.begin(call.service.db, call.bucket, call.key, checksum, facts, call.now)
    headers = dict(objects.ENCRYPTION)
    if asked[0]:
        headers |= {"x-amz-checksum-algorithm": checksum[0].upper(), "x-amz-checksum-type": checksum[1]}
    fields = [("Bucket", call.bucket), ("Key", call.key), ("UploadId", upload.id)]
    return xml_answer("InitiateMultipartUploadResult", fields, headers)


def this_upload(call: Call) -> Upload:
    """The open upload that the call names; Refused NoSuchUpload."""
    return uploads.opened(call.service.db, call.bucket, call.key, call.query.get("uploadId", ""))


def this_number(call: Call) -> int:
    return rules.check_part_number(call.integer("partNumber", 0))


async def upload_part(call: Call) -> Answer:
    number, upload = this_number(call), this_upload(call)
    algorithm, _, _ = bodies.declared_checksum(call.headers)
    rules.check_part_algorithm(upload.algorithm, algorithm or None)
    with call.service.files.incoming() as body:
        received = await bodies.receive(call, body.write, algorithm=upload.algorithm)
        piece = keep_part(call, body, received, number)
    return Answer(200, {"ETag": f'"{piece.md5}"', **objects.ENCRYPTION, **_part_checksum(upload, piece)})


def keep_part(call: Call, body: Incoming, received: bodies.Received, number: int) -> Piece:
    """Record a part that has arrived whole; the upload may have ended meanwhile, then Refused NoSuchUpload."""
    db = call.service.db
    with db.transaction():
        owner = this_upload(call).owner
        piece = objects.single_piece(call, body.keep(), received, number)
        replaced = versions.put_piece(db, owner, piece)
    call.service.files.release([replaced] if replaced else [])
    return piece


def _part_checksum(upload: Upload, piece: Piece) -> dict[str, str]:
    return {f"x-amz-checksum-{upload.algorithm}": piece.checksum} if is_shown(upload, piece) else {}


def is_shown(upload: Upload, piece: Piece) -> bool:
    """S3 tells a part's checksum when the client sent one, or when it chose CRC64NVME by itself."""
    return piece.declared or upload.algorithm == rules.DEFAULT_ALGORITHM


async def list_parts(call: Call) -> Answer:
    upload = this_upload(call)
    limit, marker = call.integer("max-parts", PAGE, PAGE), call.integer("part-number-marker", 0)
    found = versions.pieces(call.service.db, upload.owner, after=marker, limit=limit + 1)
    page = found[:limit]
    fields: list[tuple[str, xml.Value]] = [
        ("Bucket", call.bucket),
        ("Key", call.key),
        ("UploadId", upload.id),
        ("PartNumberMarker", marker),
        ("NextPartNumberMarker", page[-1].number if page else 0),
        ("MaxParts", limit),
        ("IsTruncated", "true" if len(found) > limit else "false"),
        ("ChecksumAlgorithm", upload.algorithm.upper()),
        ("ChecksumType", upload.kind),
        ("StorageClass", "STANDARD"),
    ]
    return xml_answer("ListPartsResult", fields + [("Part", _part_fields(upload, piece)) for piece in page])


def _part_fields(upload: Upload, piece: Piece) -> list[tuple[str, xml.Value]]:
    return [
        ("PartNumber", piece.number),
        ("LastModified", piece.stored_at),
        ("ETag", f'"{piece.md5}"'),
        ("Size", piece.size),
        (f"Checksum{upload.algorithm.upper()}", piece.checksum if is_shown(upload, piece) else None),
    ]


async def complete(call: Call) -> Answer:
    """The object becomes the list of its parts: records move, bytes are neither read nor copied."""
    tree = xml.parse(await bodies.receive_small(call, has_own_checksum=False), "CompleteMultipartUpload")
    listed = [_listed(element) for element in tree.iterfind("Part")]
    if (version := _made_before(call, listed)) is None:
        version = _assemble(call, this_upload(call), listed)
    fields = [
        ("Location", f"{call.http.scheme}://{call.headers.get('host')}/{call.bucket}/{quote(call.key)}"),
        ("Bucket", call.bucket),
        ("Key", call.key),
        ("ETag", f'"{version.etag}"'),
        (f"Checksum{version.algorithm.upper()}", version.checksum),
        ("ChecksumType", version.kind),
    ]
    headers = {**objects.ENCRYPTION, **objects.version_header(call, version)}
    return xml_answer("CompleteMultipartUploadResult", fields, headers)


def _listed(element: Element) -> ListedPart:
    number = xml.text(element, "PartNumber")
    if not (number.isascii() and number.isdigit()):
        raise Refused(400, "MalformedXML", "The XML you provided did not validate: PartNumber")
    checksums = {
        child.tag.removeprefix("Checksum").lower(): (child.text or "").strip()
        for child in element
        if child.tag.startswith("Checksum")
    }
    return ListedPart(int(number), xml.text(element, "ETag"), checksums)


def _made_before(call: Call, listed: Sequence[ListedPart]) -> Version | None:
    """What an identical Complete made, when the endpoint is told to repeat its answer."""
    if not call.service.options.repeat_complete:
        return None
    db, upload_id = call.service.db, call.query.get("uploadId", "")
    version_id = uploads.repeated(db, call.bucket, call.key, upload_id, listed)
    return versions.named(db, call.bucket, call.key, version_id) if version_id else None


def _assemble(call: Call, upload: Upload, listed: Sequence[ListedPart]) -> Version:
    db = call.service.db
    held = {piece.number: piece.as_part() for piece in versions.pieces(db, upload.owner)}
    minimum = call.service.options.min_part
    chosen = rules.check_manifest(listed, held, algorithm=upload.algorithm, kind=upload.kind, minimum=minimum)
    size = rules.check_object_size(chosen, _declared_size(call))
    value = _whole_checksum(upload, chosen)
    declared, kind = bodies.object_checksums(call.headers), call.headers.get("x-amz-checksum-type", "")
    rules.check_object_checksum(upload.algorithm, upload.kind, value, declared, kind)

    def take(version: Version) -> list[str]:
        uploads.hand_over(db, upload, [part.number for part in chosen], version)
        uploads.remember(db, upload, version, listed)
        return uploads.close(db, upload)

    etag, count = rules.multipart_etag(chosen), len(chosen)
    content = Content(size, etag, upload.algorithm, upload.kind, value, count, upload.facts)
    return objects.store(call, content, "CompleteMultipartUpload", take)


def _declared_size(call: Call) -> int | None:
    text = call.headers.get("x-amz-mp-object-size")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise Refused(400, "InvalidRequest", "Value for x-amz-mp-object-size header is invalid.")
    return int(text)


def _whole_checksum(upload: Upload, chosen: Sequence[StoredPart]) -> str:
    if upload.kind == rules.FULL:
        return rules.full_checksum(chosen, upload.algorithm, COMBINE[upload.algorithm])
    return rules.composite_checksum(chosen, lambda data: digest(upload.algorithm, data))


async def abort(call: Call) -> Answer:
    upload = this_upload(call)
    drop(call, upload)
    return Answer(204)


def drop(call: Call, upload: Upload) -> None:
    db = call.service.db
    with db.transaction():
        given_up = uploads.close(db, upload)
    call.service.files.release(given_up)
