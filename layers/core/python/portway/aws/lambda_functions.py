"""A Checker that invokes the team's own functions. The team's function decides for itself what it may read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from portway.checks import MOST_BYTES, Check, CheckFailed


class LambdaChecks:
    """`client` makes a client that waits so many seconds for an answer and asks once: one for each time-out, when it
    is first needed."""

    def __init__(self, client: Callable[[int], Any], bucket: str) -> None:
        self._client, self._bucket = cache(client), bucket

    def call(self, check: Check, told: Mapping[str, Any]) -> bytes:
        payload = json.dumps({**told, "check": check.name, "bucket": self._bucket}).encode()
        try:
            answer = self._client(check.deadline_seconds).invoke(FunctionName=check.function, Payload=payload)
            text: bytes = answer["Payload"].read(MOST_BYTES + 1)
        except ClientError as error:
            raise CheckFailed(str(error.response.get("Error", {}).get("Code", "unknown"))) from error
        except BotoCoreError as error:
            raise CheckFailed(type(error).__name__) from error
        if "FunctionError" in answer:  # what it raised may hold anything, so only that it did is told
            raise CheckFailed(f"the function failed: {answer['FunctionError']}")
        return text
