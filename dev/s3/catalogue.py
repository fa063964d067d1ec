"""What the endpoint remembers, in one SQLite file: buckets, versions, uploads, pieces, unsent events.

Every statement runs on the event loop's thread, so a transaction is also atomic towards other requests. The journal
survives a killed process; a power cut may lose the last moments (no fsync: this is a stand-in, not a store).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=OFF;
CREATE TABLE IF NOT EXISTS bucket(name TEXT PRIMARY KEY, created TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS setting(bucket TEXT, name TEXT, body BLOB, PRIMARY KEY(bucket, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS version(
    id INTEGER PRIMARY KEY AUTOINCREMENT, bucket TEXT, key TEXT, version TEXT, marker INTEGER, size INTEGER, etag TEXT,
    algorithm TEXT, kind TEXT, checksum TEXT, part_count INTEGER, stored_at TEXT, facts TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS version_name ON version(bucket, key, version);
CREATE INDEX IF NOT EXISTS version_order ON version(bucket, key, id DESC);
CREATE TABLE IF NOT EXISTS upload(
    id TEXT PRIMARY KEY, bucket TEXT, key TEXT, started TEXT, algorithm TEXT, kind TEXT, facts TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS upload_order ON upload(bucket, key, started, id);
CREATE TABLE IF NOT EXISTS finished(
    upload TEXT PRIMARY KEY, bucket TEXT, key TEXT, version TEXT, manifest TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS piece(
    owner TEXT, number INTEGER, file TEXT, size INTEGER, md5 TEXT, checksum TEXT, declared INTEGER, stored_at TEXT,
    PRIMARY KEY(owner, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS piece_file ON piece(file);
CREATE TABLE IF NOT EXISTS event(id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a client said of an object besides its bytes: stored headers, user metadata, tags."""

    headers: dict[str, str]
    metadata: dict[str, str]
    tags: dict[str, str]

    def dump(self) -> str:
        return json.dumps([self.headers, self.metadata, self.tags])

    @staticmethod
    def load(text: str) -> Facts:
        return Facts(*json.loads(text))


class Catalogue:
    """The SQLite file and what needs no more than one statement."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; never held across an await."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def run(self, statement: str, *values: Any) -> int:
        """Execute one statement; the id of the row it inserted."""
        return self._db.execute(statement, values).lastrowid or 0

    def run_many(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._db.executemany(statement, rows)

    def one(self, query: str, *values: Any) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._db.execute(query, values).fetchone()
        return row

    def rows(self, query: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        yield from self._db.execute(query, values)

    def setting(self, bucket: str, name: str) -> bytes | None:
        """The body of one sub-resource (cors, policy, …) as it was put."""
        row = self.one("SELECT body FROM setting WHERE bucket=? AND name=?", bucket, name)
        return bytes(row[0]) if row else None

    def put_setting(self, bucket: str, name: str, body: bytes | None) -> None:
        """Store a sub-resource, or remove it with None."""
        if body is None:
            self.run("DELETE FROM setting WHERE bucket=? AND name=?", bucket, name)
        else:
            self.run("INSERT OR REPLACE INTO setting VALUES(?,?,?)", bucket, name, body)

    def known_files(self) -> set[str]:
        return {file for (file,) in self.rows("SELECT DISTINCT file FROM piece")}

    def orphans(self, files: Iterable[str]) -> list[str]:
        """Those of `files` that no piece names."""
        return [file for file in files if not self.one("SELECT 1 FROM piece WHERE file=?", file)]


def stamp(moment: datetime) -> str:
    """A moment as S3's XML writes it, with milliseconds; also sorts as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
