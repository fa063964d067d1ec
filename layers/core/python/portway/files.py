"""Use cases of a published file: where it is, a URL to read it, its removal. A file has the id of its upload."""

from __future__ import annotations

from dataclasses import dataclass, replace

from portway import presign
from portway.endings import HANDOVER_MS, Endings
from portway.errors import Busy, Gone, WrongState
from portway.model import RETAINED, Principal, Status, Upload
from portway.names import content_disposition
from portway.ports import Clock, CredentialSource, SessionStore, saved_or_current
from portway.presign import Place
from portway.uploads import ROUNDS, Uploads


@dataclass(frozen=True, slots=True)
class Link:
    """A URL that reads one file until `expires_at` (ms)."""

    url: str
    expires_at: int
    server_time: int


@dataclass(frozen=True, slots=True)
class Files:
    uploads: Uploads
    sessions: SessionStore
    endings: Endings
    place: Place
    credentials: CredentialSource
    url_seconds: int
    now: Clock

    def published(self, principal: Principal, file_id: str) -> Upload:
        """The upload of a published file. WrongState while it is not, or never will be; Gone once it was removed."""
        upload = self.uploads.owned(principal, file_id)
        if upload.removing_at:
            raise Gone
        if upload.status is not Status.PUBLISHED:
            raise WrongState(upload.status, "There is no published file; see the status of the upload.")
        return upload

    def link(self, principal: Principal, file_id: str) -> Link:
        """A URL that serves the published version with our type and disposition; both are inside the signature."""
        upload = self.published(principal, file_id)
        file = upload.published
        assert file is not None
        now, credentials = self.now(), self.credentials()
        seconds = presign.seconds_left(credentials, self.url_seconds, now)
        query = [
            ("versionId", file.version_id),
            ("response-content-disposition", content_disposition(upload.name, file.content_type)),
            ("response-content-type", file.content_type),
        ]
        url = presign.sign_get(self.place, credentials, file.key, query, at=now, seconds=seconds)
        return Link(url, now // 1000 * 1000 + seconds * 1000, now)

    def delete(self, principal: Principal, file_id: str) -> Upload:
        """Remove every version of a published or quarantined file and give its quota back. Repeating it is fine."""
        upload = self.uploads.owned(principal, file_id)
        for _ in range(ROUNDS):
            if upload.removed_at:
                return upload
            if upload.status not in RETAINED:
                raise WrongState(upload.status, "There is no file yet. Cancel the upload instead.")
            if upload.removing_at:
                upload = self.endings.remove(upload)
                continue
            now = self.now()
            upload = saved_or_current(
                self.sessions.save, upload, replace(upload, removing_at=now, due_at=now + HANDOVER_MS)
            )
        if upload.removed_at:
            return upload
        raise Busy
