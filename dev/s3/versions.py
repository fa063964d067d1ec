"""Object versions and the pieces they consist of."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import accumulate
from typing import Any

from dev.s3 import xml
from dev.s3.catalogue import Catalogue, Facts, stamp
from dev.s3.files import Slice
from dev.s3.rules import StoredPart

COLUMNS = "id,bucket,key,version,marker,size,etag,algorithm,kind,checksum,part_count,stored_at,facts"
PIECE_COLUMNS = "number,file,size,md5,checksum,declared,stored_at"
NULL = "null"  # the version id in a bucket that keeps no versions


@dataclass(frozen=True, slots=True)
class Version:
    """One version or delete marker. `etag` without quotes; `part_count` is None unless it came by multipart upload."""

    id: int
    bucket: str
    key: str
    version: str
    is_marker: bool
    size: int
    etag: str
    algorithm: str
    kind: str
    checksum: str
    part_count: int | None
    stored_at: str
    facts: Facts

    @property
    def owner(self) -> str:
        return f"v{self.id}"


@dataclass(frozen=True, slots=True)
class Content:
    """What a new version consists of, before it has a name."""

    size: int
    etag: str
    algorithm: str
    kind: str
    checksum: str
    part_count: int | None
    facts: Facts


@dataclass(frozen=True, slots=True)
class Piece:
    """One body file of an object or an open upload."""

    number: int
    file: str
    size: int
    md5: str
    checksum: str
    declared: bool
    stored_at: str

    def as_part(self) -> StoredPart:
        return StoredPart(self.number, self.size, self.md5, self.checksum, self.declared)


def _version(row: tuple[Any, ...]) -> Version:
    values = [*row[:4], bool(row[4]), *row[5:-1], Facts.load(row[-1])]
    return Version(*values)


def current(db: Catalogue, bucket: str, key: str) -> Version | None:
    """The latest version; it may be a delete marker."""
    row = db.one(f"SELECT {COLUMNS} FROM version WHERE bucket=? AND key=? ORDER BY id DESC LIMIT 1", bucket, key)
    return _version(row) if row else None


def named(db: Catalogue, bucket: str, key: str, version: str) -> Version | None:
    row = db.one(f"SELECT {COLUMNS} FROM version WHERE bucket=? AND key=? AND version=?", bucket, key, version)
    return _version(row) if row else None


def in_order(db: Catalogue, bucket: str, prefix: str, after: str = "") -> Iterator[Version]:
    """Every version of the keys that begin with `prefix`, from key `after` on: by key, newest first."""
    query = f"SELECT {COLUMNS} FROM version WHERE bucket=? AND key>=? ORDER BY key, id DESC"
    for row in db.rows(query, bucket, max(prefix, after)):
        if not str(row[2]).startswith(prefix):
            return
        yield _version(row)


def keeps_versions(db: Catalogue, bucket: str) -> str:
    """`Enabled`, `Suspended` or "" as PutBucketVersioning said."""
    return _status(db.setting(bucket, "versioning"))


@lru_cache(maxsize=64)
def _status(body: bytes | None) -> str:
    return xml.text(xml.parse(body, "VersioningConfiguration"), "Status") if body else ""


def add(db: Catalogue, bucket: str, key: str, content: Content | None, now: datetime) -> tuple[Version, list[str]]:
    """Make a version current, None being a delete marker; also the files that a replaced null version gives up.

    Within a transaction. Without versioning (or with it suspended) the version `null` is replaced.
    """
    version, given_up = secrets.token_urlsafe(24), list[str]()
    if keeps_versions(db, bucket) != "Enabled":
        version = NULL
        if replaced := named(db, bucket, key, NULL):
            given_up = remove(db, replaced)
    what = content or Content(0, "", "", "", "", None, Facts({}, {}, {}))
    values = (what.size, what.etag, what.algorithm, what.kind, what.checksum, what.part_count)
    row = (bucket, key, version, content is None, *values, stamp(now), what.facts.dump())
    marks = ",".join("?" * len(row))
    new_id = db.run(f"INSERT INTO version({COLUMNS.removeprefix('id,')}) VALUES({marks})", *row)
    return Version(new_id, bucket, key, version, content is None, *values, stamp(now), what.facts), given_up


def remove(db: Catalogue, version: Version) -> list[str]:
    """Delete one version for good; the files it gives up. Within a transaction."""
    files = [file for (file,) in db.rows("SELECT file FROM piece WHERE owner=?", version.owner)]
    db.run("DELETE FROM piece WHERE owner=?", version.owner)
    db.run("DELETE FROM version WHERE id=?", version.id)
    return files


def put_tags(db: Catalogue, version: Version, tags: dict[str, str]) -> None:
    facts = Facts(version.facts.headers, version.facts.metadata, tags)
    db.run("UPDATE version SET facts=? WHERE id=?", facts.dump(), version.id)


def pieces(db: Catalogue, owner: str, after: int = 0, limit: int = -1) -> list[Piece]:
    """The pieces of a version or an upload in the order of their numbers."""
    query = f"SELECT {PIECE_COLUMNS} FROM piece WHERE owner=? AND number>? ORDER BY number LIMIT ?"
    return [Piece(*row) for row in db.rows(query, owner, after, limit)]


def put_piece(db: Catalogue, owner: str, piece: Piece) -> str | None:
    """Store a piece under its number; the file of the one that it replaces. Within a transaction."""
    row = db.one("SELECT file FROM piece WHERE owner=? AND number=?", owner, piece.number)
    values = (piece.number, piece.file, piece.size, piece.md5, piece.checksum, piece.declared, piece.stored_at)
    db.run(f"INSERT OR REPLACE INTO piece(owner,{PIECE_COLUMNS}) VALUES(?,?,?,?,?,?,?,?)", owner, *values)
    return str(row[0]) if row else None


def cut(held: Sequence[Piece], start: int, end: int) -> list[Slice]:
    """The slices of the pieces that make up the bytes `start` to `end` (exclusive) of the whole."""
    ends = list(accumulate(piece.size for piece in held))
    found = []
    for piece, piece_end in zip(held, ends, strict=True):
        piece_start = piece_end - piece.size
        first, last = max(start, piece_start), min(end, piece_end)
        if first < last:
            found.append(Slice(piece.file, first - piece_start, last - first))
    return found
