"""A batch of queue messages (an SQS event of Lambda): each is handled alone, only those that failed come back.

Without Powertools' BatchProcessor: it brings Pydantic and the shapes of thirty other events, 90 ms of a cold start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger

from portway.protocols.counts import count

Handler = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `body` is what its sender wrote."""

    id: str
    body: str


def each_alone(one: Callable[[Message], None], logger: Logger) -> Handler:
    """Every message is handed to `one`; those that fail come back, also when all of them do.

    For Lambda that is no error, so each failure is logged and counted here.
    """

    def has_failed(message: Message) -> bool:
        try:
            one(message)
        except Exception:
            logger.exception("message failed", message_id=message.id)
            count("Message-failed")
            return True
        return False

    def handle(event: Mapping[str, Any]) -> Mapping[str, Any]:
        messages = [Message(record["messageId"], record["body"]) for record in event["Records"]]
        return {"batchItemFailures": [{"itemIdentifier": each.id} for each in messages if has_failed(each)]}

    return handle
