"""Object events that failed again and again to the use case that ends their files: wiring only."""

from portway.start import settle

import os
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from portway import settings
from portway.bootstrap.work import Work
from portway.protocols import object_batch

logger = Logger()
here = Work(settings.read(os.environ))
handle = object_batch.dead_letter_handler(here.dead_letters, here.settings.incoming_bucket, logger)
settle()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    return handle(event)
