"""What the use cases need from the outside. The docstrings are the contract; tests/contracts holds each to it.

One method is one AWS call (paging aside), unless it says otherwise. Anything that leaves the effect in doubt
raises `Unavailable`; SDK errors never pass through.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from portway.checks import Check
from portway.consequences import Event
from portway.edits import Edit
from portway.errors import Conflict, NotFound
from portway.model import ChecksumAlgorithm, ManifestRef, Part, Principal, PublishedObject, StoredObject, Upload, Word
from portway.presign import Credentials
from portway.quotas import Room
from portway.rates import Metered, Risk
from portway.reader import Reader
from portway.scans import Scan

Clock = Callable[[], int]
"""Milliseconds since the epoch."""
NewId = Callable[[], str]
"""A fresh, opaque id of 26 characters."""
NewSecret = Callable[[], str]
"""A fresh secret of 32 characters, 160 bits."""
CredentialSource = Callable[[], Credentials]
"""What signs URLs at this moment; renewed behind the call."""


@dataclass(frozen=True, slots=True)
class PartPage:
    """Some parts in ascending order; `more_after` is the number to go on from, None at the end."""

    parts: tuple[Part, ...]
    more_after: int | None = None


@dataclass(frozen=True, slots=True)
class UploadPage:
    """Some uploads, newest first; `cursor` is opaque, None at the end."""

    uploads: tuple[Upload, ...]
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Headers:
    """How a published file is served to whoever reads it."""

    content_type: str
    disposition: str
    cache_control: str


@dataclass(frozen=True, slots=True)
class Cut:
    """The bytes of one part of a copy: `length` from offset `first` on."""

    number: int
    first: int
    length: int


class Bucket(Protocol):
    """The multipart uploads of one bucket, and the objects that they make. ETags have no quotes here."""

    def list_parts(self, key: str, multipart_id: str, after: int = 0, limit: int = 1000) -> PartPage:
        """At most `limit` (1-1000) parts with numbers above `after`. UploadGone when S3 does not know the upload."""
        ...

    def complete(
        self,
        key: str,
        multipart_id: str,
        parts: Sequence[Part],
        size: int,
        algorithm: ChecksumAlgorithm,
        checksum: str | None,
    ) -> StoredObject:
        """CompleteMultipartUpload of exactly these parts, with the size and, if given, the whole checksum proved by S3.

        UploadGone when the upload is unknown (completed, aborted or removed): ask `head`.
        PartsChanged when S3 refused a part, the size or the checksum. `session` is None in the answer.
        """
        ...

    def abort(self, key: str, multipart_id: str) -> None:
        """AbortMultipartUpload. An upload that is gone already is fine. A part in flight may survive: look again."""
        ...

    def open_uploads(self, key: str) -> tuple[str, ...]:
        """The upload ids that are open under exactly this key."""
        ...


class ObjectStore(Bucket, Protocol):
    """The incoming bucket, and the way into the published one."""

    def start(self, key: str, content_type: str, algorithm: ChecksumAlgorithm, session: str) -> str:
        """CreateMultipartUpload with a FULL_OBJECT checksum and `session` in the metadata. Returns S3's upload id.

        Every call makes another upload, also for the same key.
        """
        ...

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        """The current object under `key`, or one version. None only when S3 says that there is none (404, not 403)."""
        ...

    def read(self, key: str, version_id: str, first: int, length: int) -> bytes:
        """`length` bytes of one version from offset `first`; fewer at the end of the object, none behind it.

        Unavailable when there is no such version: that is no empty file.
        """
        ...

    def publish(self, key: str, stored: StoredObject, to_key: str, headers: Headers) -> PublishedObject:
        """CopyObject of one version (at most 5 GiB), if its ETag is still `stored.etag`, with headers set by us.

        The copy keeps the checksum. Repeating it is harmless: same source version, same destination key. PartsChanged
        when version or ETag are gone.
        """
        ...

    def publish_edited(self, key: str, version_id: str, to_key: str, headers: Headers, edit: Edit) -> PublishedObject:
        """PutObject of what `edit` makes of one version, which is read on the way, under our headers.

        The answer has size and CRC32 of what is published, proved by S3. At most 5 GiB. Repeating it is harmless.
        Unavailable when there is no such version, or it is shorter than the edit says.
        """
        ...

    def delete(self, key: str, version_id: str) -> None:
        """Remove one version from the incoming bucket. One that is gone is fine."""
        ...

    def unpublish(self, published: PublishedObject) -> None:
        """Remove every version of one published key, and of what was made of it (paged). One that is gone is fine."""
        ...


class ResultStore(Protocol):
    """What is made of published files: it lies under their keys, and goes with them (`ObjectStore.unpublish`)."""

    def read(self, published: PublishedObject, first: int, length: int) -> bytes:
        """`length` bytes of the published version from offset `first`, all of which are there."""
        ...

    def fetch(self, published: PublishedObject, into: BinaryIO) -> None:
        """Write the published version to `into`, as it comes. Unavailable when it is not there."""
        ...

    def put(self, published: PublishedObject, name: str, body: BinaryIO, size: int, headers: Headers) -> str:
        """PutObject of a result under `<published key>/<name>`, which is returned. Repeating it is harmless."""
        ...


class CopyStore(Bucket, Protocol):
    """The published bucket, where a large file is put together from copies of ranges of its stored version."""

    def begin(self, to_key: str, headers: Headers, algorithm: ChecksumAlgorithm) -> str:
        """CreateMultipartUpload with a FULL_OBJECT checksum and headers set by us. Returns S3's upload id.

        Every call makes another upload, also for the same key.
        """
        ...

    def copy(
        self, key: str, stored: StoredObject, to_key: str, multipart_id: str, cuts: Sequence[Cut]
    ) -> tuple[Part, ...]:
        """UploadPartCopy of each cut of one version, if its ETag is still `stored.etag`; all at the same time.

        Without an answer some of the parts may be there. UploadGone when S3 does not know the upload, PartsChanged when
        version or ETag are gone.
        """
        ...

    def versions(self, to_key: str) -> tuple[StoredObject, ...]:
        """What lies under exactly this published key (paged), newest first, without checksums: nothing is read."""
        ...


class SessionStore(Protocol):
    """Uploads, quota of owners and tenants, manifests and the outbox. Every write is conditional on what was read."""

    def add(self, upload: Upload, room: Room) -> None:
        """One transaction: put the record, count its size and one open upload on each of its `accounts`, and keep the
        event that it owes (`announcement(None, upload)`), if any.

        Exists (with the record) when the id is taken. QuotaExceeded when owner or tenant (asked in this order) have no
        room left; then neither is counted.
        """
        ...

    def get(self, upload_id: str) -> Upload | None:
        """The record, consistently read."""
        ...

    def save(self, before: Upload, after: Upload, room: Room | None = None) -> Upload:
        """Write what differs, if the record's FENCE fields (and those of COMPARED that change) are as in `before`.

        In the same transaction: `quota_change`, `risk_change` and `announcement` of the two, where there are any.
        QuotaExceeded when the change takes more of the quota than is left in `room`; nothing was written then.
        Returns the record as it is then; after a transaction `after` itself, without others' latest hints.
        A repeat of one's own write (a lost answer) succeeds while nobody moved the record on.
        Conflict (with the record as it is now) otherwise; nothing was written then.
        """
        ...

    def save_told(self, before: Upload, after: Upload) -> Upload:
        """`save`, where the bus has taken the `announcement` of the two: it is not owed any more."""
        ...

    def put_manifest(self, upload_id: str, parts: Sequence[Part]) -> ManifestRef:
        """Keep an immutable list of parts, in items of 2,000 parts. The same list gives the same reference."""
        ...

    def get_manifest(self, upload_id: str, manifest: ManifestRef) -> tuple[Part, ...]:
        """The parts of `put_manifest` (without `stored_at`), all of them or Unavailable."""
        ...

    def list_owned(self, principal: Principal, word: Word | None, cursor: str | None, limit: int) -> UploadPage:
        """The principal's own uploads by `created_at`, newest first, if asked only those with this public word.

        A page may hold fewer than `limit` although more follow: go on while there is a cursor.
        Refused for a bad cursor. An index query and a batch of consistent reads.
        """
        ...

    def list_all(self, tenant: str | None, word: Word | None, cursor: str | None, limit: int) -> UploadPage:
        """Everybody's uploads by `created_at`, newest first, if asked only those of this tenant or with this word.

        Looks at `limit` uploads, so that a page may be empty although more follow: go on while there is a cursor.
        Refused for a bad cursor. A query of each shard of the index, and a batch of consistent reads.
        """
        ...

    def list_kept(self, tenant: str | None, cursor: str | None, limit: int) -> UploadPage:
        """What is in quarantine and was not removed, by `created_at`, newest first, if asked only of this tenant.

        Pages and cursors as with `list_all`, over these uploads alone: however many others there are costs nothing.
        """
        ...

    def overdue(self, now: int, limit: int) -> tuple[str, ...]:
        """Ids of uploads with `due_at` <= `now`, perhaps stale: read the record before acting."""
        ...

    def unsent(self, before: int, limit: int) -> tuple[Event, ...]:
        """Outbox records made before that time and not marked as sent. An index query and a batch of reads."""
        ...

    def sent(self, event: Event) -> None:
        """Mark an outbox record as sent."""
        ...


class RateLimiter(Protocol):
    """How fast each owner may go. Owners do not share a rate, and neither do the things that are metered.

    Creating is slowed down by the points that `SessionStore.save` counts (rates.tightened); signing is not.
    """

    def take(self, principal: Principal, what: Metered, tokens: int, now: int) -> None:
        """Admit `tokens`, or RateLimited with the exact wait; Refused for more than could be admitted at once.

        One call, also for a refusal; one more for an owner who has points, or whose other requests went elsewhere, and
        for each time that others come between. Busy when they do so again and again.
        """
        ...

    def risks(self, owners: Collection[Principal], now: int) -> Mapping[Principal, Risk]:
        """The risk of each of these owners, at most 100."""
        ...


class Scanner(Protocol):
    def scan(self, upload: Upload, reader: Reader, /) -> Scan:
        """What is known of malware in the stored version, which `reader` reads. Never CLEAN for want of knowledge."""
        ...


class Checker(Protocol):
    def call(self, check: Check, told: Mapping[str, Any], /) -> bytes:
        """The answer of a team's own check about a file. CheckFailed without one, at the latest at its deadline."""
        ...


class Announcer(Protocol):
    def send(self, event: Event) -> None:
        """Put the event on the bus. Unavailable when the bus did not take it."""
        ...


def all_parts(bucket: Bucket, key: str, multipart_id: str) -> tuple[Part, ...]:
    """Everything that S3 holds of an upload, in pages of a thousand. UploadGone as `list_parts`."""
    parts: list[Part] = []
    after: int | None = 0
    while after is not None:
        page = bucket.list_parts(key, multipart_id, after)
        parts += page.parts
        after = page.more_after
    return tuple(parts)


def saved_or_current(save: Callable[[Upload, Upload], Upload], before: Upload, after: Upload) -> Upload:
    """The record after the write, or as somebody else moved it meanwhile; `save` is a store's or the outbox's."""
    try:
        return save(before, after)
    except Conflict as moved:
        return current_of(moved)


def current_of(conflict: Conflict) -> Upload:
    """The record that another writer left. NotFound when it is gone."""
    current: Upload | None = conflict.current
    if current is None:
        raise NotFound from conflict
    return current
