"""Wrong ways to finish, to end and to sweep: what `mutations` puts in the place of methods of Uploads and Endings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from portway import streams
from portway.declaration import Declaration, first_record
from portway.endings import HANDOVER_MS, Endings
from portway.errors import Busy, Conflict, Exists, PartsChanged, Unavailable, UploadGone
from portway.model import HAS_OBJECT, Part, Principal, Status, StoredObject, Upload
from portway.ports import current_of, saved_or_current
from portway.signing import Form, Window
from portway.uploads import Created, Uploads
from portway.verdicts import Reason

_found, _judge, _kill_uploads, _settle, _sweep = (
    Endings._found,
    Endings._judge,
    Endings._kill_uploads,
    Endings._settle,
    Endings.sweep,
)


def _completed(self: Endings, upload: Upload, parts: tuple[Part, ...] | None = None) -> StoredObject:
    assert upload.manifest is not None
    assert upload.multipart_id is not None
    parts = parts or self.sessions.get_manifest(upload.id, upload.manifest)
    algorithm, checksum = upload.checksum_algorithm, upload.checksum
    return self.objects.complete(upload.key, upload.multipart_id, parts, upload.size, algorithm, checksum)


def stored_before_s3(self: Endings, upload: Upload) -> Upload:
    """The record says STORED, then S3 is asked."""
    kept = self._keep(upload, StoredObject("version-1", "a guess", upload.size))
    _completed(self, upload)
    return kept


def gone_is_failure(self: Endings, upload: Upload, end: Status, reason: Reason) -> Upload:
    """NoSuchUpload is believed without a HEAD."""
    if reason is not Reason.UPLOAD_GONE:
        return _judge(self, upload, end, reason)
    return self._save(upload, upload.moved(end, self.now(), reason=reason))


def silence_is_failure(self: Endings, upload: Upload) -> Upload:
    """No answer to Complete counts as a refusal."""
    try:
        return self._keep(upload, _completed(self, upload))
    except (UploadGone, Unavailable):
        return self._judge(upload, Status.EXPIRED, Reason.UPLOAD_GONE)
    except PartsChanged:
        self.objects.abort(upload.key, upload.multipart_id or "")
        return self._judge(upload, Status.ABORTED, Reason.PARTS_CHANGED)


def reopening(self: Endings, upload: Upload) -> Upload:
    """A refused manifest opens the upload again; S3's id goes on being used."""
    try:
        return self._keep(upload, _completed(self, upload))
    except UploadGone:
        return self._judge(upload, Status.EXPIRED, Reason.UPLOAD_GONE)
    except PartsChanged:
        found = self._found(upload)
        if found:
            return self._keep(upload, found)
        due_at = upload.expires_at - len(upload.history)  # so that whoever read it before is fenced off
        again = upload.moved(Status.OPEN, self.now(), manifest=None, due_at=due_at)
        return self._save(upload, again)


def looks_before_it_kills(self: Endings, upload: Upload) -> Upload:
    """After a refused manifest: HEAD first, then the abort."""
    try:
        return self._keep(upload, _completed(self, upload))
    except UploadGone:
        return self._judge(upload, Status.EXPIRED, Reason.UPLOAD_GONE)
    except PartsChanged:
        found = self._found(upload)
        if found:
            return self._keep(upload, found)
        self.objects.abort(upload.key, upload.multipart_id or "")
        return self._save(upload, upload.moved(Status.ABORTED, self.now(), reason=Reason.PARTS_CHANGED))


def lists_again(self: Endings, upload: Upload) -> Upload:
    """S3 gets what it holds now, not the manifest that was compared."""
    try:
        parts = self.objects.list_parts(upload.key, upload.multipart_id or "").parts
        return self._keep(upload, _completed(self, upload, parts))
    except UploadGone:
        return self._judge(upload, Status.EXPIRED, Reason.UPLOAD_GONE)


def forbidden_is_absent(self: Endings, upload: Upload) -> StoredObject | None:
    """A HEAD that was not answered, or with 403, counts as: there is nothing."""
    try:
        return _found(self, upload)
    except Unavailable:
        return None


def no_last_look(self: Endings, upload: Upload) -> None:
    """The uploads of a terminal record are not listed again."""
    if not upload.is_terminal:
        _kill_uploads(self, upload)


def no_resumed_completion(self: Endings, upload: Upload) -> Upload:
    return upload if upload.status is Status.COMPLETING else _sweep(self, upload)


