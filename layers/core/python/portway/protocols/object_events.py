"""S3's object events as EventBridge hands them over, inside an SQS message. A hint only; the key is not URL-encoded."""

from __future__ import annotations

import json

from portway.processing import Arrival


def arrival(body: str, bucket: str) -> Arrival | None:
    """What the event says; None when it is not about an object of our bucket. ValueError when it is no event at all."""
    try:
        event = json.loads(body)
        detail = event["detail"]
        kind = event["source"], event["detail-type"], detail["bucket"]["name"]
        key, version_id = detail["object"]["key"], detail["object"].get("version-id")
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"not an object event: {type(error).__name__}") from error
    if not isinstance(key, str) or not isinstance(version_id, str | None):
        raise ValueError("not an object event: its key or version is no text")
    return Arrival(key, version_id) if kind == ("aws.s3", "Object Created", bucket) else None
