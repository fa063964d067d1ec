"""Moves that anybody may finish: the request that began them, a later one, the event, or the sweeper.

Every step before the last write can be repeated without harm, and every write is conditional on what was read, so
these run as often, as late and as concurrently as they like (docs/faults.md, section 2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from portway.errors import PartsChanged, Stray, Unavailable, UploadGone
from portway.model import RETAINED, Status, StoredObject, Upload, sooner
from portway.outbox import Outbox
from portway.ports import Bucket, Clock, CopyStore, ObjectStore, SessionStore, saved_or_current
from portway.verdicts import Reason

HANDOVER_MS = 60_000
"""How long the one who wrote an intent has before the sweeper takes it over."""
ABORT_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Endings:
    """`event_wait_ms` is how long a stored upload waits for its object event before the sweeper processes it."""

    objects: ObjectStore
    copies: CopyStore
    sessions: SessionStore
    outbox: Outbox
    now: Clock
    event_wait_ms: int = 600_000

    def finish(self, upload: Upload) -> Upload:
        """COMPLETING → STORED, or to the end that S3's answer proves. Unavailable when S3 proves nothing yet."""
        assert upload.manifest is not None
        assert upload.multipart_id is not None
        parts, multipart_id = self.sessions.get_manifest(upload.id, upload.manifest), upload.multipart_id
        try:
            stored = self.objects.complete(
                upload.key, multipart_id, parts, upload.size, upload.checksum_algorithm, upload.checksum
            )
        except UploadGone:
            return self._judge(upload, Status.EXPIRED, Reason.UPLOAD_GONE)
        except PartsChanged:
            # Never back to OPEN: S3's id is used with one manifest only, so it dies with it (docs/decisions/0006).
            self.objects.abort(upload.key, multipart_id)
            return self._judge(upload, Status.ABORTED, Reason.PARTS_CHANGED)
        return self._keep(upload, stored)

    def adopt(self, upload: Upload) -> Upload | None:
        """COMPLETING, or a single OPEN, → STORED if the object is there, whoever found it. None if it is not.

        Stray when the object is not of this upload.
        """
        found = self._found(upload)
        return self._keep(upload, found) if found else None

    def abandon(self, upload: Upload) -> Upload:
        """ABORTING → ABORTED, EXPIRING → EXPIRED: remove what S3 holds under the key, then say so."""
        self._clear(upload)
        end, reason = {
            Status.ABORTING: (Status.ABORTED, Reason.CANCELLED),
            Status.EXPIRING: (Status.EXPIRED, None),
        }[upload.status]
        return self._save(upload, upload.moved(end, self.now(), reason=reason))

    def begin_removal(self, upload: Upload, noted: Upload | None = None) -> Upload:
        """A retained file whose record says from now on that its bytes go, or as another moved it meanwhile.

        `noted` is the same record with what else is written then.
        """
        now = self.now()
        removing = replace(noted or upload, removing_at=now, due_at=now + HANDOVER_MS)
        return saved_or_current(self.sessions.save, upload, removing)

    def remove(self, upload: Upload) -> Upload:
        """Delete the bytes of a retained file whose record says `removing_at`, then give its quota back."""
        self._delete_bytes(upload)
        now = self.now()
        return self._save(upload, replace(upload, removed_at=now, due_at=now + upload.settle_ms))

    def expire(self, upload: Upload) -> Upload:
        """CREATING, OPEN → EXPIRED, or as another moved it meanwhile."""
        now = self.now()
        upload = self._save(upload, upload.moved(Status.EXPIRING, now, due_at=now + HANDOVER_MS))
        return self.abandon(upload) if upload.status is Status.EXPIRING else upload

    def look_again(self, upload: Upload) -> Upload:
        """Make a finished upload due at once: something came under its key that nobody wants."""
        for _ in range(ABORT_ROUNDS):
            if not upload.is_terminal:
                return upload
            upload = self._save(upload, replace(upload, due_at=self.now()))
            if upload.due_at is not None:
                return upload
        raise Unavailable("somebody else ends its last look again and again; deliver the event again")

    def _drop_late(self, upload: Upload) -> None:
        """Delete what a URL that was still good put under the key of a single upload after its end.

        While the recorded version is there nothing else can be: the URL takes no object where there is one.
        """
        kept = upload.stored.version_id if upload.stored and not upload.removing_at else None
        for _ in range(ABORT_ROUNDS):
            found = self.objects.head(upload.key)
            if found is None or found.version_id == kept:
                return
            self.objects.delete(upload.key, found.version_id)
        raise Unavailable("objects come faster than they are deleted; the sweeper goes on")

    def sweep(self, upload: Upload) -> Upload:
        """What is due for an upload whose end was begun. Does nothing where nothing is due."""
        if upload.due_at is None or upload.due_at > self.now():
            return upload
        if upload.status in (Status.ABORTING, Status.EXPIRING):
            return self.abandon(upload)
        if upload.status is Status.COMPLETING:
            return self.finish(upload)
        return self._settle(upload) if upload.is_terminal else upload

    def _settle(self, upload: Upload) -> Upload:
        """A look at a finished upload: end a removal, and undo what calls of killed workers and URLs that were still
        good did late. The last one drops the incoming copy of a published file.

        Stray when there is an object although the upload ended without one.
        """
        if upload.removing_at and not upload.removed_at:
            return self.remove(upload)
        last_look = (upload.removed_at or upload.history[-1].at) + upload.settle_ms
        is_last = last_look <= self.now()
        if upload.removed_at:
            self._delete_bytes(upload)
        elif is_last and upload.status is Status.PUBLISHED and upload.stored:
            self.objects.delete(upload.key, upload.stored.version_id)  # nobody is paid for two copies
        self._clear(upload)
        if upload.status not in RETAINED and self.objects.head(upload.key):
            raise Stray(f"{upload.status}, but there is an object under its key")
        over_at = None if upload.removed_at else upload.retained_until
        return self._save(upload, replace(upload, due_at=sooner(None if is_last else last_look, over_at)))

    def _delete_bytes(self, upload: Upload) -> None:
        """The source before the copies: a worker that wakes up in between finds nothing to copy."""
        if upload.stored:
            self.objects.delete(upload.key, upload.stored.version_id)
        if upload.published:
            self.objects.unpublish(upload.published)

    def _clear(self, upload: Upload) -> None:
        """Remove what S3 may hold of an upload beside its file: its multipart uploads; late objects of a single one."""
        if upload.is_single:
            self._drop_late(upload)
        else:
            self._kill_uploads(upload)

    def _kill_uploads(self, upload: Upload) -> None:
        if upload.multipart_id and not upload.is_terminal:
            self.objects.abort(upload.key, upload.multipart_id)
        _empty(self.objects, upload.key)
        if upload.copying and upload.published:
            _empty(self.copies, upload.published.key)

    def _judge(self, upload: Upload, end: Status, reason: Reason) -> Upload:
        """S3 no longer takes this manifest: the object decides whether that is success or the end."""
        found = self._found(upload)
        if found:
            return self._keep(upload, found)
        now = self.now()
        attempts = upload.tried("complete", reason.value, False, now)
        return self._save(upload, upload.moved(end, now, reason=reason, attempts=attempts))

    def _found(self, upload: Upload) -> StoredObject | None:
        found = self.objects.head(upload.key)
        if found and not _is_of(found, upload):
            raise Stray(f"{upload.status}, but the object under its key is of another origin")
        return found

    def _keep(self, upload: Upload, stored: StoredObject) -> Upload:
        now = self.now()
        return self._save(upload, upload.moved(Status.STORED, now, stored=stored, due_at=now + self.event_wait_ms))

    def _save(self, before: Upload, after: Upload) -> Upload:
        return saved_or_current(self.outbox.save, before, after)


def _empty(bucket: Bucket, key: str) -> None:
    """End every upload under this key."""
    for _ in range(ABORT_ROUNDS):  # a part in flight may survive an abort
        left = bucket.open_uploads(key)
        if not left:
            return
        for multipart_id in left:
            bucket.abort(key, multipart_id)
    raise Unavailable("uploads survive their abort; the sweeper goes on")


def _is_of(found: StoredObject, upload: Upload) -> bool:
    """The object was made by this upload, whole, and with the checksum that was declared.

    Nothing of ours marks the object of a single upload: its URL takes only what was declared.
    """
    return (
        found.session == (None if upload.is_single else upload.id)
        and found.size == upload.size
        and (upload.checksum is None or found.checksum is None or found.checksum == upload.checksum)
    )
