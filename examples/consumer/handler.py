"""Keeps a catalogue of published files: one row per file, written once however often the announcement comes.

Messages come at least once, sometimes twice and in any order. `event_id` is the same in every copy of an announcement,
so it decides whether the work was done. A crash between the work and the note that it was done repeats the work: what
`enter` does must bear that, and a put of the same row does.
"""

from __future__ import annotations

import os
from typing import Any, cast

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.event_bridge_event import EventBridgeEvent
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from portway_events import FilePublishedV1

FORTNIGHT = 14 * 24 * 3600
"""Seconds that an event id is remembered: as long as the queue can still hold a copy."""

logger = Logger()
dynamodb = boto3.client("dynamodb")
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
seen = DynamoDBPersistenceLayer(os.environ["SEEN_TABLE"], boto3_client=dynamodb)
once = IdempotencyConfig(
    event_key_jmespath="event_id", raise_on_no_idempotency_key=True, expires_after_seconds=FORTNIGHT
)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Messages that failed go back to the queue alone, and after five times to its dead letter queue."""
    once.register_lambda_context(context)
    return process_partial_response(event, record_handler, processor, context)


def record_handler(record: SQSRecord) -> None:
    event = EventBridgeEvent(record.json_body)
    enter(detail=cast(FilePublishedV1, event.detail))  # the rule brings nothing else


@idempotent_function(data_keyword_argument="detail", config=once, persistence_store=seen)  # type: ignore[untyped-decorator]
def enter(detail: FilePublishedV1) -> None:
    """Write the row. Read the file itself by bucket, key and version: never by its name."""
    file = detail["file"]
    dynamodb.put_item(
        TableName=os.environ["CATALOGUE_TABLE"],
        Item={
            "id": {"S": detail["id"]},
            "owner": {"S": f"{detail['tenant']}/{detail['owner']}"},
            "name": {"S": detail["name"]},
            "size": {"N": str(detail["size"])},
            "content_type": {"S": file["content_type"]},
            "place": {"S": f"s3://{file['bucket']}/{file['key']}?versionId={file['version_id']}"},
        },
    )
    logger.info("entered", file_id=detail["id"])
