"""GuardDuty's scan results as EventBridge hands them over, inside an SQS message.

Shape: GuardDuty user guide, "Monitoring S3 object scans with Amazon EventBridge". A tag on an object is never read: its
uploader could have set it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portway.scanning import ScanArrival
from portway.scans import Says

SOURCE, KIND = "aws.guardduty", "GuardDuty Malware Protection Object Scan Result"
MEANINGS: Mapping[tuple[str, str], Says] = {
    ("COMPLETED", "NO_THREATS_FOUND"): Says.CLEAN,
    ("COMPLETED", "THREATS_FOUND"): Says.INFECTED,
    ("COMPLETED", "UNSUPPORTED"): Says.NOT_SCANNED,
    ("SKIPPED", "UNSUPPORTED"): Says.NOT_SCANNED,
}
"""Scan status and result; everything else is an ERROR."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The protection plan whose results count, by its ARN, None for none; and the bucket that it protects."""

    arn: str | None
    bucket: str

    def is_of(self, event: Mapping[str, Any]) -> bool:
        """Whether a result is of this plan, in its account and region, about its bucket."""
        if self.arn is None:
            return False
        told = event["region"], event["account"], event["resources"], event["detail"]["s3ObjectDetails"]["bucketName"]
        return told == (*self.arn.split(":")[3:5], [self.arn], self.bucket) and event["detail-type"] == KIND


def is_scan_event(body: str) -> bool:
    """Whether a message is for `scan_arrival`; S3's events come through the same queue."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(event, dict) and event.get("source") == SOURCE


def scan_arrival(body: str, plan: Plan) -> ScanArrival | None:
    """What the event says; None when it is not of our plan or bucket. ValueError when it is no result."""
    try:
        event = json.loads(body)
        detail, is_ours = event["detail"], plan.is_of(event)
        seen, told = detail["s3ObjectDetails"], detail["scanResultDetails"]
        key, version_id, etag = (seen[name] for name in ("objectKey", "versionId", "eTag"))
        says, words = _meaning(detail["scanStatus"], told["scanResultStatus"], told.get("threats"))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not a scan result: {type(error).__name__}") from error
    if not all(isinstance(text, str) and text for text in (key, version_id, etag)):
        raise ValueError("not a scan result: its key, version or ETag is no text")
    return ScanArrival(key, version_id, etag.strip('"'), says, words) if is_ours else None


def _meaning(status: Any, result: Any, threats: Sequence[Mapping[str, Any]] | None) -> tuple[Says, str]:
    says = MEANINGS.get((str(status), str(result)), Says.ERROR)
    names = ", ".join(str(threat["name"]) for threat in threats or ())
    if says is Says.CLEAN and names:
        says = Says.ERROR
    return says, "" if says is Says.CLEAN else (names or f"{status}, {result}")[:200]
