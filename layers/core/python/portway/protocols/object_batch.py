"""A batch of queue messages with object events: each is handled alone, only those that failed come back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from portway.dead_letters import DeadLetters
from portway.pipeline import Report
from portway.processing import ALARMING, Arrival, Outcome, Processing
from portway.protocols.counts import count
from portway.protocols.object_events import arrival
from portway.protocols.scan_events import Plan, is_scan_event, scan_arrival
from portway.scanning import ScanResults

A = TypeVar("A", bound=Arrival)
Handler = Callable[[dict[str, Any], LambdaContext], Mapping[str, Any]]


def bug_reporter(logger: Logger, kind: str = "inspector") -> Report:
    """Logs the bug of an inspector, or of a maker of results, with its traceback, and counts it: the rest goes on."""

    def report(name: str, bug: Exception) -> None:
        logger.error(f"{kind} failed", part=name, exc_info=bug)
        count(f"{kind.capitalize()}-failed")

    return report


def handler(processing: Processing, plan: Plan, logger: Logger) -> Handler:
    """The function that takes an SQS event and answers `batchItemFailures`, also when every message failed.

    Object events and scan results come through one queue. What is neither fails, and ends as a dead letter.
    """
    stored = Reaction(processing.arrived, logger, "Object")
    scanned = Reaction(ScanResults(processing).arrived, logger, "Scan")

    def one(record: SQSRecord) -> None:
        if is_scan_event(record.body):
            scanned(record, scan_arrival(record.body, plan))
        else:
            stored(record, arrival(record.body, plan.bucket))

    return each_alone(one, logger)


def dead_letter_handler(dead_letters: DeadLetters, bucket: str, logger: Logger) -> Handler:
    """The same for the dead letter queue, where what is no object event ends: logged without its body, and counted."""
    reaction = Reaction(dead_letters.arrived, logger, "DeadLetter")

    def one(record: SQSRecord) -> None:
        try:
            hint = arrival(record.body, bucket)
        except ValueError:
            logger.error("no object event, dropped", message_id=record.message_id)
            count("DeadLetter-no_event")
            return
        reaction(record, hint)

    return each_alone(one, logger)


@dataclass(frozen=True, slots=True)
class Reaction(Generic[A]):
    """What is done about an event. The outcome is logged, and counted as `<family>-<outcome>`."""

    act: Callable[[A], Outcome]
    logger: Logger
    family: str

    def __call__(self, record: SQSRecord, hint: A | None) -> None:
        if hint is None:
            self.logger.warning("not an object of ours", message_id=record.message_id)
            return
        outcome = self.act(hint)
        log = self.logger.error if outcome in ALARMING else self.logger.info
        log("object event", key=hint.key, version_id=hint.version_id, outcome=outcome.value)
        count(f"{self.family}-{outcome.value}")


def each_alone(one: Callable[[SQSRecord], None], logger: Logger) -> Handler:
    """Every message is handed to `one`; those that fail come back, also when all of them do.

    For Lambda that is no error, so each failure is logged and counted here.
    """
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)

    def counted(record: SQSRecord) -> None:
        try:
            one(record)
        except Exception:
            logger.exception("message failed", message_id=record.message_id)
            count("Message-failed")
            raise

    def handle(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
        return process_partial_response(event, counted, processor, context)

    return handle
