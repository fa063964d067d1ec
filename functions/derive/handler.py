"""Published files from the queue to the use case that makes thumbnails and smaller copies of them: wiring only."""

from portway.start import settle

import os
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from portway import memory, settings
from portway.bootstrap.making import Making
from portway.derivers import makers_for
from portway.protocols import published_batch
from portway.protocols.counts import bug_reporter

memory.bound(os.environ)
logger = Logger()
report = bug_reporter(logger, "maker")
here = Making(settings.read(os.environ), report=report)
handle = published_batch.handler(here.deriving(makers_for), logger)
settle()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    return handle(event)
