"""One execution environment of one function: a process that answers one invocation after the other, as on Lambda.

`python -m dev.front.worker FD MODULE:NAME ARN TIMEOUT_SECONDS AHEAD`; the environment is the function's and nothing
else. AHEAD is the file of dev.clock.
"""

from __future__ import annotations

import importlib
import os
import socket
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.clock import rule_this_process
from dev.front.frames import receive_blocking, send_blocking
from dev.front.repeats import SCHEDULER, Repeats


@dataclass(frozen=True)
class Context:
    """The context object of an invocation, with what Lambda's has."""

    aws_request_id: str
    invoked_function_arn: str
    deadline: float
    function_name: str = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
    function_version: str = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
    memory_limit_in_mb: str = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
    log_group_name: str = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", "")
    log_stream_name: str = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", "")
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self.deadline - time.monotonic()) * 1000))


def answer(handler: Any, message: dict[str, Any], arn: str, seconds: float) -> dict[str, Any]:
    """Call the handler; its answer or its error, as the runtime reports them."""
    context = Context(message["request_id"], arn, time.monotonic() + seconds)
    try:
        return {"result": handler(message["event"], context)}
    except BaseException as error:  # a sys.exit in a handler is a failed invocation too
        traceback.print_exc()
        return {"error": {"errorType": type(error).__name__, "errorMessage": str(error)}}


def main() -> None:
    """Import the handler (Lambda's init phase), say so with a first frame, then serve until the front is gone."""
    fd, target, arn, seconds, ahead = sys.argv[1:6]
    rule_this_process(Path(ahead))
    link = socket.socket(fileno=int(fd))
    sys.stdout = out = Repeats(sys.stdout)  # before the import: loggers hold on to it
    module, _, name = target.partition(":")
    handler = getattr(importlib.import_module(module), name)
    send_blocking(link, {"ready": os.getpid()})
    while (message := receive_blocking(link)) is not None:
        out.scheduled = message["event"].get("source") == SCHEDULER
        outcome = answer(handler, message, arn, float(seconds))
        try:
            send_blocking(link, outcome)
        except TypeError as error:
            send_blocking(link, {"error": {"errorType": "Runtime.MarshalError", "errorMessage": str(error)}})


if __name__ == "__main__":
    main()
