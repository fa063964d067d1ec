"""What operators are told: metrics in CloudWatch's embedded format (a line in the log, no call), and bugs of parts."""

from __future__ import annotations

from collections.abc import Callable

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric


def count(name: str) -> None:
    """One more of `name`, in the namespace and for the service that the environment names."""
    with single_metric(name=name, unit=MetricUnit.Count, value=1):
        pass


def bug_reporter(logger: Logger, kind: str = "inspector") -> Callable[[str, Exception], None]:
    """Logs the bug of an inspector, or of a maker of results, with its traceback, and counts it: the rest goes on."""

    def report(name: str, bug: Exception) -> None:
        logger.error(f"{kind} failed", part=name, exc_info=bug)
        count(f"{kind.capitalize()}-failed")

    return report
