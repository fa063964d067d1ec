"""From a clean verdict to the published file: the version that was inspected, with our type and disposition."""

from __future__ import annotations

from dataclasses import dataclass

from portway import policy
from portway.model import PublishedObject, Upload
from portway.names import content_disposition
from portway.ports import ObjectStore
from portway.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class Publishing:
    objects: ObjectStore

    def publish(self, upload: Upload, verdict: Verdict) -> PublishedObject:
        """The published object; repeating it is harmless. Unavailable when S3 does not answer."""
        assert upload.stored is not None
        return self.objects.publish(
            upload.key,
            upload.stored,
            policy.published_key(upload.tenant, upload.id),
            verdict.content_type,
            content_disposition(upload.name, verdict.content_type),
        )
