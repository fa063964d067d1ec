"""EventBridge events for new object versions: recorded with the version, sent in the background.

The event is in the same transaction as the version, so a killed endpoint sends it after its restart: at least once,
as on AWS. Sending never delays an answer; it is tried again until it works or the event is too old.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from aiohttp import ClientSession, ClientTimeout

from dev.s3 import xml
from dev.s3.call import Call
from dev.s3.catalogue import moment, stamp
from dev.s3.refused import Refused
from dev.s3.rules import sequencer
from dev.s3.service import Announce, Service
from dev.s3.versions import NULL, Version

BATCH = 10  # entries of one PutEvents
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 2.0
MAX_AGE = timedelta(hours=24)  # EventBridge gives up after as long
ACCOUNT = "000000000000"
log = logging.getLogger(__name__)


def check_configuration(body: bytes) -> None:
    """Refused NotImplemented for queues, topics and functions: only EventBridge is built."""
    for element in xml.parse(body, "NotificationConfiguration"):
        if element.tag != "EventBridgeConfiguration":
            raise Refused(501, "NotImplemented", f"This endpoint does not implement the {element.tag}.")


def record(call: Call, version: Version, reason: str) -> None:
    """Queue the event of a new version if the bucket wants it. Within the transaction that made the version."""
    service = call.service
    wanted = service.db.setting(version.bucket, "notification") or b""
    if service.options.announce is None or b"EventBridgeConfiguration" not in wanted:
        return
    described = {"key": version.key, "size": version.size, "etag": version.etag, "sequencer": sequencer(version.id)}
    if version.version != NULL:
        described["version-id"] = version.version
    detail = {
        "version": "0",
        "bucket": {"name": version.bucket},
        "object": described,
        "request-id": call.request_id,
        "requester": ACCOUNT,
        "source-ip-address": call.http.remote or "",
        "reason": reason,
    }
    entry = {
        "Source": "aws.s3",
        "DetailType": "Object Created",
        "Time": stamp(call.now),
        "Resources": [f"arn:aws:s3:::{version.bucket}"],
        "Detail": json.dumps(detail, ensure_ascii=False),
    }
    service.db.run("INSERT INTO event(body) VALUES(?)", json.dumps(entry))


async def deliver(service: Service, announce: Announce) -> None:
    """Send what is queued, in order, until cancelled."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        rows = list(service.db.rows("SELECT id, body FROM event ORDER BY id LIMIT ?", BATCH))
        if not rows:
            service.events_waiting.clear()
            await service.events_waiting.wait()
            continue
        entries = [json.loads(body) for _, body in rows]
        try:
            await announce(entries)
        except Exception as error:  # whoever listens may fail in any way; the queue goes on
            log.warning("events not accepted, trying again: %s", error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            rows = [row for row, entry in zip(rows, entries, strict=True) if _is_too_old(service, entry)]
        else:
            pause = FIRST_PAUSE_SECONDS
        service.db.run_many("DELETE FROM event WHERE id=?", ((number,) for number, _ in rows))


def _is_too_old(service: Service, entry: dict[str, Any]) -> bool:
    return service.now() - moment(entry["Time"]) > MAX_AGE


def put_events(url: str, region: str) -> Announce:
    """An announcer that calls PutEvents of the EventBridge at `url` (moto: it checks no signature)."""
    scope = f"Credential=local/20200101/{region}/events/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AWSEvents.PutEvents",
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
    }

    async def announce(entries: Sequence[dict[str, Any]]) -> None:
        body = json.dumps({"Entries": [{**entry, "Time": moment(entry["Time"]).timestamp()} for entry in entries]})
        async with (
            ClientSession(timeout=ClientTimeout(total=10)) as session,
            session.post(url, data=body, headers=headers, raise_for_status=True) as response,
        ):
            answer = await response.json(content_type=None)
        if answer.get("FailedEntryCount"):
            raise RuntimeError(f"PutEvents refused {answer['FailedEntryCount']} of {len(entries)} events")

    return announce
