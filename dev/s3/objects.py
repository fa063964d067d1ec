"""Objects: put, delete, tags, and the one way in which a new version becomes visible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element

from dev.s3 import access, bodies, events, versions, xml
from dev.s3.call import Answer, Call, xml_answer
from dev.s3.catalogue import Facts, stamp
from dev.s3.files import Incoming
from dev.s3.headers import check_text
from dev.s3.refused import Refused
from dev.s3.rules import FULL
from dev.s3.versions import Content, Piece, Version

STORED_HEADERS = (
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
)
MAX_METADATA_BYTES = 2048
MAX_TAGS = 10
MAX_DELETED = 1000
ENCRYPTION = {"x-amz-server-side-encryption": "AES256"}


def facts_of(headers: Mapping[str, str]) -> Facts:
    """What a creating request says of its object; Refused MetadataTooLarge over 2 KB, InvalidTag over ten tags."""
    stored = {name: headers[name] for name in STORED_HEADERS if headers.get(name)}
    encodings = [word.strip() for word in stored.pop("content-encoding", "").split(",")]
    if kept := ",".join(word for word in encodings if word and word != "aws-chunked"):
        stored["content-encoding"] = kept
    stored.setdefault("content-type", "binary/octet-stream")
    prefix = "x-amz-meta-"
    metadata = {name.removeprefix(prefix): value for name, value in headers.items() if name.startswith(prefix)}
    check_text(stored | metadata)
    if sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items()) > MAX_METADATA_BYTES:
        raise Refused(400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
    return Facts(stored, metadata, tags_of(parse_qsl(headers.get("x-amz-tagging", ""), keep_blank_values=True)))


def tags_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    listed = list(pairs)
    if len(listed) > MAX_TAGS:
        raise Refused(400, "BadRequest", f"Object tags cannot be greater than {MAX_TAGS}")
    tags = dict(listed)
    if len(tags) < len(listed) or any(not name or len(name) > 128 or len(value) > 256 for name, value in listed):
        raise Refused(400, "InvalidTag", "A tag's key must be unique and 1 to 128 long, its value at most 256.")
    return tags


def store(call: Call, content: Content, reason: str, take: Callable[[Version], Iterable[str]]) -> Version:
    """Make `content` the current version of the call's key, unless If-Match or If-None-Match forbid it.

    `take` gives the new version its pieces and says which files that leaves over. Record, pieces and event are one
    transaction: a killed endpoint has all of it or nothing.
    """
    service, db = call.service, call.service.db
    with db.transaction():
        check_write_conditions(call, versions.current(db, call.bucket, call.key))
        version, given_up = versions.add(db, call.bucket, call.key, content, call.now)
        given_up += take(version)
        events.record(call, version, reason)
    service.files.release(given_up)
    service.events_waiting.set()
    return version


def check_write_conditions(call: Call, now_there: Version | None) -> None:
    """`If-None-Match: *` and `If-Match`: Refused 412 PreconditionFailed, or 404 for If-Match on nothing."""
    there = None if now_there is None or now_there.is_marker else now_there
    none_match, match = call.headers.get("if-none-match"), call.headers.get("if-match")
    if none_match not in (None, "*"):
        raise Refused(501, "NotImplemented", "If-None-Match of a write can only be *.", Header="If-None-Match")
    if match is not None and there is None:
        raise Refused(404, "NoSuchKey", "The specified key does not exist.", Key=call.key)
    failed = "If-None-Match" if none_match and there else ""
    if match is not None and there and match.strip('"') not in ("*", there.etag):
        failed = "If-Match"
    if failed:
        message = "At least one of the pre-conditions you specified did not hold"
        raise Refused(412, "PreconditionFailed", message, Condition=failed)


def created_headers(call: Call, version: Version) -> dict[str, str]:
    """What the answer to a creating request says of the new version."""
    headers = {"ETag": f'"{version.etag}"', **ENCRYPTION, **checksum_headers(version)}
    return {**headers, **version_header(call, version)}


def version_header(call: Call, version: Version) -> dict[str, str]:
    kept = versions.keeps_versions(call.service.db, call.bucket)
    return {"x-amz-version-id": version.version} if kept else {}


def checksum_headers(version: Version) -> dict[str, str]:
    if not version.checksum:
        return {}
    return {f"x-amz-checksum-{version.algorithm}": version.checksum, "x-amz-checksum-type": version.kind}


async def put(call: Call) -> Answer:
    facts = facts_of(call.headers)
    with call.service.files.incoming() as body:
        received = await bodies.receive(call, body.write)
        version = store_body(call, body, received, facts, "PutObject")
    return Answer(200, created_headers(call, version))


def store_body(call: Call, body: Incoming, received: bodies.Received, facts: Facts, reason: str) -> Version:
    """A new version that is one body, whichever way it came."""
    whole = Content(received.size, received.md5, received.algorithm, FULL, received.checksum, None, facts)

    def take(version: Version) -> list[str]:
        piece = single_piece(call, body.keep(), received)
        versions.put_piece(call.service.db, version.owner, piece)
        return []

    return store(call, whole, reason, take)


def single_piece(call: Call, file: str, received: bodies.Received, number: int = 1) -> Piece:
    checksum, declared = received.checksum, received.declared
    return Piece(number, file, received.size, received.md5, checksum, declared, stamp(call.now))


async def delete(call: Call) -> Answer:
    """One version for good, or a delete marker where versions are kept; nothing there is no error."""
    gone, marker = _delete(call, call.key, call.query.get("versionId"))
    headers = {}
    if version := gone or marker:
        headers = version_header(call, version)
        if version.is_marker:
            headers["x-amz-delete-marker"] = "true"
    return Answer(204, headers)


def _delete(call: Call, key: str, version_id: str | None) -> tuple[Version | None, Version | None]:
    """What was removed, and the delete marker that was made."""
    db, gone, marker = call.service.db, None, None
    with db.transaction():
        given_up = list[str]()
        if version_id is not None:
            gone = versions.named(db, call.bucket, key, version_id)
        elif versions.keeps_versions(db, call.bucket):
            marker, given_up = versions.add(db, call.bucket, key, None, call.now)
        else:
            gone = versions.current(db, call.bucket, key)
        if gone:
            given_up += versions.remove(db, gone)
    call.service.files.release(given_up)
    return gone, marker


async def delete_many(call: Call) -> Answer:
    tree = xml.parse(await bodies.receive_small(call), "Delete")
    named = list(tree.iterfind("Object"))
    if not named or len(named) > MAX_DELETED:
        raise Refused(400, "MalformedXML", f"DeleteObjects takes 1 to {MAX_DELETED} objects.")
    quiet = xml.text(tree, "Quiet") == "true"
    outcomes = [_delete_one(call, element) for element in named]
    return xml_answer("DeleteResult", [row for row in outcomes if row[0] == "Error" or not quiet])


def _delete_one(call: Call, element: Element) -> tuple[str, xml.Value]:
    key, version_id = element.findtext("Key") or "", xml.text(element, "VersionId") or None
    named: list[tuple[str, xml.Value]] = [("Key", key), ("VersionId", version_id)]
    try:
        access.authorize(call, "s3:DeleteObjectVersion" if version_id else "s3:DeleteObject", call.bucket, key)
    except Refused as refused:
        return "Error", [*named, ("Code", refused.code), ("Message", refused.message)]
    gone, marker = _delete(call, key, version_id)
    was_marker = marker or (gone if gone and gone.is_marker else None)
    if was_marker:
        named += [("DeleteMarker", "true"), ("DeleteMarkerVersionId", was_marker.version)]
    return "Deleted", named


def resolve(call: Call, version_id: str | None = None) -> Version:
    """The version that the call means; Refused NoSuchKey, NoSuchVersion, or MethodNotAllowed for a delete marker."""
    db = call.service.db
    wanted = version_id or call.query.get("versionId")
    if not wanted:
        found = versions.current(db, call.bucket, call.key)
        if found is None or found.is_marker:
            access.authorize(call, "s3:ListBucket", call.bucket, "")  # who may not list is not told that it is absent
            raise Refused(404, "NoSuchKey", "The specified key does not exist.", Key=call.key)
        return found
    found = versions.named(db, call.bucket, call.key, wanted)
    if found is None:
        message = "The specified version does not exist."
        raise Refused(404, "NoSuchVersion", message, Key=call.key, VersionId=wanted)
    if found.is_marker:
        raise Refused(405, "MethodNotAllowed", "The specified method is not allowed against a delete marker.")
    return found


async def get_tagging(call: Call) -> Answer:
    version = resolve(call)
    tags = [("Tag", [("Key", name), ("Value", value)]) for name, value in version.facts.tags.items()]
    return xml_answer("Tagging", [("TagSet", tags)], version_header(call, version))


async def put_tagging(call: Call) -> Answer:
    tree = xml.parse(await bodies.receive_small(call), "Tagging")
    tags = tags_of((tag.findtext("Key") or "", tag.findtext("Value") or "") for tag in tree.iterfind("TagSet/Tag"))
    version = resolve(call)
    versions.put_tags(call.service.db, version, tags)
    return Answer(200, version_header(call, version))


async def delete_tagging(call: Call) -> Answer:
    version = resolve(call)
    versions.put_tags(call.service.db, version, {})
    return Answer(204, version_header(call, version))
