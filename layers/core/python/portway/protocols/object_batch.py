"""Queue messages with object events and scan results, to the use cases that act on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from aws_lambda_powertools import Logger

from portway.dead_letters import DeadLetters
from portway.processing import ALARMING, Arrival, Outcome, Processing
from portway.protocols.counts import count
from portway.protocols.messages import Handler, Message, each_alone
from portway.protocols.object_events import arrival
from portway.protocols.scan_events import Plan, is_scan_event, scan_arrival
from portway.scanning import ScanResults

A = TypeVar("A", bound=Arrival)


def handler(processing: Processing, plan: Plan, logger: Logger) -> Handler:
    """The function that takes an SQS event and answers `batchItemFailures`, also when every message failed.

    Object events and scan results come through one queue. What is neither fails, and ends as a dead letter.
    """
    stored = Reaction(processing.arrived, logger, "Object")
    scanned = Reaction(ScanResults(processing).arrived, logger, "Scan")

    def one(message: Message) -> None:
        if is_scan_event(message.body):
            scanned(message, scan_arrival(message.body, plan))
        else:
            stored(message, arrival(message.body, plan.bucket))

    return each_alone(one, logger)


def dead_letter_handler(dead_letters: DeadLetters, bucket: str, logger: Logger) -> Handler:
    """The same for the dead letter queue, where what is no object event ends: logged without its body, and counted."""
    reaction = Reaction(dead_letters.arrived, logger, "DeadLetter")

    def one(message: Message) -> None:
        try:
            hint = arrival(message.body, bucket)
        except ValueError:
            logger.error("no object event, dropped", message_id=message.id)
            count("DeadLetter-no_event")
            return
        reaction(message, hint)

    return each_alone(one, logger)


@dataclass(frozen=True, slots=True)
class Reaction(Generic[A]):
    """What is done about an event. The outcome is logged, and counted as `<family>-<outcome>`."""

    act: Callable[[A], Outcome]
    logger: Logger
    family: str

    def __call__(self, message: Message, hint: A | None) -> None:
        if hint is None:
            self.logger.warning("not an object of ours", message_id=message.id)
            return
        outcome = self.act(hint)
        log = self.logger.error if outcome in ALARMING else self.logger.info
        log("object event", key=hint.key, version_id=hint.version_id, outcome=outcome.value)
        count(f"{self.family}-{outcome.value}")
