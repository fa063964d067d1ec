"""Wrong ways to copy a large file: what `mutations` puts in the place of methods of Copying and Endings."""

from __future__ import annotations

from dataclasses import replace

from portway.copying import Copying, Progress
from portway.endings import Endings
from portway.errors import Unavailable
from portway.model import CopyRef, StoredObject, Upload
from portway.ports import Headers

_kill_uploads = Endings._kill_uploads


def not_on_the_record(
    self: Copying, upload: Upload, stored: StoredObject, to_key: str, headers: Headers
) -> tuple[Upload, CopyRef]:
    """Each worker copies into an upload of his own."""
    multipart_id = self.copies.begin(to_key, headers, upload.checksum_algorithm)
    return upload, CopyRef(multipart_id, self.turns.part_size(stored.size))


def gone_is_lost(self: Copying, upload: Upload, stored: StoredObject, to_key: str, headers: Headers) -> Progress:
    """A copy that S3 does not know is begun anew, also where it was completed."""
    self.sessions.save(upload, replace(upload, copying=None))
    raise Unavailable("begun anew")


def copies_not_listed(self: Endings, upload: Upload) -> None:
    """The last look does not look for copies."""
    _kill_uploads(self, replace(upload, copying=None))
