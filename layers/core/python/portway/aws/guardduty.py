"""GuardDuty Malware Protection for S3: asking for one more scan. The first one of a version it begins by itself."""

from __future__ import annotations

from typing import Any

from portway.aws.answers import answers


class ScanRequests:
    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def ask(self, key: str, version_id: str) -> None:
        """SendObjectMalwareScan; the answer comes as an event. Unavailable when GuardDuty does not take the request."""
        with answers():
            self._client.send_object_malware_scan(
                S3Object={"Bucket": self._bucket, "Key": key, "VersionId": version_id}
            )
