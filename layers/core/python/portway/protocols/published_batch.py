"""Queue messages that tell of published files, to the use case that makes something of them."""

from __future__ import annotations

import json

from aws_lambda_powertools import Logger

from portway.deriving import Deriving
from portway.ids import is_id
from portway.protocols.counts import count
from portway.protocols.messages import Handler, Message, each_alone


def handler(deriving: Deriving, logger: Logger) -> Handler:
    """The function that takes an SQS event. What tells of no published file fails, and is a dead letter in the end."""

    def one(message: Message) -> None:
        upload_id = published_id(message.body)
        outcome = deriving.published(upload_id)
        logger.info("results", upload_id=upload_id, outcome=outcome.value)
        count(f"Results-{outcome.value}")

    return each_alone(one, logger)


def published_id(body: str) -> str:
    """The id in Portway's own event, as EventBridge hands it over. ValueError when it is no such event."""
    try:
        event = json.loads(body)
        kind, upload_id = (event["source"], event["detail-type"]), event["detail"]["id"]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no event of a published file: {type(error).__name__}") from error
    if kind != ("portway", "file.published") or not isinstance(upload_id, str) or not is_id(upload_id):
        raise ValueError("no event of a published file")
    return upload_id
