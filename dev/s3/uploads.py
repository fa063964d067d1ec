"""Open multipart uploads, and what is remembered of finished ones."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dev.s3.catalogue import Catalogue, Facts, stamp
from dev.s3.refused import Refused
from dev.s3.rules import ListedPart
from dev.s3.versions import Version

COLUMNS = "id,bucket,key,started,algorithm,kind,facts"


@dataclass(frozen=True, slots=True)
class Upload:
    """An open upload; `algorithm` and `kind` are the checksum it was created with."""

    id: str
    bucket: str
    key: str
    started: str
    algorithm: str
    kind: str
    facts: Facts

    @property
    def owner(self) -> str:
        return f"u{self.id}"


def _upload(row: tuple[Any, ...]) -> Upload:
    values = [*row[:-1], Facts.load(row[-1])]
    return Upload(*values)


def begin(db: Catalogue, bucket: str, key: str, checksum: tuple[str, str], facts: Facts, now: datetime) -> Upload:
    upload = Upload(secrets.token_urlsafe(32), bucket, key, stamp(now), *checksum, facts)
    values = (upload.id, bucket, key, upload.started, *checksum, facts.dump())
    db.run(f"INSERT INTO upload({COLUMNS}) VALUES(?,?,?,?,?,?,?)", *values)
    return upload


def opened(db: Catalogue, bucket: str, key: str, upload_id: str) -> Upload:
    """Refused NoSuchUpload when it never was, ended, or belongs to another key."""
    row = db.one(f"SELECT {COLUMNS} FROM upload WHERE id=? AND bucket=? AND key=?", upload_id, bucket, key)
    if row is None:
        message = "The specified upload does not exist. It may have been aborted or completed."
        raise Refused(404, "NoSuchUpload", message, UploadId=upload_id)
    return _upload(row)


def in_order(db: Catalogue, bucket: str, prefix: str = "", after: str = "") -> Iterator[Upload]:
    """The open uploads of keys that begin with `prefix`, from key `after` on: by key, then by start."""
    query = f"SELECT {COLUMNS} FROM upload WHERE bucket=? AND key>=? ORDER BY key, started, id"
    for row in db.rows(query, bucket, max(prefix, after)):
        if not str(row[2]).startswith(prefix):
            return
        yield _upload(row)


def close(db: Catalogue, upload: Upload) -> list[str]:
    """Forget the upload and the pieces that are still its own; the files they give up. Within a transaction."""
    files = [file for (file,) in db.rows("SELECT file FROM piece WHERE owner=?", upload.owner)]
    db.run("DELETE FROM piece WHERE owner=?", upload.owner)
    db.run("DELETE FROM upload WHERE id=?", upload.id)
    return files


def hand_over(db: Catalogue, upload: Upload, numbers: Sequence[int], version: Version) -> None:
    """Give the named pieces to the new version: records move, bytes stay where they are. Within a transaction."""
    moves = ((version.owner, upload.owner, number) for number in numbers)
    db.run_many("UPDATE piece SET owner=? WHERE owner=? AND number=?", moves)


def manifest_text(listed: Sequence[ListedPart]) -> str:
    return json.dumps([[part.number, part.etag.strip('"')] for part in listed])


def remember(db: Catalogue, upload: Upload, version: Version, listed: Sequence[ListedPart]) -> None:
    values = (upload.id, upload.bucket, upload.key, version.version, manifest_text(listed))
    db.run("INSERT INTO finished VALUES(?,?,?,?,?)", *values)


def repeated(db: Catalogue, bucket: str, key: str, upload_id: str, listed: Sequence[ListedPart]) -> str | None:
    """The version id that an identical Complete made before, or None."""
    query = "SELECT version FROM finished WHERE upload=? AND bucket=? AND key=? AND manifest=?"
    row = db.one(query, upload_id, bucket, key, manifest_text(listed))
    return str(row[0]) if row else None
