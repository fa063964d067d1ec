"""Use cases of a published file: where it is, a URL to read it, its removal. A file has the id of its upload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from portway import presign
from portway.endings import Endings
from portway.errors import Busy, Gone, NotFound, WrongState
from portway.model import RETAINED, Principal, Status, Upload
from portway.names import content_disposition
from portway.ports import Clock, CredentialSource, SessionStore
from portway.presign import Credentials, Place
from portway.uploads import ROUNDS, Uploads

MOST_THROUGH = 50 * 10**9
"""Bytes of the largest answer of CloudFront that its quotas name; whatever is larger is read from the bucket."""


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

    def link(self, principal: Principal, file_id: str, result: str | None = None) -> Link:
        """A URL that serves the published version, or what was made of it under the name `result`.

        Our type and disposition are inside the signature. NotFound for a result that was not made.
        """
        upload = self.published(principal, file_id)
        key, version_id, shown = _target(upload) if result is None else _result(upload, result)
        place = replace(self.place, through=None) if upload.size > MOST_THROUGH else self.place
        return signed_link(place, self.credentials(), key, version_id, shown, self.url_seconds, self.now())

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
            upload = self.endings.begin_removal(upload, note(upload))
        if upload.removed_at:
            return upload
        raise Busy


def signed_link(
    place: Place,
    credentials: Credentials,
    key: str,
    version_id: str | None,
    shown: Mapping[str, str],
    wanted: int,
    now: int,
) -> Link:
    """A URL that reads one version (None: the current one) for `wanted` seconds at most.

    `shown` are headers of the answer, signed as well.
    """
    seconds = presign.seconds_left(credentials, wanted, now)
    version = [("versionId", version_id)] if version_id else []
    query = [*version, *((f"response-{name}", value) for name, value in shown.items())]
    url = presign.sign_get(place, credentials, key, query, at=now, seconds=seconds)
    return Link(url, now // 1000 * 1000 + seconds * 1000, now)


Target = tuple[str, str | None, Mapping[str, str]]
"""Key, version, and the headers of the answer."""


def _target(upload: Upload) -> Target:
    file = upload.published
    assert file is not None
    return file.key, file.version_id, _shown(upload.name, file.content_type)


def _result(upload: Upload, name: str) -> Target:
    """The current version: whoever made a result twice put the same there."""
    made = next((each for each in upload.derived if each.name == name), None)
    if made is None:
        raise NotFound
    return made.key, None, _shown(f"{upload.name}.{made.name}", made.content_type)


def _shown(name: str, content_type: str) -> Mapping[str, str]:
    return {"content-disposition": content_disposition(name, content_type), "content-type": content_type}
