"""From a clean verdict to the published file: the version that was inspected, served under headers of ours."""

from __future__ import annotations

from dataclasses import dataclass

from portway import policy
from portway.copying import Copying, Progress
from portway.edits import Edit
from portway.formats.stripping import stripped
from portway.media_types import canonical
from portway.model import StoredObject, Upload
from portway.names import content_disposition
from portway.policy import Policies
from portway.ports import Headers, ObjectStore
from portway.reader import Budget, Reader
from portway.verdicts import Verdict

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Publishing:
    objects: ObjectStore
    copying: Copying
    policies: Policies

    def publish(self, upload: Upload, verdict: Verdict) -> Progress:
        """What has come of it: a large file may need another turn.

        Repeating it is harmless. Unavailable when S3 does not answer.
        """
        assert upload.stored is not None
        to_key = policy.published_key(upload.tenant, upload.id)
        headers = self.headers(upload, verdict.content_type)
        if verdict.strip:
            version_id, edit = upload.stored.version_id, self._stripped(upload, upload.stored)
            return upload, self.objects.publish_edited(upload.key, version_id, to_key, headers, edit)
        if self.copying.is_large(upload.stored):
            return self.copying.go_on(upload, to_key, headers)
        return upload, self.objects.publish(upload.key, upload.stored, to_key, headers)

    def _stripped(self, upload: Upload, stored: StoredObject) -> Edit:
        """The file without its metadata, as inspection found that it can be had. A repeat reads and finds the same."""
        reader = Reader(
            lambda first, length: self.objects.read(upload.key, stored.version_id, first, length),
            stored.size,
            Budget(),
            lambda: 0,  # the lease bounds the time
        )
        return stripped(reader, canonical(upload.content_type))

    def headers(self, upload: Upload, content_type: str) -> Headers:
        """How the file is served: our type and disposition, Cache-Control as the policy says."""
        rules = self.policies.publish_of(upload.category)
        return Headers(content_type, content_disposition(upload.name, content_type), rules.cache_control)

    def kept_ms(self, upload: Upload) -> int:
        """How long the incoming copy of a published file is kept."""
        return self.policies.publish_of(upload.category).keep_incoming_hours * HOUR_MS
