"""The few calls of SQS that a poller needs, straight over HTTP: such a call can be given up in the middle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

import aiohttp


class Queue(Protocol):
    """A queue as a poller sees it."""

    async def receive(self, most: int, wait_seconds: int) -> list[dict[str, Any]]:
        """At most `most` messages (1-10) as SQS's ReceiveMessage gives them, after waiting for the first one."""
        ...

    async def delete(self, handles: Sequence[str]) -> None:
        """Forget these messages."""
        ...

    async def show_again(self, handles: Sequence[str], seconds: int) -> None:
        """Let these messages come back after so many seconds instead of at the end of the visibility timeout."""
        ...


class HttpQueue:
    """A queue on an SQS endpoint that verifies no signatures (moto). Raises aiohttp.ClientError."""

    def __init__(self, session: aiohttp.ClientSession, url: str, region: str) -> None:
        self._session, self._url = session, url
        scope = f"Credential=local/20200101/{region}/sqs/aws4_request"  # moto reads the region and the service here
        self._headers = {
            "authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=none",
            "content-type": "application/x-amz-json-1.0",
        }

    async def receive(self, most: int, wait_seconds: int) -> list[dict[str, Any]]:
        asked = {"MaxNumberOfMessages": most, "WaitTimeSeconds": wait_seconds, "AttributeNames": ["All"]}
        answer = await self._call("ReceiveMessage", asked | {"MessageAttributeNames": ["All"]})
        found: list[dict[str, Any]] = answer.get("Messages", [])
        return found

    async def delete(self, handles: Sequence[str]) -> None:
        await self._batch("DeleteMessageBatch", [{"ReceiptHandle": handle} for handle in handles])

    async def show_again(self, handles: Sequence[str], seconds: int) -> None:
        entries = [{"ReceiptHandle": handle, "VisibilityTimeout": seconds} for handle in handles]
        await self._batch("ChangeMessageVisibilityBatch", entries)

    async def _batch(self, action: str, entries: list[dict[str, Any]]) -> None:
        if entries:
            await self._call(action, {"Entries": [{"Id": str(at), **entry} for at, entry in enumerate(entries)]})

    async def _call(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        endpoint = self._url.rsplit("/", 2)[0] + "/"
        headers = self._headers | {"x-amz-target": f"AmazonSQS.{action}"}
        text = json.dumps({"QueueUrl": self._url, **body})
        async with self._session.post(endpoint, data=text, headers=headers) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = json.loads(await answer.read())
            return found
