"""Wrong rules of the stores: what `mutations` puts in the place of conditions and transactions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portway.consequences import Event, announcement
from portway.errors import UploadGone
from portway.model import FENCE, RETAINED, ChecksumAlgorithm, Part, PublishedObject, Status, StoredObject, Upload
from portway.ports import Headers
from portway.quotas import QuotaChange
from tests.fakes import sessions
from tests.fakes.objects import FakeObjects
from tests.fakes.sessions import FakeSessions

_complete, _publish, _put, _as_read = FakeObjects.complete, FakeObjects.publish, FakeObjects.put, sessions._is_as_read

SIZELESS = tuple(name for name in FENCE if name != "size")
"""What a write demands of a file of unknown size, without what is reserved for it."""


def force(self: FakeSessions, upload: Upload) -> Upload:
    """A write without a condition."""
    self.uploads[upload.id] = upload
    return upload


def release(self: FakeSessions, upload: Upload, change: QuotaChange) -> None:
    """A transaction of its own for the quota."""
    self._count(upload, change)


def nothing_entailed(*of: Any) -> None:
    """A move without what belongs to it."""


def creation_not_owed(before: Upload | None, after: Upload) -> Event | None:
    """Whoever ends an upload that never came to be open does not say that there was one."""
    is_new = before is not None and before.status is Status.CREATING
    return None if is_new and after.status is not Status.OPEN else announcement(before, after)


def end_not_owed(before: Upload | None, after: Upload) -> Event | None:
    """An end without its event."""
    return None if after.is_terminal else announcement(before, after)


def unfenced(current: Upload, before: Upload, changes: dict[str, Any]) -> bool:
    """The end of processing asks for the state only, not for the lease."""
    if changes.get("status") in RETAINED:
        return current.status is before.status
    return _as_read(current, before, changes)


def latest_is_published(
    self: FakeObjects, key: str, stored: StoredObject, to_key: str, headers: Headers
) -> PublishedObject:
    """The copy takes what lies under the key now."""
    latest = self.head(key) or stored
    return _publish(self, key, latest, to_key, headers)


def put_over(self: FakeObjects, key: str, *body: Any, if_none_match: str | None = None) -> StoredObject:
    """A PUT that makes another version where there is one."""
    return _put(self, key, *body)


def only_if_new(
    self: FakeObjects,
    key: str,
    multipart_id: str,
    parts: Sequence[Part],
    size: int,
    algorithm: ChecksumAlgorithm,
    checksum: str | None,
) -> StoredObject:
    """CompleteMultipartUpload with If-None-Match: *; a 412 is asked about like an upload that is gone."""
    if self.versions.get((self.incoming, key)):
        raise UploadGone
    return _complete(self, key, multipart_id, parts, size, algorithm, checksum)


def never_applied(current: Upload, after: Upload, changes: dict[str, Any]) -> bool:
    """The repeat of one's own write is a conflict like any other."""
    return False