def expires_what_completes(self: Endings, upload: Upload) -> Upload:
    """Expiry starts from COMPLETING, too."""
    now = self.now()
    if upload.status is Status.COMPLETING and (upload.due_at or 0) <= now:
        upload = self._save(upload, upload.moved(Status.EXPIRING, now, due_at=now + HANDOVER_MS))
        return self.abandon(upload) if upload.status is Status.EXPIRING else upload
    return _sweep(self, upload)


def expires_without_condition(self: Endings, upload: Upload) -> Upload:
    """The sweeper writes over what it read, whatever it is now."""
    now, sessions = self.now(), cast(Any, self.sessions)
    return self.abandon(sessions.force(upload.moved(Status.EXPIRING, now, due_at=now + HANDOVER_MS)))


def given_back_before_removed(self: Endings, upload: Upload) -> Upload:
    """The quota of a removed file is given back before its bytes are gone."""
    removed = self._save(upload, replace(upload, removed_at=self.now()))
    self._delete_bytes(upload)
    return removed


def copies_before_the_source(self: Endings, upload: Upload) -> None:
    """A removal deletes the published copy first: a worker that wakes up in between copies it again."""
    if upload.published:
        self.objects.unpublish(upload.published)
    if upload.stored:
        self.objects.delete(upload.key, upload.stored.version_id)


def s3_before_the_record(
    self: Uploads, principal: Principal, wanted: Declaration, upload_id: str | None = None
) -> Created:
    """CreateMultipartUpload, and only then the record."""
    upload = first_record(principal, wanted, upload_id or self.new_id(), self.rules, self.now())
    multipart_id = self.objects.start(upload.key, upload.content_type, upload.checksum_algorithm, upload.id)
    try:
        self.sessions.add(upload, self.rules.policies.quotas.of(upload.tenant))
    except Exists as taken:
        upload = taken.current
    if upload.status is Status.CREATING:
        opened = upload.moved(Status.OPEN, self.now(), multipart_id=multipart_id)
        upload = saved_or_current(self.sessions.save, upload, opened)
    return Created(upload, None)


def loser_leaves_his_upload(self: Uploads, upload: Upload) -> Upload:
    """Who loses the race to open leaves the upload that he made at S3. The last look finds it."""
    multipart_id = self.objects.start(upload.key, upload.content_type, upload.checksum_algorithm, upload.id)
    try:
        return self.outbox.tell_and_save(upload, upload.moved(Status.OPEN, self.now(), multipart_id=multipart_id))
    except Conflict as moved:
        return current_of(moved)


def promises_too_early(
    self: Uploads, principal: Principal, upload_id: str, checksum: str | None = None, size: int | None = None
) -> Upload:
    """Success is answered once S3 was asked, before the record says so."""
    upload = self.owned(principal, upload_id)
    if upload.status is Status.OPEN:
        upload = self.sealing.seal(upload, checksum)
    if upload.status is Status.COMPLETING:
        return replace(upload, status=Status.STORED)
    return upload


def aborts_what_completes(self: Uploads, principal: Principal, upload_id: str) -> Upload:
    """The owner may cancel from COMPLETING, too."""
    return _aborted(self, self.owned(principal, upload_id), {Status.COMPLETING})


def aborts_anything(self: Uploads, principal: Principal, upload_id: str) -> Upload:
    """The owner may cancel from every state."""
    return _aborted(self, self.owned(principal, upload_id), {Status.COMPLETING, *HAS_OBJECT})


def _aborted(self: Uploads, upload: Upload, also: set[Status]) -> Upload:
    for _ in range(4):
        if upload.status is Status.ABORTING:
            upload = self.endings.abandon(upload)
        elif upload.status in {Status.CREATING, Status.OPEN, *also}:
            aborting = upload.moved(Status.ABORTING, self.now(), due_at=self.now() + HANDOVER_MS)
            upload = saved_or_current(self.sessions.save, upload, aborting)
        else:
            return upload
    raise Busy


def signed_first(
    self: Uploads,
    principal: Principal,
    upload_id: str,
    numbers: Sequence[int],
    form: Form,
    checksums: Mapping[int, str],
    lengths: Mapping[int, int],
) -> Window:
    """A window of a file of unknown size is handed out before anybody reserved it."""
    upload = self.owned(principal, upload_id)
    planned = streams.grown(upload, numbers, lengths, 640)
    return self.signer.sign(planned, numbers, form, checksums, lengths)
