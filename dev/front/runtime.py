"""What runs in the process of a built function: awslambdaric, with the stack's clock and logs that can be read.

`PYTHON dev/front/runtime.py PARENT_PID AHEAD HANDLER NAME` in the place of `PYTHON -m awslambdaric HANDLER`. The
artefact stays as it was built, and finds nothing of this repository on its path. NAME is for whoever lists processes.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any


def main() -> None:
    """Serve the Runtime API that the environment names, until the parent is gone."""
    parent, ahead, handler = sys.argv[1:4]
    sys.dont_write_bytecode = True
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    from dev.clock import rule_this_process
    from dev.front.repeats import SCHEDULER, Repeats
    from dev.lifeline import die_with

    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    die_with(int(parent))
    from awslambdaric import bootstrap, lambda_context, lambda_runtime_client

    # deadlines are the machine's: an hour that passes at once ends no invocation
    lambda_context.time = _machines_time()
    rule_this_process(Path(ahead))
    sys.stdout = out = Repeats(sys.stdout)

    class Client(lambda_runtime_client.LambdaRuntimeClient):  # type: ignore[misc]
        def wait_next_invocation(self) -> Any:
            request = super().wait_next_invocation()
            out.scheduled = json.loads(request.event_body).get("source") == SCHEDULER
            return request

    bootstrap.run(handler, Client(os.environ["AWS_LAMBDA_RUNTIME_API"]))


def _machines_time() -> ModuleType:
    """The module `time` as it is now, before the stack's clock rules it."""
    machines = ModuleType("time")
    vars(machines).update(vars(time))
    return machines


if __name__ == "__main__":
    main()
