"""Use cases of a published file: where it is, a URL to read it, its removal. A file has the id of its upload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from portway import presign
from portway.endings import HANDOVER_MS, Endings
from portway.errors import Busy, Gone, WrongState
from portway.model import RETAINED, Principal, Status, Upload
from portway.names import content_disposition
from portway.ports import Clock, CredentialSource, SessionStore, saved_or_current
from portway.presign import Credentials, Place
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
        shown = {
            "content-disposition": content_disposition(upload.name, file.content_type),
            "content-type": file.content_type,
        }
        place, credentials = self.place, self.credentials()
        return signed_link(place, credentials, file.key, file.version_id, shown, self.url_seconds, self.now())

    def delete(self, principal: Principal, file_id: str) -> Upload:
        """Remove every version of a published or quarantined file and give its quota back. Repeating it is fine."""
        return self.remove(self.uploads.owned(principal, file_id))

    def remove(self, upload: Upload, note: Callable[[Upload], Upload] = lambda upload: upload) -> Upload:
        """The same for an upload whose owner was not asked; `note` adds to the record that begins it."""
        for _ in range(ROUNDS):
            if upload.removed_at:
                return upload
            if upload.status not in RETAINED:
                raise WrongState(upload.status, "There is no file yet. Cancel the upload instead.")
            if upload.removing_at:
                upload = self.endings.remove(upload)
                continue
            now = self.now()
            removing = replace(note(upload), removing_at=now, due_at=now + HANDOVER_MS)
            upload = saved_or_current(self.sessions.save, upload, removing)
        if upload.removed_at:
            return upload
        raise Busy


def signed_link(
    place: Place, credentials: Credentials, key: str, version_id: str, shown: Mapping[str, str], wanted: int, now: int
) -> Link:
    """A URL that reads one version for `wanted` seconds at most; `shown` are headers of the answer, signed as well."""
    seconds = presign.seconds_left(credentials, wanted, now)
    query = [("versionId", version_id), *((f"response-{name}", value) for name, value in shown.items())]
    url = presign.sign_get(place, credentials, key, query, at=now, seconds=seconds)
    return Link(url, now // 1000 * 1000 + seconds * 1000, now)
