"""Object events from the queue to the use case that inspects and publishes: wiring only."""

from portway.start import settle

import os
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from portway import memory, settings
from portway.bootstrap.work import Work
from portway.protocols import object_batch
from portway.protocols.counts import bug_reporter
from portway.protocols.scan_events import Plan

memory.bound(os.environ)
logger = Logger()
here = Work(settings.read(os.environ), report=bug_reporter(logger))
plan = Plan(here.settings.scan_plan, here.settings.incoming_bucket)
handle = object_batch.handler(here.processing, plan, logger)
settle()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    return handle(event)
