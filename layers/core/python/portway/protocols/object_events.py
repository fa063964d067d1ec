"""S3's object events as EventBridge hands them over, inside an SQS message. A hint only; the key is not URL-encoded."""

from __future__ import annotations

import json

from portway.processing import Arrival


def arrival(body: str, bucket: str) -> Arrival | None:
    """What the event says; None when it is not about an object of our bucket. ValueError when it is no event at all."""
    event = json.loads(body)
    try:
        detail = event["detail"]
        kind = event["source"], event["detail-type"], detail["bucket"]["name"]
        hint = Arrival(detail["object"]["key"], detail["object"].get("version-id"))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not an object event: {error!r}") from error
    return hint if kind == ("aws.s3", "Object Created", bucket) else None
