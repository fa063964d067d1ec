"""The native API behind an HTTP API: wiring only."""

from portway.start import settle

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from portway import settings
from portway.bootstrap.requests import Requests
from portway.protocols import native
from portway.protocols.json_resolver import JsonResolver
from portway.protocols.principals import Claims

logger = Logger()
app = JsonResolver()
here = Requests(settings.read(os.environ))
claims = Claims(here.settings.tenant_claim, here.settings.operator_claim, here.settings.operator_value)
cases = here.uploads, here.files, here.operators, here.quarantine, here.retries, here.capabilities
native.attach(native.Native(app, *cases, claims, here.now, logger))
settle()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
