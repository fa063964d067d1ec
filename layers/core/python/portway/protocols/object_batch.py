"""A batch of queue messages with object events: each is handled alone, only those that failed come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from portway.processing import ALARMING, Processing
from portway.protocols.counts import count
from portway.protocols.object_events import arrival

Handler = Callable[[dict[str, Any], LambdaContext], Mapping[str, Any]]


def handler(processing: Processing, bucket: str, logger: Logger) -> Handler:
    """The function that takes an SQS event and answers `batchItemFailures`, also when every message failed."""
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)

    def one(record: SQSRecord) -> None:
        hint = arrival(record.body, bucket)
        if hint is None:
            logger.warning("not an object of ours", message_id=record.message_id)
            return
        outcome = processing.arrived(hint)
        log = logger.error if outcome in ALARMING else logger.info
        log("object event", key=hint.key, version_id=hint.version_id, outcome=outcome.value)
        count(f"Object-{outcome.value}")

    def handle(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
        return process_partial_response(event, one, processor, context)

    return handle
