"""The schedule to the use case that moves on whatever is due: wiring only."""

from portway.start import settle

import os
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from portway import memory, settings
from portway.bootstrap.work import LONGEST_MS, Work
from portway.protocols.counts import bug_reporter

memory.bound(os.environ)
logger = Logger()
here = Work(settings.read(os.environ), report=bug_reporter(logger))
settle()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    budget_ms = context.get_remaining_time_in_millis() - LONGEST_MS
    summary = asdict(here.sweeper.sweep(budget_ms))
    logger.info("swept", **summary)
    return summary
